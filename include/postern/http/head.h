/* Heads of messages: request line or status line, and fields. RFC 9112 §2-5, read strictly: lines end in CR
 * LF, one space parts the words of the first line, no folding, no space before a colon, no control bytes.
 * What two recipients could read differently is refused, never repaired.
 *
 * Parsing happens at once when the head is complete; until then a call only looks for its end, from where the
 * last call stopped, so that a head that arrives byte by byte costs no more than one that arrives whole.
 * Nothing is copied or kept: what comes out are views into data. */
#ifndef POSTERN_HTTP_HEAD_H
#define POSTERN_HTTP_HEAD_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/http/fields.h"
#include "postern/http/result.h"

#define HTTP_METHOD_MAX 32 /* bytes; the longest registered is 17 */

struct http_limits {
    size_t head_size;   /* bytes of the whole head, with its first line and its last CR LF */
    size_t target_size; /* bytes of a request target */
    size_t field_count;
};

struct http_request {
    struct slice method, target; /* as received */
    int minor;                   /* 1 of HTTP/1.1, 0 of HTTP/1.0 */
    struct http_fields fields;   /* items and capacity are set by the caller beforehand */
};

struct http_response {
    int status; /* 100 to 599 */
    int minor;
    struct slice phrase; /* may be empty */
    struct http_fields fields;
};

/* Parse the head of a request from the beginning of what has arrived. One empty line before it is skipped.
 *   data      all bytes of the message so far; length many; borrows, and out points into it on HTTP_OK
 *   scanned   where to go on looking: 0 for a new head, then left as it is between calls for the same head.
 *             Bytes before it must not change, but may have moved together in memory
 *   out       on HTTP_OK whole; otherwise undefined but for fields.items and capacity
 *   consumed  on HTTP_OK the length of the head: content begins there
 * Returns HTTP_OK, HTTP_INCOMPLETE, or the reason for refusal, at the latest when head_size bytes are there.
 * More fields than limits->field_count or than out->fields.capacity are HTTP_TOO_MANY_FIELDS. */
NODISCARD enum http_result http_request_parse(const char *data, size_t length,
                                              const struct http_limits *limits, size_t *scanned,
                                              struct http_request *out, size_t *consumed);

/* The same for the head of a response, also an interim one. No empty line may precede it.
 * LENIENT: the space behind the status code may be missing if there is no phrase, as some servers have it. */
NODISCARD enum http_result http_response_parse(const char *data, size_t length,
                                               const struct http_limits *limits, size_t *scanned,
                                               struct http_response *out, size_t *consumed);

#endif
