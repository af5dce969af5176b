#include <stdlib.h>

#include "postern/base/assert.h"
#include "postern/base/buffer.h"
#include "postern/base/memory.h"
#include "postern/net/stream.h"

#include <string.h>

struct stream_memory {
    struct stream stream;
    struct watch watch;         /* only woken */
    struct stream_memory *peer; /* NULL when it has been freed */
    struct buffer incoming;
    bool peer_ended, reset; /* told by the peer */
    bool ended, aborted;    /* ours */
    const char *error;
};

static struct stream_memory *memory_of(struct stream *stream)
{
    return (struct stream_memory *)(void *)stream;
}

static enum stream_status memory_fail(struct stream_memory *memory, const char *error)
{
    memory->error = error;
    return STREAM_FAILED;
}

static void memory_ready(void *context, unsigned ready)
{
    (void)ready;
    struct stream_memory *memory = context;
    if (memory->stream.on_ready != NULL)
        memory->stream.on_ready(memory->stream.context);
}

static void wake_peer(struct stream_memory *memory)
{
    if (memory->peer != NULL)
        watch_wake(&memory->peer->watch, WATCH_READ | WATCH_WRITE);
}

static enum stream_status memory_handshake(struct stream *stream)
{
    (void)stream;
    return STREAM_OK;
}

static enum stream_status memory_read(struct stream *stream, void *data, size_t size, size_t *count)
{
    struct stream_memory *memory = memory_of(stream);
    if (memory->aborted || memory->reset)
        return memory_fail(memory, memory->aborted ? "aborted" : "reset by peer");
    struct slice view = buffer_view(&memory->incoming);
    if (view.length == 0)
        return memory->peer_ended ? STREAM_END : STREAM_WAIT;
    *count = view.length < size ? view.length : size;
    memcpy(data, view.data, *count);
    buffer_consume(&memory->incoming, *count);
    wake_peer(memory);
    return STREAM_OK;
}

static enum stream_status memory_write(struct stream *stream, const void *data, size_t length, size_t *count)
{
    struct stream_memory *memory = memory_of(stream);
    if (memory->aborted || memory->reset || memory->ended || memory->peer == NULL)
        return memory_fail(memory, memory->aborted ? "aborted" : "broken pipe");
    size_t room = buffer_room(&memory->peer->incoming);
    size_t part = length < room ? length : room;
    if (part == 0)
        return STREAM_WAIT;
    ASSERT(buffer_append(&memory->peer->incoming, data, part));
    *count = part;
    wake_peer(memory);
    return STREAM_OK;
}

static enum stream_status memory_shutdown(struct stream *stream)
{
    struct stream_memory *memory = memory_of(stream);
    if (memory->aborted)
        return memory_fail(memory, "aborted");
    memory->ended = true;
    if (memory->peer != NULL) {
        memory->peer->peer_ended = true;
        wake_peer(memory);
    }
    return STREAM_OK;
}

static void memory_abort(struct stream *stream)
{
    memory_of(stream)->aborted = true;
}

static void memory_free(struct stream *stream)
{
    struct stream_memory *memory = memory_of(stream);
    if (memory->peer != NULL) {
        memory->peer->peer_ended = true;
        memory->peer->reset = memory->aborted;
        memory->peer->peer = NULL;
        wake_peer(memory);
    }
    watch_stop(&memory->watch);
    buffer_clear(&memory->incoming);
    free(memory);
}

static const char *memory_error(const struct stream *stream)
{
    const char *error = ((const struct stream_memory *)(const void *)stream)->error;
    return error != NULL ? error : "no error";
}

static void memory_release(struct stream *stream)
{
    buffer_release(&memory_of(stream)->incoming);
}

static void memory_wake(struct stream *stream)
{
    watch_wake(&memory_of(stream)->watch, WATCH_READ | WATCH_WRITE);
}

static const struct stream_ops memory_ops = {
    .handshake = memory_handshake,
    .read = memory_read,
    .write = memory_write,
    .shutdown = memory_shutdown,
    .abort = memory_abort,
    .free = memory_free,
    .error = memory_error,
    .release = memory_release,
    .wake = memory_wake,
};

void stream_memory_pair(struct loop *loop, size_t capacity, struct stream *ends[2])
{
    struct stream_memory *made[2];
    for (size_t i = 0; i < 2; i++) {
        made[i] = xcalloc(1, sizeof(*made[i]));
        made[i]->stream.ops = &memory_ops;
        buffer_init(&made[i]->incoming, capacity);
        ASSERT(watch_start(&made[i]->watch, loop, -1, 0, memory_ready, made[i]) == 0);
        ends[i] = &made[i]->stream;
    }
    made[0]->peer = made[1];
    made[1]->peer = made[0];
}
