/* One response after the other, read out of what arrives, with the gateway's own HTTP grammar. Bytes are
 * parsed where they lie; only a head that arrives in pieces is kept until it is whole. Embedded. */
#ifndef POSTERN_BENCH_RESPONSE_H
#define POSTERN_BENCH_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"
#include "postern/http/body.h"
#include "postern/http/result.h"

struct response {
    struct buffer head; /* what has come of a head that is not whole */
    size_t scanned;
    struct http_body_reader body;
    int status;         /* 0 until the final head is whole */
    bool keep_alive;    /* the connection goes on behind it */
    bool asked_by_head; /* the request was HEAD */
};

void response_init(struct response *response, bool asked_by_head);
/* Ready for the next response of the connection. */
void response_reset(struct response *response);
void response_clear(struct response *response);
/* Read on. As http_body_read(): HTTP_OK gives the next piece of content, a view into what
 * input was; HTTP_INCOMPLETE wants more; HTTP_DONE is the end; the rest are the server's mistakes. */
NODISCARD enum http_result response_read(struct response *response, struct slice *input,
                                         struct slice *content);
/* What the end of the connection means now: HTTP_DONE, or HTTP_TRUNCATED. */
NODISCARD enum http_result response_at_end(const struct response *response);
/* True while not a byte of it has come. */
bool response_is_unbegun(const struct response *response);

#endif
