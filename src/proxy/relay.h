/* One direction of an exchange: content from a source stream, out of the framing that it came in, into the
 * framing that we chose, to a sink stream. Bounded by its two buffers: nothing is read while something read
 * cannot be written, so a slow sink stops its source. What the source sends is passed on in the same step.
 *
 * in holds [piece bytes of content that are not delivered yet][bytes not looked at yet]. Plain content goes
 * from there to the sink without a copy, unless a head waits in out: then both go out in one write. Chunks
 * are made in out. */
#ifndef POSTERN_PROXY_RELAY_H
#define POSTERN_PROXY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/buffer.h"
#include "postern/http/body.h"
#include "postern/net/stream.h"

#define RELAY_BUFFER_SIZE 65536 /* most bytes of a buffer */
#define RELAY_READ_MIN    16384
#define RELAY_BUDGET      (256 * 1024) /* bytes a wakeup, then others have a turn */

/* A stream with what is known of its readiness: it is edge-triggered, so after STREAM_WAIT a call is not
 * worth repeating before the stream calls. */
struct endpoint {
    struct stream *stream;
    bool readable, writable;
};

void endpoint_init(struct endpoint *endpoint, struct stream *stream);
/* The stream has called: either direction may be worth trying. */
void endpoint_wake(struct endpoint *endpoint);
/* Read up to size (> 0) bytes to data. */
enum stream_status endpoint_take(struct endpoint *endpoint, void *data, size_t size, size_t *count);
/* Read into the buffer, room bytes or more if they are there for free. */
enum stream_status endpoint_read(struct endpoint *endpoint, struct buffer *buffer, size_t room,
                                 size_t *count);
enum stream_status endpoint_write(struct endpoint *endpoint, const void *data, size_t length, size_t *count);
/* Write all of the buffer: STREAM_OK when it is empty. */
enum stream_status endpoint_flush(struct endpoint *endpoint, struct buffer *buffer);

enum relay_status {
    RELAY_WAIT,      /* for the source, or for the sink if relay->blocked */
    RELAY_BUSY,      /* the budget is used up; step again in the next turn */
    RELAY_DONE,      /* all delivered, with its end */
    RELAY_TRUNCATED, /* the source ended within its content */
    RELAY_MALFORMED, /* the source's framing is wrong: relay->result */
    RELAY_SINK_FAILED,
};

/* Embedded. */
struct relay {
    struct endpoint *source, *sink; /* keeps */
    struct buffer *in, *out;        /* keeps */
    struct http_body_reader reader;
    bool chunked; /* chunks go out */
    bool blocked; /* the sink does not take what there is */
    bool source_done;
    size_t piece, read_size;
    uint64_t content;        /* bytes delivered to the sink, or copied to out */
    uint64_t moved;          /* bytes read or written, for progress */
    enum http_result result; /* of RELAY_MALFORMED */
};

/*   framing  how content comes; what of it is in the source's buffer already stands at its beginning
 *   chunked  how it goes out: in chunks, or as it is */
void relay_init(struct relay *relay, struct endpoint *source, struct endpoint *sink, struct buffer *in,
                struct buffer *out, const struct http_framing *framing, bool chunked);
enum relay_status relay_step(struct relay *relay, size_t *budget);

#endif
