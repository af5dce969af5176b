/* How a message's content is delimited, decided once, from its head. RFC 9112 §6.3, read strictly: what two
 * recipients could frame differently is refused, never repaired (§11.2). */
#ifndef POSTERN_HTTP_FRAMING_H
#define POSTERN_HTTP_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/http/head.h"
#include "postern/http/result.h"

enum http_body { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_UNTIL_CLOSE };

struct http_framing {
    enum http_body body;
    uint64_t length; /* bytes of content if body is HTTP_BODY_LENGTH; else see has_length */
    bool has_length; /* length holds a Content-Length that may be forwarded. Also set where no content
                        follows: "Content-Length: 0" of a request, and what a HEAD or 304 response says */
    bool keep_alive; /* the sender lets the connection go on after this message */
};

/* Decide for a request.
 *   request  parsed head; borrows
 *   out      set only on HTTP_OK. Content-Length: 0 is HTTP_BODY_NONE with has_length
 * Returns HTTP_OK, or the reason: Content-Length beside Transfer-Encoding, a second of either, a
 * Content-Length that is not 1*DIGIT up to 2^63 - 1, a transfer coding other than exactly "chunked" in any
 * case, or any in HTTP/1.0. The connection must be closed after such a message. Pure. */
NODISCARD enum http_result http_request_framing(const struct http_request *request, struct http_framing *out);

/* Decide for a response, as above.
 *   request_was_head  it answers HEAD
 * 1xx, 204, 304 and answers to HEAD have no content. A 1xx or 204 that announces content all the same does
 * not keep the connection alive, since its sender may mean it; a 101 never does, since what follows is not
 * HTTP. */
NODISCARD enum http_result http_response_framing(const struct http_response *response, bool request_was_head,
                                                 struct http_framing *out);

#endif
