/* A server of ours and a client of OpenSSL's at the two ends of a socketpair, stepped in turn in one thread.
 * The present is CERTS_NOW. */
#ifndef POSTERN_TESTS_TLS_PEERS_H
#define POSTERN_TESTS_TLS_PEERS_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "postern/base/file.h"
#include "postern/tls/init.h"
#include "postern/tls/server.h"
#include "world.h"

#define STEPS 50

static int64_t present_ms(void *context)
{
    (void)context;
    return CERTS_NOW * 1000;
}

static int64_t no_us(void *context)
{
    (void)context;
    return 1000000;
}

static const struct clock present = {present_ms, no_us, NULL};

/* Who there is: made once for a program, since keys cost time. */
struct cast {
    struct world world;
    struct cert *server, *server_rsa;
    struct loop *loop;
};

static inline int cast_set_up(void **state)
{
    static struct cast cast;
    tls_init();
    world_init(&cast.world);
    cast.server = cert_new(&(struct cert_options){.cn = "localhost",
                                                  .eku = "serverAuth",
                                                  .san = "DNS:localhost,IP:127.0.0.1,IP:2001:db8::1"},
                           cast.world.intermediate);
    cast.server_rsa = cert_new(
        &(struct cert_options){
            .cn = "localhost", .key = "RSA-2048", .eku = "serverAuth", .san = "DNS:localhost"},
        cast.world.intermediate);
    cast.loop = loop_new(&present);
    *state = &cast;
    return 0;
}

static inline int cast_tear_down(void **state)
{
    struct cast *cast = *state;
    cert_free(cast->server);
    cert_free(cast->server_rsa);
    world_clear(&cast->world);
    loop_free(cast->loop);
    return 0;
}

static inline struct tls_key *key_of(const struct cert *cert)
{
    struct buffer pem;
    struct err err = {.line = 0};
    buffer_init(&pem, 16384);
    cert_append_key_pem(&pem, cert);
    struct tls_key *key = tls_key_parse(buffer_view(&pem), &err);
    buffer_clear(&pem);
    if (key == NULL)
        fail_msg("%s", err.text);
    return key;
}

/* A server with one certificate for each of certs, the intermediate sent along. options->pairs is filled in.
 * NULL with err. */
static inline struct tls_server *server_of(const struct cast *cast, struct tls_server_options options,
                                           const struct cert *const *certs, size_t count,
                                           const struct trust *trust, struct err *err)
{
    struct tls_pair pairs[4];
    struct buffer chains[4];
    assert_true(count <= 4);
    for (size_t i = 0; i < count; i++) {
        const struct cert *chain[] = {certs[i], cast->world.intermediate};
        chains[i] = certs_pem(chain, 2);
        pairs[i] = (struct tls_pair){.chain = buffer_view(&chains[i]), .key = key_of(certs[i])};
    }
    options.pairs = pairs;
    options.pair_count = count;
    options.min_version = options.min_version != 0 ? options.min_version : TLS1_2_VERSION;
    options.max_version = options.max_version != 0 ? options.max_version : TLS1_3_VERSION;
    options.clock = options.clock != NULL ? options.clock : &present;
    struct tls_server *server = tls_server_new(&options, trust, err);
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&chains[i]);
        tls_key_free(pairs[i].key);
    }
    return server;
}

struct client_options {
    int version; /* TLS1_2_VERSION or TLS1_3_VERSION; 0: any */
    const struct cert *cert;
    const struct cert *const *sent; /* intermediates */
    size_t sent_count;
    const char *alpn; /* wire format */
    const char *server_name;
    const char *ciphers;
    SSL_SESSION *session; /* to resume */
};

struct peers {
    struct loop *loop;
    struct stream *stream;
    SSL_CTX *context;
    SSL *client;
    int client_fd;
    enum stream_status status; /* of the server's handshake */
    int result;                /* of the client's: 1, or an SSL_ERROR_* as negative number */
    int alert;                 /* that the client received; -1: none */
    unsigned tickets, ready;
    SSL_SESSION *session; /* the newest that the client may resume; a reference, or NULL */
};

static inline void on_stream_ready(void *context)
{
    ((struct peers *)context)->ready++;
}

static inline void on_info(const SSL *ssl, int where, int value)
{
    struct peers *peers = SSL_get_app_data(ssl);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value & 0xff) != SSL_AD_CLOSE_NOTIFY)
        peers->alert = value & 0xff;
}

static inline void on_message(int written, int version, int type, const void *bytes, size_t length, SSL *ssl,
                              void *context)
{
    (void)version;
    (void)context;
    struct peers *peers = SSL_get_app_data(ssl);
    if (!written && type == SSL3_RT_HANDSHAKE && length > 0 &&
        *(const unsigned char *)bytes == SSL3_MT_NEWSESSION_TICKET)
        peers->tickets++;
}

static inline int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct peers *peers = SSL_get_app_data(ssl);
    SSL_SESSION_free(peers->session);
    peers->session = session;
    return 1;
}

static inline SSL_CTX *client_context(const struct client_options *options)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, on_session);
    if (options->version != 0) {
        SSL_CTX_set_min_proto_version(context, options->version);
        SSL_CTX_set_max_proto_version(context, options->version);
    }
    if (options->cert != NULL) {
        assert_int_equal(SSL_CTX_use_certificate(context, options->cert->x509), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(context, options->cert->key), 1);
    }
    for (size_t i = 0; i < options->sent_count; i++)
        assert_int_equal(SSL_CTX_add1_chain_cert(context, options->sent[i]->x509), 1);
    if (options->alpn != NULL)
        assert_int_equal(SSL_CTX_set_alpn_protos(context, (const unsigned char *)options->alpn,
                                                 (unsigned)strlen(options->alpn)),
                         0);
    if (options->ciphers != NULL)
        assert_int_equal(SSL_CTX_set_cipher_list(context, options->ciphers), 1);
    return context;
}

static inline void peers_init(struct peers *peers, const struct cast *cast, const struct tls_server *server,
                              const struct client_options *options)
{
    int fds[2];
    *peers = (struct peers){.loop = cast->loop, .alert = -1, .status = STREAM_WAIT};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    peers->stream = tls_stream_accept(server, cast->loop, fds[0]);
    assert_non_null(peers->stream);
    stream_set_owner(peers->stream, on_stream_ready, peers);
    peers->client_fd = fds[1];
    assert_int_equal(fd_set_nonblocking(fds[1]), 0);
    peers->context = client_context(options);
    peers->client = SSL_new(peers->context);
    assert_int_equal(SSL_set_fd(peers->client, fds[1]), 1);
    SSL_set_app_data(peers->client, peers);
    SSL_set_info_callback(peers->client, on_info);
    SSL_set_msg_callback(peers->client, on_message);
    SSL_set_connect_state(peers->client);
    if (options->session != NULL)
        assert_int_equal(SSL_set_session(peers->client, options->session), 1);
    if (options->server_name != NULL) {
        char name[256]; /* SSL_set_tlsext_host_name() casts const away */
        snprintf(name, sizeof name, "%s", options->server_name);
        SSL_ctrl(peers->client, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
    }
}

static inline void peers_clear(struct peers *peers)
{
    /* Else OpenSSL thinks the session broken, and does not resume it. */
    SSL_set_shutdown(peers->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(peers->client);
    SSL_CTX_free(peers->context);
    SSL_SESSION_free(peers->session);
    stream_free(peers->stream);
    fd_close(&peers->client_fd);
    ERR_clear_error();
}

static inline void client_step(struct peers *peers)
{
    ERR_clear_error();
    int result = SSL_do_handshake(peers->client);
    peers->result = result == 1 ? 1 : -SSL_get_error(peers->client, result);
    ERR_clear_error();
}

static inline bool client_waits(const struct peers *peers)
{
    return peers->result == 0 || peers->result == -SSL_ERROR_WANT_READ ||
           peers->result == -SSL_ERROR_WANT_WRITE;
}

/* Until both are done. Then the client reads once, so that it sees an alert that comes late in TLS 1.3. */
static inline void peers_shake_hands(struct peers *peers)
{
    for (int i = 0; i < STEPS && (peers->status == STREAM_WAIT || client_waits(peers)); i++) {
        if (client_waits(peers))
            client_step(peers);
        loop_turn(peers->loop, 0);
        if (peers->status == STREAM_WAIT)
            peers->status = stream_handshake(peers->stream);
    }
    char byte;
    if (peers->result == 1)
        (void)SSL_peek(peers->client, &byte, 1);
    ERR_clear_error();
}

/* What the server reads next, after letting the loop run. */
static inline enum stream_status server_reads(struct peers *peers, char *out, size_t size, size_t *count)
{
    loop_turn(peers->loop, 0);
    return stream_read(peers->stream, out, size, count);
}

static inline void client_writes(struct peers *peers, const char *text)
{
    assert_int_equal(SSL_write(peers->client, text, (int)strlen(text)), (int)strlen(text));
}

#endif
