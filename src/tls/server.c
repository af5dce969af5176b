#include "postern/tls/server.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "handshake.h"
#include "key_private.h"
#include "postern/base/assert.h"
#include "postern/base/clock.h"
#include "postern/base/memory.h"
#include "postern/trust/certificate.h"
#include "server_private.h"
#include "socket_bio.h"
#include "tls_error.h"

/* Mozilla's "intermediate" profile, without finite-field DHE: what cannot do ECDHE is gone. */
#define CIPHERS                                                                                              \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"               \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERS_TLS13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS        "X25519:P-256:P-384"

#define SECURITY_LEVEL       2
#define CLIENT_CHAIN_MAX     (32L * 1024) /* bytes of a Certificate message */
#define SERVER_PREFIX_LENGTH 40

struct tls_shared *tls_shared_ref(struct tls_shared *shared)
{
    shared->references++;
    return shared;
}

void tls_shared_unref(struct tls_shared *shared)
{
    if (shared == NULL || --shared->references > 0)
        return;
    BIO_meth_free(shared->socket_method);
    tickets_free(shared->tickets);
    free(shared);
}

static struct tls_shared *shared_new(void)
{
    struct tls_shared *shared = xcalloc(1, sizeof(*shared));
    shared->references = 1;
    shared->socket_method = socket_bio_method_new();
    return shared;
}

static int openssl_failed(struct err *err, const char *what)
{
    char text[160];
    return err_set(err, "%s: %s", what, tls_error_take(text, sizeof(text)));
}

static void set_terms(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, SECURITY_LEVEL);
    /* Not SSL_OP_IGNORE_UNEXPECTED_EOF: a missing close_notify must be seen. No tickets unless tickets.c
     * turns them on; never a cache, nor early data. */
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_NO_TICKET | SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                       SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    /* So that a call ends after records that carry no content, and they can be counted. */
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_MAX);
}

static int set_choices(SSL_CTX *context, const struct tls_server_options *options, struct err *err)
{
    /* With VERIFY_PEER and no context a client's attempt to resume would be fatal. */
    const unsigned char session_context[] = "postern 1";
    const char *ciphers = options->ciphers != NULL ? options->ciphers : CIPHERS;
    const char *groups = options->groups != NULL ? options->groups : GROUPS;
    if (SSL_CTX_set_min_proto_version(context, options->min_version) != 1 ||
        SSL_CTX_set_max_proto_version(context, options->max_version) != 1 ||
        options->min_version < TLS1_2_VERSION || options->max_version < options->min_version)
        return err_set(err, "no such range of TLS versions; give 1.2 or 1.3, the lower one as min_version");
    if (SSL_CTX_set_cipher_list(context, ciphers) != 1)
        return err_set(err, "ciphers: none of \"%s\" is usable; leave the key out for a good choice",
                       ciphers);
    /* Not by SSL_CTX_set1_groups_list(), a macro that casts const away. */
    char names[512];
    snprintf(names, sizeof(names), "%s", groups);
    if (strlen(groups) >= sizeof(names) || SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, names) != 1)
        return err_set(err, "groups: \"%s\" is not a list of known groups; X25519:P-256:P-384 is a good one",
                       groups);
    if (SSL_CTX_set_ciphersuites(context, CIPHERS_TLS13) != 1 || SSL_CTX_set_num_tickets(context, 0) != 1 ||
        SSL_CTX_set_max_early_data(context, 0) != 1 || SSL_CTX_set_recv_max_early_data(context, 0) != 1 ||
        SSL_CTX_set_session_id_context(context, session_context, sizeof(session_context) - 1) != 1)
        return openssl_failed(err, "TLS cannot be set up");
    return 0;
}

static int set_resumption(struct tls_server *server, const struct tls_ticket_options *options,
                          struct err *err)
{
    if (options->secret.data == NULL)
        return 0;
    server->shared->tickets = tickets_new(server->context, options, server->clock, err);
    return server->shared->tickets != NULL ? 0 : -1;
}

static int set_client_demand(struct tls_server *server, const struct tls_server_options *options,
                             struct err *err)
{
    SSL_CTX *context = server->context;
    SSL_CTX_set1_cert_store(context, trust_store(server->trust));
    int mode = SSL_VERIFY_PEER | (server->refuse_with_page ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    SSL_CTX_set_verify(context, mode, NULL);
    SSL_CTX_set_cert_verify_callback(context, handshake_verify, server);
    SSL_CTX_set_alpn_select_cb(context, handshake_select_protocol, NULL);
    SSL_CTX_set_msg_callback(context, handshake_count_message);
    if (options->send_ca_names) {
        STACK_OF(X509_NAME) *names = SSL_dup_CA_list(trust_ca_names(server->trust));
        if (names == NULL)
            return openssl_failed(err, "CA names");
        SSL_CTX_set_client_CA_list(context, names);
    }
    return 0;
}

/* OpenSSL keeps one certificate for each key type, and the later silently replaces the earlier. */
static int check_types_differ(const struct tls_server_options *options, size_t index, struct err *err)
{
    for (size_t i = 0; i < index; i++)
        if (EVP_PKEY_get_base_id(tls_key_get(options->pairs[i].key)) ==
            EVP_PKEY_get_base_id(tls_key_get(options->pairs[index].key)))
            return err_set(err, "certificates %zu and %zu have keys of one type (%s); give one of each type",
                           i + 1, index + 1, tls_key_describe(options->pairs[index].key));
    return 0;
}

/* A root at the chain's end is not sent: a client has it, or has no use for it. RFC 8446 §4.4.2. */
static STACK_OF(X509) * intermediates_of(STACK_OF(X509) * chain)
{
    STACK_OF(X509) *intermediates = sk_X509_new_null();
    ASSERT(intermediates != NULL);
    for (int i = 1; i < sk_X509_num(chain); i++)
        if ((X509_get_extension_flags(sk_X509_value(chain, i)) & EXFLAG_SS) == 0)
            ASSERT(sk_X509_push(intermediates, sk_X509_value(chain, i)) > 0);
    return intermediates;
}

static int add_pair(struct tls_server *server, const struct tls_server_options *options, size_t index,
                    struct err *err)
{
    const struct tls_pair *pair = &options->pairs[index];
    char prefix[SERVER_PREFIX_LENGTH] = "";
    if (options->pair_count > 1)
        snprintf(prefix, sizeof(prefix), "certificate %zu: ", index + 1);
    if (check_types_differ(options, index, err) != 0)
        return -1;
    STACK_OF(X509) *chain = chain_parse(pair->chain, pair->key, clock_wall_s(server->clock),
                                        options->admit_ended, prefix, err);
    if (chain == NULL)
        return -1;
    server->chains[server->chain_count++] = chain;
    STACK_OF(X509) *intermediates = intermediates_of(chain);
    int used = SSL_CTX_use_cert_and_key(server->context, sk_X509_value(chain, 0), tls_key_get(pair->key),
                                        intermediates, 1);
    sk_X509_free(intermediates);
    return used == 1 ? 0 : openssl_failed(err, "the server certificate cannot be used");
}

static int add_pairs(struct tls_server *server, const struct tls_server_options *options, struct err *err)
{
    if (options->pair_count == 0)
        return err_set(err, "no server certificate; give certificate and private_key");
    server->chains = xcalloc(options->pair_count, sizeof(STACK_OF(X509) *));
    for (size_t i = 0; i < options->pair_count; i++)
        if (add_pair(server, options, i, err) != 0)
            return -1;
    return 0;
}

struct tls_server *tls_server_new(const struct tls_server_options *options, const struct trust *trust,
                                  struct err *err)
{
    struct tls_server *server = xcalloc(1, sizeof(*server));
    server->trust = trust;
    server->clock = options->clock;
    server->refuse_with_page = options->refuse_with_page;
    server->shared = shared_new();
    ERR_clear_error();
    server->context = SSL_CTX_new(TLS_server_method());
    if (server->context == NULL) {
        (void)openssl_failed(err, "TLS cannot be set up");
        tls_server_free(server);
        return NULL;
    }
    set_terms(server->context);
    if (set_choices(server->context, options, err) != 0 || set_client_demand(server, options, err) != 0 ||
        set_resumption(server, &options->tickets, err) != 0 || add_pairs(server, options, err) != 0) {
        tls_server_free(server);
        server = NULL;
    }
    ERR_clear_error();
    return server;
}

void tls_server_free(struct tls_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < server->chain_count; i++)
        sk_X509_pop_free(server->chains[i], X509_free);
    free(server->chains);
    SSL_CTX_free(server->context);
    tls_shared_unref(server->shared);
    free(server);
}

static void describe_one(const X509 *certificate, bool is_leaf,
                         void (*each)(void *, const struct tls_certificate_info *), void *context)
{
    struct certificate_info found;
    char names[1024];
    certificate_describe(certificate, &found);
    const struct tls_certificate_info info = {
        .subject = found.subject,
        .issuer = found.issuer,
        .names = chain_names(certificate, names, sizeof(names)),
        .serial = found.serial,
        .key = found.key,
        .not_before = found.not_before,
        .not_after = found.not_after,
        .is_leaf = is_leaf,
    };
    each(context, &info);
}

void tls_server_describe(const struct tls_server *server,
                         void (*each)(void *context, const struct tls_certificate_info *info), void *context)
{
    for (size_t i = 0; i < server->chain_count; i++)
        for (int k = 0; k < sk_X509_num(server->chains[i]); k++)
            describe_one(sk_X509_value(server->chains[i], k), k == 0, each, context);
}
