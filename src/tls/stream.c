#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handshake.h"
#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/net/socket.h"
#include "stream_private.h"
#include "ticket_facts.h"
#include "tls_error.h"

#define DISCARD_MAX (64U * 1024)
#define IDLE_MAX    64U    /* messages without content that are free */
#define IDLE_PER    65536U /* and one more for so many bytes of content */

static enum stream_status fail(struct tls_stream *tls, const char *text)
{
    if (tls->phase != TLS_ABORTED) {
        tls->phase = TLS_FAILED;
        free(tls->error);
        tls->error = xstrdup(text);
    }
    return STREAM_FAILED;
}

static void on_socket(void *context, unsigned ready)
{
    struct tls_stream *tls = context;
    if ((ready & WATCH_READ) != 0)
        tls->socket.readable = true;
    if ((ready & WATCH_CLOSED) != 0)
        tls->socket.peer_closed = true;
    if (tls->stream.on_ready != NULL)
        tls->stream.on_ready(tls->stream.context);
}

/* Before each call: SSL_get_error(3) looks at the queue, whoever filled it. */
static void clean_queue(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

/* The peer's side of the socket ended without close_notify. */
static enum stream_status truncated(struct tls_stream *tls)
{
    bool was_established = tls->phase == TLS_ESTABLISHED;
    ERR_clear_error();
    (void)fail(tls, was_established ? "the client closed the connection without close_notify"
                                    : "the client closed the connection during the handshake");
    return was_established ? STREAM_TRUNCATED : STREAM_FAILED;
}

static enum stream_status fail_by_queue(struct tls_stream *tls)
{
    char text[160];
    if (tls->socket.ended)
        return truncated(tls);
    return fail(tls, tls_error_take(text, sizeof(text)));
}

/* After a call of OpenSSL's that did not succeed. */
static enum stream_status status_of(struct tls_stream *tls, int result)
{
    /* First, since after the peer's close_notify OpenSSL takes a failed write for the end. */
    if (tls->socket.error_number != 0) {
        ERR_clear_error();
        return fail(tls, socket_error_text(tls->socket.error_number));
    }
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return STREAM_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        tls->peer_ended = true;
        return STREAM_END;
    case SSL_ERROR_SSL:
    case SSL_ERROR_SYSCALL:
        return fail_by_queue(tls);
    default: /* callbacks and engines that we have not */
        ERR_clear_error();
        return fail(tls, "internal: OpenSSL waits for what does not exist here");
    }
}

/* OpenSSL asks us for a verdict only if there is something to judge. */
static void note_no_certificate(struct tls_stream *tls)
{
    tls->verdict = (struct trust_verdict){.reason = TRUST_NO_CERTIFICATE, .recheck_at = TRUST_NEVER};
}

/* OpenSSL gives no way to free its lists but to empty them; nothing looks into these without renegotiation.
 * SSL_get_peer_cert_chain(3), SSL_get0_verified_chain(3). */
static void empty_chain(STACK_OF(X509) * chain)
{
    while (sk_X509_num(chain) > 0)
        X509_free(sk_X509_pop(chain));
}

static enum stream_status finish_handshake(struct tls_stream *tls)
{
    const char *wrong = NULL;
    if (SSL_session_reused(tls->ssl) == 1)
        wrong = tickets_resume(tls);
    else if (tls->peer == NULL)
        note_no_certificate(tls);
    if (wrong == NULL)
        wrong = handshake_check(tls);
    tls->server = NULL;
    if (wrong != NULL) {
        tls->verdict.reason = TRUST_INTERNAL;
        return fail(tls, wrong);
    }
    /* What the client sent, 4 to 6 KiB with its keys decoded, is a third of what a connection takes while
     * idle. The path that was verified is lent until the first read; it has references of its own. */
    empty_chain(SSL_get_peer_cert_chain(tls->ssl));
    tls->phase = TLS_ESTABLISHED;
    tls->lends_path = true;
    tls->path = xreallocarray(tls->path, 1, trust_path_size(tls->path));
    return STREAM_OK;
}

/* Was it the verdict that ended the handshake? With a page it never does. */
static enum stream_status handshake_failed(struct tls_stream *tls, enum stream_status status)
{
    bool verdict_decides = !tls->server->refuse_with_page;
    tls->server = NULL;
    if (status == STREAM_END)
        (void)fail(tls, "the client closed the connection during the handshake");
    if (verdict_decides && strcmp(tls->error, TLS_ERROR_NO_CERTIFICATE) == 0) {
        note_no_certificate(tls);
        tls->refused = true;
    }
    return STREAM_FAILED;
}

static enum stream_status tls_handshake(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);
    if (tls->phase != TLS_HANDSHAKING)
        return tls->phase == TLS_ESTABLISHED ? STREAM_OK : STREAM_FAILED;
    enum stream_status status;
    do {
        clean_queue();
        int result = SSL_accept(tls->ssl);
        if (result == 1)
            return finish_handshake(tls);
        status = status_of(tls, result);
        /* Without SSL_MODE_AUTO_RETRY a call may end though more waits; not so if the socket is empty. */
    } while (status == STREAM_WAIT && SSL_want_read(tls->ssl) && tls->socket.readable);
    return status == STREAM_WAIT ? STREAM_WAIT : handshake_failed(tls, status);
}

static bool is_flooding(const struct tls_stream *tls)
{
    return tls->idle_count > IDLE_MAX + tls->bytes_read / IDLE_PER;
}

static enum stream_status tls_read(struct stream *stream, void *data, size_t size, size_t *count)
{
    struct tls_stream *tls = tls_of(stream);
    if (tls->phase != TLS_ESTABLISHED)
        return tls->phase == TLS_HANDSHAKING ? STREAM_WAIT : STREAM_FAILED;
    if (tls->peer_ended)
        return STREAM_END;
    if (tls->lends_path)
        empty_chain(SSL_get0_verified_chain(tls->ssl));
    tls->lends_path = false;
    enum stream_status status = STREAM_WAIT;
    while (status == STREAM_WAIT && (tls->socket.readable || SSL_has_pending(tls->ssl))) {
        bool was_readable = tls->socket.readable;
        clean_queue();
        int result = SSL_read_ex(tls->ssl, data, size, count);
        if (is_flooding(tls)) {
            *count = 0;
            return fail(tls, "too many records without content");
        }
        if (result == 1) {
            tls->bytes_read += *count;
            return STREAM_OK;
        }
        status = status_of(tls, result);
        /* Part of a record is pending, and no more of it has come; or OpenSSL waits to write. */
        if (!was_readable || SSL_want_write(tls->ssl))
            break;
    }
    return status;
}

/* What the ticket was made of is of no use any more. */
static void drop_record(struct tls_stream *tls)
{
    SSL_SESSION_set1_ticket_appdata(SSL_get_session(tls->ssl), NULL, 0);
    free(tls->record);
    tls->record = NULL;
    tls->record_length = 0;
}

static enum stream_status send_ticket(struct tls_stream *tls)
{
    clean_queue();
    int result = tickets_issue(tls);
    drop_record(tls);
    return result == 1 ? STREAM_OK : status_of(tls, result);
}

static enum stream_status tls_write(struct stream *stream, const void *data, size_t length, size_t *count)
{
    struct tls_stream *tls = tls_of(stream);
    if (tls->phase != TLS_ESTABLISHED)
        return tls->phase == TLS_HANDSHAKING ? STREAM_WAIT : STREAM_FAILED;
    if (tls->sent_end)
        return fail(tls, "written after the end");
    if (tls->owes_ticket) {
        enum stream_status status = send_ticket(tls);
        if (status != STREAM_OK)
            return status;
    }
    clean_queue();
    int result = SSL_write_ex(tls->ssl, data, length, count);
    if (result == 1)
        return STREAM_OK;
    return status_of(tls, result);
}

static enum stream_status tls_shutdown(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);
    if (tls->phase == TLS_FAILED || tls->phase == TLS_ABORTED)
        return STREAM_FAILED;
    if (tls->sent_end)
        return STREAM_OK;
    if (tls->phase == TLS_ESTABLISHED) {
        clean_queue();
        int result = SSL_shutdown(tls->ssl);
        if (result < 0) {
            enum stream_status status = status_of(tls, result);
            /* What the peer sent is its own matter: ours has gone out. */
            if (status != STREAM_WAIT || SSL_want_write(tls->ssl))
                return status;
        }
    }
    tls->sent_end = true;
    if (shutdown(tls->socket.fd, SHUT_WR) != 0)
        return fail(tls, socket_error_text(errno));
    return STREAM_OK;
}

static void tls_abort(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);
    socket_set_reset(tls->socket.fd);
    tls->phase = TLS_ABORTED;
    tls->server = NULL;
}

static void tls_free(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);
    watch_stop(&tls->watch);
    SSL_free(tls->ssl);
    X509_free(tls->peer);
    fd_close(&tls->socket.fd);
    tls_shared_unref(tls->shared);
    free(tls->error);
    free(tls->path);
    free(tls->record);
    free(tls);
}

static const char *tls_error(const struct stream *stream)
{
    const struct tls_stream *tls = tls_of(stream);
    if (tls->phase == TLS_ABORTED)
        return "aborted";
    return tls->error != NULL ? tls->error : "no error";
}

static void tls_release(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);
    if (tls->phase == TLS_ESTABLISHED)
        (void)SSL_free_buffers(tls->ssl); /* also read-ahead's; keeps them if they hold something */
}

static void tls_wake(struct stream *stream)
{
    /* Not WATCH_READ: the socket has not become readable by this. */
    watch_wake(&tls_of(stream)->watch, WATCH_WRITE);
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

static int start(struct tls_stream *tls, const struct tls_server *server, struct loop *loop)
{
    tls->ssl = SSL_new(server->context);
    BIO *bio = tls->ssl != NULL ? socket_bio_new(server->shared->socket_method, &tls->socket) : NULL;
    if (bio == NULL)
        return -1;
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, tls);
    SSL_set_accept_state(tls->ssl);
    const unsigned interest = WATCH_READ | WATCH_WRITE | WATCH_EDGE;
    return watch_start(&tls->watch, loop, tls->socket.fd, interest, on_socket, tls);
}

struct stream *tls_stream_accept(const struct tls_server *server, struct loop *loop, int fd)
{
    struct tls_stream *tls = xcalloc(1, sizeof(*tls));
    tls->path = xcalloc(1, sizeof(*tls->path));
    tls->stream.ops = &tls_ops;
    tls->socket = (struct tls_socket){.fd = fd, .readable = true};
    tls->server = server;
    tls->shared = tls_shared_ref(server->shared);
    tls->verdict = (struct trust_verdict){.reason = TRUST_INTERNAL, .recheck_at = TRUST_NEVER};
    if (fd_set_nonblocking(fd) == 0 && start(tls, server, loop) == 0)
        return &tls->stream;
    ERR_clear_error();
    tls_free(&tls->stream);
    return NULL;
}

struct slice tls_stream_record(const struct stream *stream)
{
    void *bytes = NULL;
    size_t length = 0;
    struct ticket_facts facts;
    SSL_SESSION *session = SSL_get_session(tls_of(stream)->ssl);
    if (tls_stream_resumed(stream) && SSL_SESSION_get0_ticket_appdata(session, &bytes, &length) == 1 &&
        bytes != NULL && ticket_facts_read(bytes, length, &facts))
        return facts.record;
    return slice_of(NULL, 0);
}

void tls_stream_offer_ticket(struct stream *stream, struct slice record)
{
    struct tls_stream *tls = tls_of(stream);
    if (tls->shared->tickets == NULL || SSL_version(tls->ssl) < TLS1_3_VERSION ||
        tls->verdict.reason != TRUST_ADMITTED || record.length > TLS_TICKET_RECORD_MAX ||
        !tickets_worth_it(tls))
        return;
    tls->owes_ticket = true;
    free(tls->record);
    tls->record = xcalloc(record.length + 1, 1);
    if (record.length != 0)
        memcpy(tls->record, record.data, record.length);
    tls->record_length = record.length;
}

enum stream_status tls_stream_discard(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);
    char waste[4096];
    if (!tls->discarding) {
        tls->discarding = true;
        (void)shutdown(tls->socket.fd, SHUT_WR); /* the alert, and that nothing follows */
    }
    for (;;) {
        ssize_t length = recv(tls->socket.fd, waste, sizeof(waste), 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && errno == EAGAIN)
            return STREAM_WAIT;
        if (length <= 0)
            return length == 0 ? STREAM_END : STREAM_FAILED;
        tls->discarded += (unsigned)length;
        if (tls->discarded >= DISCARD_MAX)
            return STREAM_FAILED;
    }
}
