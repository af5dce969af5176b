#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/net/socket.h"
#include "postern/net/stream.h"

enum connecting { CONNECTED, CONNECTING, CONNECT_ENDED };

struct stream_plain {
    struct stream stream;
    struct watch watch;
    int fd;
    enum connecting connecting;
    bool aborted, ended; /* ended: our side, by shutdown */
    int error_number;    /* of the last call that failed */
};

static const struct stream_ops plain_ops;

static struct stream_plain *plain_of(struct stream *stream)
{
    return (struct stream_plain *)(void *)stream;
}

static enum stream_status plain_fail(struct stream_plain *plain, int error_number)
{
    plain->error_number = error_number;
    return STREAM_FAILED;
}

static void plain_ready(void *context, unsigned ready)
{
    (void)ready;
    struct stream_plain *plain = context;
    if (plain->connecting == CONNECTING)
        plain->connecting = CONNECT_ENDED;
    if (plain->stream.on_ready != NULL)
        plain->stream.on_ready(plain->stream.context);
}

static enum stream_status plain_handshake(struct stream *stream)
{
    struct stream_plain *plain = plain_of(stream);
    if (plain->connecting == CONNECTING)
        return STREAM_WAIT;
    if (plain->connecting == CONNECT_ENDED) {
        int error_number = socket_take_error(plain->fd);
        if (error_number != 0)
            return plain_fail(plain, error_number);
        plain->connecting = CONNECTED;
    }
    return plain->error_number == 0 ? STREAM_OK : STREAM_FAILED;
}

static enum stream_status plain_read(struct stream *stream, void *data, size_t size, size_t *count)
{
    struct stream_plain *plain = plain_of(stream);
    ssize_t length;
    if (plain->aborted)
        return plain_fail(plain, ECONNABORTED);
    do {
        length = recv(plain->fd, data, size, 0);
    } while (length < 0 && errno == EINTR);
    if (length > 0) {
        *count = (size_t)length;
        return STREAM_OK;
    }
    if (length == 0)
        return STREAM_END;
    return errno == EAGAIN ? STREAM_WAIT : plain_fail(plain, errno);
}

static enum stream_status plain_write(struct stream *stream, const void *data, size_t length, size_t *count)
{
    struct stream_plain *plain = plain_of(stream);
    ssize_t sent;
    if (plain->aborted || plain->ended)
        return plain_fail(plain, plain->aborted ? ECONNABORTED : EPIPE);
    do {
        sent = send(plain->fd, data, length, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0) {
        *count = (size_t)sent;
        return STREAM_OK;
    }
    return sent == 0 || errno == EAGAIN ? STREAM_WAIT : plain_fail(plain, errno);
}

static enum stream_status plain_shutdown(struct stream *stream)
{
    struct stream_plain *plain = plain_of(stream);
    if (plain->aborted)
        return plain_fail(plain, ECONNABORTED);
    if (!plain->ended && shutdown(plain->fd, SHUT_WR) != 0)
        return plain_fail(plain, errno);
    plain->ended = true;
    return STREAM_OK;
}

static void plain_abort(struct stream *stream)
{
    struct stream_plain *plain = plain_of(stream);
    socket_set_reset(plain->fd);
    plain->aborted = true;
}

static void plain_free(struct stream *stream)
{
    struct stream_plain *plain = plain_of(stream);
    watch_stop(&plain->watch);
    fd_close(&plain->fd);
    free(plain);
}

static const char *plain_error(const struct stream *stream)
{
    const struct stream_plain *plain = (const struct stream_plain *)(const void *)stream;
    return plain->error_number != 0 ? socket_error_text(plain->error_number) : "no error";
}

static void plain_release(struct stream *stream)
{
    (void)stream; /* holds nothing */
}

static void plain_wake(struct stream *stream)
{
    struct stream_plain *plain = plain_of(stream);
    if (plain->connecting != CONNECTING)
        watch_wake(&plain->watch, WATCH_READ | WATCH_WRITE);
}

static const struct stream_ops plain_ops = {
    .handshake = plain_handshake,
    .read = plain_read,
    .write = plain_write,
    .shutdown = plain_shutdown,
    .abort = plain_abort,
    .free = plain_free,
    .error = plain_error,
    .release = plain_release,
    .wake = plain_wake,
};

static struct stream *plain_new(struct loop *loop, int fd, enum connecting connecting)
{
    struct stream_plain *plain = xcalloc(1, sizeof(*plain));
    plain->stream.ops = &plain_ops;
    plain->fd = fd;
    plain->connecting = connecting;
    const unsigned interest = WATCH_READ | WATCH_WRITE | WATCH_EDGE;
    if (watch_start(&plain->watch, loop, fd, interest, plain_ready, plain) != 0) {
        plain_free(&plain->stream);
        return NULL;
    }
    return &plain->stream;
}

struct stream *stream_plain_new(struct loop *loop, int fd)
{
    if (fd_set_nonblocking(fd) != 0) {
        (void)close(fd);
        return NULL;
    }
    return plain_new(loop, fd, CONNECTED);
}

struct stream *stream_connect(struct loop *loop, const struct address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    if (!address_is_unix(address))
        socket_set_nodelay(fd);
    enum connecting connecting = CONNECTED;
    /* EINTR is not repeated: connect(2) says that it then goes on by itself. */
    if (connect(fd, (const struct sockaddr *)(const void *)&address->storage, address->length) != 0) {
        if (errno != EINPROGRESS && errno != EINTR) {
            int error_number = errno;
            (void)close(fd);
            errno = error_number;
            return NULL;
        }
        connecting = CONNECTING;
    }
    return plain_new(loop, fd, connecting);
}

int stream_fd(const struct stream *stream)
{
    return stream->ops == &plain_ops ? ((const struct stream_plain *)(const void *)stream)->fd : -1;
}
