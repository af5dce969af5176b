/* The head of a request as it goes upstream: what the client sent, less what is not for the upstream to see
 * or not for the client to say, and then ours. Nothing that frames the message or tells who the client is was
 * written by anybody else (P2). */
#ifndef POSTERN_PROXY_REQUEST_FIELDS_H
#define POSTERN_PROXY_REQUEST_FIELDS_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/config/config.h"
#include "postern/http/framing.h"
#include "postern/http/head.h"
#include "postern/http/target.h"

struct request_head {
    const struct http_request *request;
    const struct http_target *target;
    const struct http_framing *framing;
    const struct config *config;
    struct slice host;       /* to send */
    const char *client_host; /* the client's address */
    const char *request_id;
    struct slice identity; /* identity_render()'s lines */
    bool websocket;        /* ask for the upgrade */
};

/* Write it; borrows all. False if it does not fit. RFC 9110 §7.6. */
NODISCARD bool request_head_write(struct buffer *out, const struct request_head *head);

#endif
