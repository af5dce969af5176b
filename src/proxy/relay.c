#include "relay.h"

#include "postern/base/assert.h"
#include "postern/http/serialise.h"

#define CHUNK_OVERHEAD (HTTP_CHUNK_HEAD_MAX + 2)
#define LAST_CHUNK     5
/* A chunk smaller than this waits for room rather than being cut off from a larger piece. */
#define CHUNK_MIN 1024

void endpoint_init(struct endpoint *endpoint, struct stream *stream)
{
    *endpoint = (struct endpoint){.stream = stream, .readable = true, .writable = true};
}

void endpoint_wake(struct endpoint *endpoint)
{
    endpoint->readable = endpoint->writable = true;
}

enum stream_status endpoint_take(struct endpoint *endpoint, void *data, size_t size, size_t *count)
{
    *count = 0;
    if (!endpoint->readable)
        return STREAM_WAIT;
    enum stream_status status = stream_read(endpoint->stream, data, size, count);
    if (status == STREAM_WAIT)
        endpoint->readable = false;
    return status;
}

enum stream_status endpoint_read(struct endpoint *endpoint, struct buffer *buffer, size_t room, size_t *count)
{
    *count = 0;
    if (!endpoint->readable)
        return STREAM_WAIT;
    if (room > buffer_room(buffer))
        room = buffer_room(buffer);
    ASSERT(room > 0);
    char *space = buffer_reserve(buffer, room);
    if (space == NULL)
        return STREAM_FAILED;
    enum stream_status status = endpoint_take(endpoint, space, buffer_reserved(buffer), count);
    buffer_commit(buffer, *count);
    return status;
}

enum stream_status endpoint_write(struct endpoint *endpoint, const void *data, size_t length, size_t *count)
{
    *count = 0;
    if (!endpoint->writable)
        return STREAM_WAIT;
    enum stream_status status = stream_write(endpoint->stream, data, length, count);
    if (status == STREAM_WAIT)
        endpoint->writable = false;
    return status;
}

enum stream_status endpoint_flush(struct endpoint *endpoint, struct buffer *buffer)
{
    while (!buffer_is_empty(buffer)) {
        size_t count;
        struct slice view = buffer_view(buffer);
        enum stream_status status = endpoint_write(endpoint, view.data, view.length, &count);
        buffer_consume(buffer, count);
        if (status != STREAM_OK)
            return status;
    }
    return STREAM_OK;
}

void relay_init(struct relay *relay, struct endpoint *source, struct endpoint *sink, struct buffer *in,
                struct buffer *out, const struct http_framing *framing, bool chunked)
{
    *relay = (struct relay){.source = source,
                            .sink = sink,
                            .in = in,
                            .out = out,
                            .chunked = chunked,
                            .read_size = RELAY_READ_MIN};
    http_body_init(&relay->reader, framing);
}

static bool put_last_chunk(struct relay *relay)
{
    return !relay->chunked || http_write_last_chunk(relay->out);
}

/* Find the next piece of content in what has been read, dropping the framing before it. */
static bool find_piece(struct relay *relay)
{
    struct slice input = buffer_view(relay->in), content;
    size_t length = input.length;
    enum http_result result = http_body_read(&relay->reader, &input, &content);
    size_t used = length - input.length;
    switch (result) {
    case HTTP_OK:
        buffer_consume(relay->in, used - content.length);
        relay->piece = content.length;
        return true;
    case HTTP_INCOMPLETE:
        buffer_consume(relay->in, used);
        return true;
    case HTTP_DONE:
        if (relay->chunked && buffer_room(relay->out) < LAST_CHUNK)
            return true; /* found again when there is room */
        buffer_consume(relay->in, used);
        relay->source_done = true;
        return put_last_chunk(relay);
    default:
        relay->result = result;
        return false;
    }
}

/* How much of the piece goes into out now. */
static size_t share_of_piece(const struct relay *relay)
{
    size_t room = buffer_room(relay->out);
    if (!relay->chunked)
        return relay->piece < room ? relay->piece : room;
    size_t overhead = CHUNK_OVERHEAD + LAST_CHUNK;
    if (room < overhead + (relay->piece < CHUNK_MIN ? relay->piece : CHUNK_MIN))
        return 0;
    return relay->piece < room - overhead ? relay->piece : room - overhead;
}

static bool copy_piece(struct relay *relay, size_t share)
{
    struct slice content = slice_before(buffer_view(relay->in), share);
    bool fits = (!relay->chunked || http_write_chunk_head(relay->out, share)) &&
                buffer_append_slice(relay->out, content) &&
                (!relay->chunked || http_write_chunk_end(relay->out));
    buffer_consume(relay->in, share);
    relay->piece -= share;
    relay->content += share;
    return fits;
}

/* Move content from in to out where it has to go that way. False if the framing is wrong. */
static bool fill(struct relay *relay)
{
    for (;;) {
        if (relay->piece == 0 && !relay->source_done && !find_piece(relay))
            return false;
        if (relay->piece == 0 || (!relay->chunked && buffer_is_empty(relay->out)))
            return true;
        size_t share = share_of_piece(relay);
        if (share == 0)
            return true;
        ASSERT(copy_piece(relay, share));
    }
}

/* Plain content straight from where it was read to. */
static enum stream_status deliver_piece(struct relay *relay)
{
    size_t count;
    struct slice view = slice_before(buffer_view(relay->in), relay->piece);
    enum stream_status status = endpoint_write(relay->sink, view.data, view.length, &count);
    buffer_consume(relay->in, count);
    relay->piece -= count;
    relay->content += count;
    relay->moved += count;
    return status;
}

static enum stream_status flush_out(struct relay *relay)
{
    size_t before = buffer_length(relay->out);
    enum stream_status status = endpoint_flush(relay->sink, relay->out);
    relay->moved += before - buffer_length(relay->out);
    return status;
}

/* RELAY_BUSY: something came, go on. */
static enum relay_status read_source(struct relay *relay, size_t *budget)
{
    size_t count;
    enum stream_status status = endpoint_read(relay->source, relay->in, relay->read_size, &count);
    relay->moved += count;
    *budget -= count < *budget ? count : *budget;
    /* A source that fills what it is offered gets more at a time. */
    if (count >= relay->read_size && relay->read_size < relay->in->limit)
        relay->read_size = relay->in->limit;
    if (status == STREAM_OK)
        return RELAY_BUSY;
    if (status == STREAM_WAIT)
        return RELAY_WAIT;
    enum http_result end = status == STREAM_END ? http_body_at_end(&relay->reader) : HTTP_TRUNCATED;
    if (end != HTTP_DONE)
        return RELAY_TRUNCATED;
    relay->source_done = true;
    ASSERT(put_last_chunk(relay));
    return RELAY_BUSY;
}

/* Write what there is. RELAY_BUSY: all of it went. */
static enum relay_status write_sink(struct relay *relay)
{
    enum stream_status status = STREAM_OK;
    if (!buffer_is_empty(relay->out))
        status = flush_out(relay);
    else if (relay->piece > 0)
        status = deliver_piece(relay);
    if (status != STREAM_OK && status != STREAM_WAIT)
        return RELAY_SINK_FAILED;
    relay->blocked = status == STREAM_WAIT;
    return relay->blocked ? RELAY_WAIT : RELAY_BUSY;
}

enum relay_status relay_step(struct relay *relay, size_t *budget)
{
    for (;;) {
        if (!fill(relay))
            return RELAY_MALFORMED;
        enum relay_status status = write_sink(relay);
        if (status != RELAY_BUSY)
            return status;
        if (!buffer_is_empty(relay->out) || relay->piece > 0)
            continue;
        if (relay->source_done)
            return RELAY_DONE;
        if (*budget == 0)
            return RELAY_BUSY;
        /* A message of known length ends without another byte. */
        if (!buffer_is_empty(relay->in) || http_body_is_done(&relay->reader))
            continue;
        status = read_source(relay, budget);
        if (status != RELAY_BUSY)
            return status;
    }
}
