/* A connection as bytes both ways, whatever carries them: a TCP or unix socket, TLS upon one (room tls), or
 * memory in a test. Non-blocking. One owner, one loop.
 *
 * The owner gives one callback. It is called, from the loop only, when a call that said STREAM_WAIT is worth
 * repeating, for whichever direction: the owner then steps its state machine through both. A stream is
 * edge-triggered: an owner that stops before STREAM_WAIT, because its peer's queue is full, must come back by
 * itself when there is room (or with stream_wake()); so not reading is all that back-pressure takes. */
#ifndef POSTERN_NET_STREAM_H
#define POSTERN_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "postern/base/attributes.h"
#include "postern/net/address.h"
#include "postern/net/loop.h"

enum stream_status {
    STREAM_OK,        /* something was done */
    STREAM_WAIT,      /* nothing now; on_ready comes */
    STREAM_END,       /* the peer has ended its side, cleanly: FIN, and in TLS close_notify */
    STREAM_TRUNCATED, /* TLS: the peer's side ended without close_notify; what came may be cut off */
    STREAM_FAILED,    /* reset, TLS alert, protocol error: see stream_error() */
};

struct stream;

struct stream_ops {
    enum stream_status (*handshake)(struct stream *stream);
    enum stream_status (*read)(struct stream *stream, void *data, size_t size, size_t *count);
    enum stream_status (*write)(struct stream *stream, const void *data, size_t length, size_t *count);
    enum stream_status (*shutdown)(struct stream *stream);
    void (*abort)(struct stream *stream);
    void (*free)(struct stream *stream); /* closes */
    const char *(*error)(const struct stream *stream);
    void (*release)(struct stream *stream);
    void (*wake)(struct stream *stream);
};

/* The common part, first in each kind. */
struct stream {
    const struct stream_ops *ops;
    void (*on_ready)(void *context);
    void *context;
};

/* Whom to call. Before any other call. */
void stream_set_owner(struct stream *stream, void (*on_ready)(void *), void *context);
/* Carry on until STREAM_OK; plain streams say it at once (also for the end of a non-blocking connect()). */
enum stream_status stream_handshake(struct stream *stream);
/* Read up to size (> 0) bytes. count is set in all cases, and not 0 exactly on STREAM_OK. */
enum stream_status stream_read(struct stream *stream, void *data, size_t size, size_t *count);
/* Write some of it. After STREAM_WAIT the same bytes are offered again (at whatever address), or more. */
enum stream_status stream_write(struct stream *stream, const void *data, size_t length, size_t *count);
/* End our side when all is written: close_notify, then FIN. STREAM_WAIT: again later. */
enum stream_status stream_shutdown(struct stream *stream);
/* A cut: what is unsent is dropped, nothing more is said, a reset follows at stream_free(). */
void stream_abort(struct stream *stream);
/* Close and free. NULL is nothing. Safe inside its own on_ready. */
void stream_free(struct stream *stream);
/* Why the last call failed, for logs: a literal or a string that the stream owns. */
const char *stream_error(const struct stream *stream);
/* Give back buffers that an idle connection does not need. */
void stream_release(struct stream *stream);
/* Have on_ready called in the next turn. */
void stream_wake(struct stream *stream);

/* A connected socket: takes fd, which is made non-blocking. NULL if it cannot be watched (then fd is closed).
 */
struct stream *stream_plain_new(struct loop *loop, int fd);
/* A socket of that family, connecting: the handshake ends with STREAM_OK when it is connected. TCP_NODELAY is
 * set. No local address is bound, so connect(2) shares the ephemeral ports between all destinations. NULL
 * with errno if it failed at once. */
struct stream *stream_connect(struct loop *loop, const struct address *address);
/* Two ends in memory, each with a queue of capacity bytes. For tests. */
void stream_memory_pair(struct loop *loop, size_t capacity, struct stream *ends[2]);
/* The socket under a plain stream (borrows), or -1. */
int stream_fd(const struct stream *stream);

#endif
