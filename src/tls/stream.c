/* TLS as a stream, server side: OpenSSL over the socket itself, without bufferevents or memory BIOs between.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "private.h"

#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/base/list.h"
#include "postern/base/memory.h"
#include "postern/trust/verify.h"

enum {
    DISCARD_MAX = 64 * 1024, /* bytes read after a refusal */
    HANDSHAKE_MESSAGES = 32, /* after the handshake, KeyUpdate that is, in one window */
    HANDSHAKE_WINDOW_MS = 60 * 1000,
};

struct tls_stream {
    struct stream common;
    struct watch watch;
    struct loop *loop;
    const struct tls_server *server;
    SSL *ssl;
    int fd;
    X509 *refused; /* the certificate of a handshake that failed by verdict: OpenSSL forgets it */
    struct trust_path path;
    struct trust_verdict verdict;
    bool is_refused;     /* the handshake ended by the verdict */
    bool is_established; /* the handshake is over and the verdict stands */
    bool is_flooded;
    bool notified; /* our close_notify is sent */
    unsigned messages;
    int64_t window_ms;
    size_t discarded;
    char error[160];
};

static struct tls_stream *tls(struct stream *stream)
{
    return LIST_ENTRY(stream, struct tls_stream, common);
}

static const struct tls_stream *tls_const(const struct stream *stream)
{
    return (const struct tls_stream *)(const void *)stream;
}

static void on_ready(void *context, unsigned ready)
{
    struct tls_stream *self = context;
    (void)ready;
    if (self->common.on_ready != NULL)
        self->common.on_ready(self->common.context);
}

static enum stream_status fail(struct tls_stream *self, const char *text)
{
    snprintf(self->error, sizeof self->error, "%s", text);
    ERR_clear_error();
    return STREAM_FAILED;
}

/* What OpenSSL's last call on this stream means. error_number: errno right after it. */
static enum stream_status status_of(struct tls_stream *self, int result, int error_number)
{
    char text[128];
    switch (SSL_get_error(self->ssl, result)) {
    case SSL_ERROR_NONE:
        return STREAM_OK;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return STREAM_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_END;
    case SSL_ERROR_SYSCALL:
        if (ERR_peek_error() == 0)
            return fail(self, error_number != 0 ? strerror(error_number) : "the connection was closed");
        break;
    default:
        break;
    }
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        fail(self, self->is_established ? "closed without close_notify" : "closed during the handshake");
        return STREAM_TRUNCATED;
    }
    if (reason == SSL_R_HTTP_REQUEST)
        return fail(self, "plain HTTP on the TLS port; https:// would be right");
    return fail(self, tls_take_error(text, sizeof text));
}

/* OpenSSL has found no certificate and refused, or our callback has. */
static void note_refusal(struct tls_stream *self)
{
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        self->verdict = (struct trust_verdict){.reason = TRUST_NO_CERTIFICATE, .recheck_at = TRUST_NEVER};
        self->is_refused = true;
    }
}

/* Fail closed: whatever led here, who is admitted has a certificate and a verdict that says so. */
static enum stream_status established(struct tls_stream *self)
{
    bool has_peer = SSL_get0_peer_certificate(self->ssl) != NULL;
    if (!has_peer)
        self->verdict = (struct trust_verdict){.reason = TRUST_NO_CERTIFICATE, .recheck_at = TRUST_NEVER};
    bool admitted = has_peer && self->verdict.reason == TRUST_ADMITTED && self->path.count > 0;
    if (!admitted && !self->server->refuse_with_page)
        return fail(self, "a handshake ended without an admitted certificate");
    self->is_established = true;
    return STREAM_OK;
}

static enum stream_status tls_handshake(struct stream *stream)
{
    struct tls_stream *self = tls(stream);
    if (self->is_established)
        return STREAM_OK;
    ERR_clear_error();
    errno = 0;
    int result = SSL_accept(self->ssl);
    if (result == 1)
        return established(self);
    int error_number = errno;
    note_refusal(self);
    enum stream_status status = status_of(self, result, error_number);
    return status == STREAM_WAIT ? STREAM_WAIT : STREAM_FAILED;
}

static enum stream_status tls_read(struct stream *stream, void *data, size_t size, size_t *count)
{
    struct tls_stream *self = tls(stream);
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(self->ssl, data, size, count);
    int error_number = errno;
    if (self->is_flooded) {
        *count = 0;
        return fail(self, "too many KeyUpdate messages");
    }
    return result == 1 ? STREAM_OK : status_of(self, result, error_number);
}

/* OpenSSL writes a record a call; as many as the socket takes go out here. */
static enum stream_status tls_write(struct stream *stream, const void *data, size_t length, size_t *count)
{
    struct tls_stream *self = tls(stream);
    while (*count < length) {
        size_t written = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_write_ex(self->ssl, (const char *)data + *count, length - *count, &written);
        int error_number = errno;
        *count += written;
        if (result != 1) {
            enum stream_status status = status_of(self, result, error_number);
            return status == STREAM_WAIT && *count > 0 ? STREAM_OK : status;
        }
    }
    return STREAM_OK;
}

static enum stream_status tls_shutdown(struct stream *stream)
{
    struct tls_stream *self = tls(stream);
    if (!self->notified && self->is_established) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_shutdown(self->ssl);
        if (result < 0) {
            enum stream_status status = status_of(self, result, errno);
            if (status != STREAM_END && status != STREAM_OK)
                return status;
        }
    }
    self->notified = true;
    if (shutdown(self->fd, SHUT_WR) != 0 && errno != ENOTCONN)
        return fail(self, strerror(errno));
    return STREAM_OK;
}

static void tls_abort(struct stream *stream)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(tls(stream)->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

static void tls_free(struct stream *stream)
{
    struct tls_stream *self = tls(stream);
    watch_stop(&self->watch);
    SSL_free(self->ssl);
    X509_free(self->refused);
    fd_close(&self->fd);
    free(self);
}

static const char *tls_error(const struct stream *stream)
{
    const struct tls_stream *self = tls_const(stream);
    return self->error[0] != '\0' ? self->error : "no error";
}

/* What the mode of released buffers leaves behind: read-ahead's, with nothing in it. */
static void tls_release(struct stream *stream)
{
    (void)SSL_free_buffers(tls(stream)->ssl);
}

static void tls_wake(struct stream *stream)
{
    watch_wake(&tls(stream)->watch, WATCH_READ | WATCH_WRITE);
}

static const struct stream_ops tls_ops = {
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .shutdown = tls_shutdown,
    .abort = tls_abort,
    .free = tls_free,
    .error = tls_error,
    .release = tls_release,
    .wake = tls_wake,
};

struct stream *tls_stream_accept(const struct tls_server *server, struct loop *loop, int fd)
{
    struct tls_stream *self = xcalloc(1, sizeof *self);
    self->common.ops = &tls_ops;
    self->fd = fd;
    self->loop = loop;
    self->server = server;
    /* Until somebody has looked, nobody is admitted. */
    self->verdict = (struct trust_verdict){.reason = TRUST_INTERNAL, .recheck_at = TRUST_NEVER};
    self->ssl = SSL_new(server->context);
    if (self->ssl == NULL || !SSL_set_fd(self->ssl, fd) || !SSL_set_app_data(self->ssl, self) ||
        watch_start(&self->watch, loop, fd, WATCH_READ | WATCH_WRITE | WATCH_EDGE, on_ready, self) != 0) {
        ERR_clear_error();
        tls_free(&self->common);
        return NULL;
    }
    SSL_set_accept_state(self->ssl);
    return &self->common;
}

int tls_stream_on_verify(X509_STORE_CTX *context, void *argument)
{
    const struct tls_server *server = argument;
    SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_stream *self = SSL_get_app_data(ssl);
    int64_t now_s = clock_wall_s(server->clock);
    if (trust_verify(server->trust, context, now_s, &self->path, &self->verdict) == TRUST_ADMITTED)
        return 1;
    /* With a page the handshake completes, for the sole purpose of saying no in words. */
    if (server->refuse_with_page)
        return 1;
    self->is_refused = true;
    self->refused = X509_STORE_CTX_get0_cert(context);
    X509_up_ref(self->refused);
    return 0;
}

void tls_stream_on_message(int sent, int version, int content_type, const void *bytes, size_t length,
                           SSL *ssl, void *unused)
{
    struct tls_stream *self = SSL_get_app_data(ssl);
    (void)version;
    (void)bytes;
    (void)length;
    (void)unused;
    if (sent || content_type != SSL3_RT_HANDSHAKE || self == NULL || !self->is_established)
        return;
    int64_t now_ms = loop_now_ms(self->loop);
    if (now_ms - self->window_ms > HANDSHAKE_WINDOW_MS) {
        self->window_ms = now_ms;
        self->messages = 0;
    }
    self->is_flooded = self->is_flooded || ++self->messages > HANDSHAKE_MESSAGES;
}

const struct trust_verdict *tls_stream_verdict(const struct stream *stream)
{
    return &tls_const(stream)->verdict;
}

bool tls_stream_is_refused(const struct stream *stream)
{
    return tls_const(stream)->is_refused;
}

const struct trust_path *tls_stream_path(const struct stream *stream)
{
    return &tls_const(stream)->path;
}

struct x509_st *tls_stream_peer(const struct stream *stream)
{
    const struct tls_stream *self = tls_const(stream);
    return self->refused != NULL ? self->refused : SSL_get0_peer_certificate(self->ssl);
}

struct stack_st_X509 *tls_stream_peer_chain(const struct stream *stream)
{
    return SSL_get0_verified_chain(tls_const(stream)->ssl);
}

const char *tls_stream_version(const struct stream *stream)
{
    return SSL_get_version(tls_const(stream)->ssl);
}

const char *tls_stream_cipher(const struct stream *stream)
{
    const char *name = SSL_get_cipher_name(tls_const(stream)->ssl);
    return name != NULL ? name : "-";
}

bool tls_stream_resumed(const struct stream *stream)
{
    return SSL_session_reused(tls_const(stream)->ssl) == 1;
}

struct slice tls_stream_server_name(const struct stream *stream)
{
    return slice_text(SSL_get_servername(tls_const(stream)->ssl, TLSEXT_NAMETYPE_host_name));
}

enum stream_status tls_stream_discard(struct stream *stream)
{
    struct tls_stream *self = tls(stream);
    char bytes[4096];
    while (self->discarded < DISCARD_MAX) {
        ssize_t got = recv(self->fd, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return STREAM_WAIT;
        if (got <= 0)
            return STREAM_END;
        self->discarded += (size_t)got;
    }
    return STREAM_END;
}
