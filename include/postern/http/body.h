/* Reads content out of its framing. Chosen once by the framing, then fed with what arrives; gives views of
 * the content in what it was fed, so nothing is copied or kept. RFC 9112 §6, §7.
 *
 * Chunks: sizes of at most 15 hex digits, CR LF only. Extensions and trailers are validated, bounded, and
 * dropped: a trailer is never merged into the fields (§7.1.2), so no identity field can come by that way. */
#ifndef POSTERN_HTTP_BODY_H
#define POSTERN_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/http/framing.h"
#include "postern/http/result.h"

#define HTTP_CHUNK_EXTENSION_LIMIT 4096u /* bytes of all chunk extensions of one message */
#define HTTP_TRAILER_LIMIT         8192u /* bytes of the trailer section */

/* Embedded; nothing to clear. Members are the reader's own. */
struct http_body_reader {
    enum http_body body;
    enum http_result failed; /* HTTP_OK, or what every further read returns */
    uint64_t remaining;      /* bytes of content, or of the chunk */
    unsigned char state;     /* where in the chunk grammar */
    unsigned char digits;    /* of the chunk size so far */
    unsigned extension_size, trailer_size;
};

void http_body_init(struct http_body_reader *reader, const struct http_framing *framing);

/* Read on.
 *   input    advanced past what was consumed. Bytes behind the message are left in it
 *   content  on HTTP_OK the next piece, never empty: a view into what input was; otherwise empty
 * Returns HTTP_OK: call again; HTTP_INCOMPLETE: input was used up, call again with more; HTTP_DONE: the
 * message is complete, for good; or the reason why it is malformed, also for good. To read at most n bytes of
 * content, give an input of n bytes. */
NODISCARD enum http_result http_body_read(struct http_body_reader *reader, struct slice *input,
                                          struct slice *content);

/* True if a read would return HTTP_DONE without more input. */
bool http_body_is_done(const struct http_body_reader *reader);

/* What the end of the connection here means: HTTP_DONE if the message is complete or lasts until the close,
 * HTTP_TRUNCATED if it is cut, or the reason why it was malformed already. */
NODISCARD enum http_result http_body_at_end(const struct http_body_reader *reader);

#endif
