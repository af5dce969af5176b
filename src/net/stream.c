#include "postern/net/stream.h"

#include "postern/base/assert.h"

void stream_set_owner(struct stream *stream, void (*on_ready)(void *), void *context)
{
    stream->on_ready = on_ready;
    stream->context = context;
}

enum stream_status stream_handshake(struct stream *stream)
{
    return stream->ops->handshake(stream);
}

enum stream_status stream_read(struct stream *stream, void *data, size_t size, size_t *count)
{
    ASSERT(size > 0);
    *count = 0;
    enum stream_status status = stream->ops->read(stream, data, size, count);
    ASSERT((*count != 0) == (status == STREAM_OK) && *count <= size);
    return status;
}

enum stream_status stream_write(struct stream *stream, const void *data, size_t length, size_t *count)
{
    ASSERT(length > 0);
    *count = 0;
    enum stream_status status = stream->ops->write(stream, data, length, count);
    ASSERT((*count != 0) == (status == STREAM_OK) && *count <= length);
    return status;
}

enum stream_status stream_shutdown(struct stream *stream)
{
    return stream->ops->shutdown(stream);
}

void stream_abort(struct stream *stream)
{
    stream->ops->abort(stream);
}

void stream_free(struct stream *stream)
{
    if (stream != NULL)
        stream->ops->free(stream);
}

const char *stream_error(const struct stream *stream)
{
    return stream->ops->error(stream);
}

void stream_release(struct stream *stream)
{
    if (stream->ops->release != NULL)
        stream->ops->release(stream);
}

void stream_wake(struct stream *stream)
{
    stream->ops->wake(stream);
}
