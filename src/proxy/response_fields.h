/* The head of a response as it goes to the client: what the upstream sent, less what was for our connection
 * to it and what only we may write, in framing of our own. */
#ifndef POSTERN_PROXY_RESPONSE_FIELDS_H
#define POSTERN_PROXY_RESPONSE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/config/config.h"
#include "postern/http/framing.h"
#include "postern/http/head.h"

struct response_head {
    const struct http_response *response;
    const struct http_framing *framing; /* as it came */
    const struct config *config;
    const char *request_id;
    bool chunked;    /* content goes out in chunks */
    bool close;      /* we close after it */
    bool keep_alive; /* say so, to a client of HTTP/1.0 */
    bool websocket;  /* a 101 that was asked for */
};

/* Write it; borrows all. False if it does not fit. */
NODISCARD bool response_head_write(struct buffer *out, const struct response_head *head);
/* An interim response, 1xx: it has no framing, and says nothing of the connection. RFC 9110 §15.2. */
NODISCARD bool interim_head_write(struct buffer *out, const struct response_head *head);

#endif
