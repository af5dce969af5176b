#include "probe.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "postern/base/file.h"
#include "postern/base/slice.h"
#include "timestamp.h"

#define WAIT_S     5
#define ANSWER_MAX 4096

static int connect_to(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const struct timeval wait = {.tv_sec = WAIT_S};
    struct addrinfo *all = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &all) != 0)
        return -1;
    for (const struct addrinfo *each = all; each != NULL && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
        if (connect(fd, each->ai_addr, each->ai_addrlen) != 0)
            fd_close(&fd);
    }
    freeaddrinfo(all);
    return fd;
}

/* SO_RCVTIMEO makes a call on a blocking socket end as one on another. */
static bool is_silence(const SSL *ssl, int result)
{
    int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void look_at_server(struct probe *probe)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(probe->ssl);
    X509 *leaf = SSL_get0_peer_certificate(probe->ssl);
    probe->verified = SSL_get_verify_result(probe->ssl);
    probe->sent = chain ? sk_X509_num(chain) : 0;
    probe->server_end = leaf ? pki_timestamp_of(X509_get0_notAfter(leaf)) : 0;
}

void probe_open(struct probe *probe, SSL_CTX *context, const char *host, const char *port,
                SSL_SESSION *session)
{
    *probe = (struct probe){.fd = connect_to(host, port), .verified = X509_V_ERR_UNSPECIFIED};
    if (probe->fd < 0)
        return;
    probe->ssl = SSL_new(context);
    if (probe->ssl == NULL || SSL_set_fd(probe->ssl, probe->fd) != 1)
        return;
    X509_VERIFY_PARAM *param = SSL_get0_param(probe->ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) {
        (void)X509_VERIFY_PARAM_set1_host(param, host, 0);
        (void)SSL_ctrl(probe->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                       (void *)(uintptr_t)host);
    }
    if (session != NULL)
        (void)SSL_set_session(probe->ssl, session);
    int result = SSL_connect(probe->ssl);
    probe->shook_hands = result == 1;
    probe->is_silent = is_silence(probe->ssl, result);
    look_at_server(probe);
    ERR_clear_error();
}

int probe_ask(struct probe *probe, const char *host)
{
    char text[ANSWER_MAX];
    uint64_t status = 0;
    size_t used = 0;
    if (!probe->shook_hands)
        return probe->is_silent ? PROBE_SILENT : 0;
    int length = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    if (length > 0 && (size_t)length < sizeof text && SSL_write(probe->ssl, text, length) == length)
        while (used < sizeof text - 1 && slice_find(slice_of(text, used), '\n') == used) {
            int got = SSL_read(probe->ssl, text + used, (int)(sizeof text - 1 - used));
            if (got <= 0) {
                probe->is_silent = is_silence(probe->ssl, got);
                break;
            }
            used += (size_t)got;
        }
    ERR_clear_error();
    if (used == 0 && probe->is_silent)
        return PROBE_SILENT;
    if (used < 12 || memcmp(text, "HTTP/1.", 7) != 0 || !slice_to_u64(slice_of(text + 9, 3), 599, &status))
        return 0;
    return (int)status;
}

void probe_close(struct probe *probe)
{
    SSL_free(probe->ssl);
    fd_close(&probe->fd);
    *probe = (struct probe){.fd = -1};
}
