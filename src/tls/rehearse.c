/* A handshake with ourselves, in the process that is about to publish a server: what every client would meet
 * is better met here. */
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "postern/base/file.h"
#include "server_private.h"
#include "tls_error.h"

/* Both sides answer at once, so this many steps are far more than any handshake takes. */
enum { STEPS_MAX = 64 };

struct rehearsal {
    struct loop *loop;
    struct stream *server;
    SSL_CTX *context;
    SSL *client;
    int fd;
};

/* A client that takes what it is offered: whether the certificate is the right one is not the question here.
 */
static bool make_client(struct rehearsal *rehearsal, int version)
{
    rehearsal->context = SSL_CTX_new(TLS_client_method());
    if (rehearsal->context == NULL)
        return false;
    SSL_CTX_set_verify(rehearsal->context, SSL_VERIFY_NONE, NULL);
    rehearsal->client = SSL_new(rehearsal->context);
    return rehearsal->client != NULL && SSL_set_min_proto_version(rehearsal->client, version) == 1 &&
           SSL_set_max_proto_version(rehearsal->client, version) == 1 &&
           SSL_set_fd(rehearsal->client, rehearsal->fd) == 1;
}

static void on_ready(void *context)
{
    (void)context; /* both sides are stepped in turn */
}

static bool set_up(struct rehearsal *rehearsal, const struct tls_server *server, int version)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return false;
    rehearsal->fd = ends[0];
    rehearsal->loop = loop_new(server->clock);
    rehearsal->server = tls_stream_accept(server, rehearsal->loop, ends[1]);
    if (rehearsal->server == NULL)
        return false;
    stream_set_owner(rehearsal->server, on_ready, NULL);
    return make_client(rehearsal, version);
}

static void tear_down(struct rehearsal *rehearsal)
{
    stream_free(rehearsal->server);
    SSL_free(rehearsal->client);
    SSL_CTX_free(rehearsal->context);
    fd_close(&rehearsal->fd);
    loop_free(rehearsal->loop);
    ERR_clear_error();
}

/* The client has no certificate. In TLS 1.3 it learns of its refusal later; in TLS 1.2 an alert tells, when
 * everything that is the server's has been seen. */
static bool has_met_the_server(const struct rehearsal *rehearsal, unsigned long error)
{
    return SSL_is_init_finished(rehearsal->client) ||
           (SSL_get0_peer_certificate(rehearsal->client) != NULL && ERR_GET_LIB(error) == ERR_LIB_SSL &&
            ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET);
}

static bool shake_hands(struct rehearsal *rehearsal)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        ERR_clear_error();
        int result = SSL_do_handshake(rehearsal->client);
        unsigned long error = ERR_peek_error();
        int what = SSL_get_error(rehearsal->client, result);
        if (result == 1 || (what != SSL_ERROR_WANT_READ && what != SSL_ERROR_WANT_WRITE))
            return has_met_the_server(rehearsal, error);
        /* What it says of a client without a certificate is no news. */
        (void)stream_handshake(rehearsal->server);
        loop_turn(rehearsal->loop, 0);
    }
    return false;
}

static int rehearse_version(const struct tls_server *server, int version, struct err *err)
{
    struct rehearsal rehearsal = {.fd = -1};
    int result = 0;
    if (!set_up(&rehearsal, server, version))
        result = err_set(err, "no memory for a rehearsal");
    else {
        SSL_set_connect_state(rehearsal.client);
        if (!shake_hands(&rehearsal))
            result = err_set(
                err,
                "no client can complete a handshake in %s (%s); let ciphers, groups and certificates "
                "go together",
                version == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2", stream_error(rehearsal.server));
    }
    tear_down(&rehearsal);
    return result;
}

int tls_server_rehearse(const struct tls_server *server, struct err *err)
{
    long least = SSL_CTX_get_min_proto_version(server->context);
    long most = SSL_CTX_get_max_proto_version(server->context);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
        if (version >= least && (most == 0 || version <= most) && rehearse_version(server, version, err) != 0)
            return -1;
    return 0;
}
