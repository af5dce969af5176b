/* One connection of a web server: reads a request, waits for its answer, sends it, and so on. */
#ifndef POSTERN_SRC_WEB_CONNECTION_H
#define POSTERN_SRC_WEB_CONNECTION_H

#include <stdint.h>

#include "postern/base/buffer.h"
#include "postern/base/list.h"
#include "postern/http/body.h"
#include "postern/http/head.h"
#include "postern/web/server.h"

enum web_state {
    WEB_HANDSHAKE,
    WEB_HEAD,
    WEB_CONTENT,
    WEB_ASKED,  /* handed over; its answer is awaited */
    WEB_ANSWER, /* being sent */
    WEB_LINGER, /* closed on our side; what comes is discarded, so that no reset eats the answer */
};

struct web_connection {
    struct list link;
    struct web_server *server;
    struct stream *stream;
    struct timer timer;
    struct address peer;
    enum web_state state;
    struct buffer in;      /* as it came */
    struct buffer head;    /* of the request, so that views of it stay while content arrives */
    struct buffer content; /* of the request */
    struct buffer out;     /* of the answer: head, and content that was copied */
    struct slice rest;     /* of the answer's content in shared */
    struct web_bytes *shared;
    struct http_field items[WEB_FIELDS_MAX];
    struct http_request request;
    struct slice path;
    struct http_body_reader reader;
    size_t scanned;
    size_t lingered; /* bytes */
    uint64_t number; /* of the request */
    bool keep_alive, is_begun /* the first byte of a request is there */;
};

/* Takes fd. NULL if it cannot be served. It frees itself when it ends. */
struct web_connection *web_connection_new(struct web_server *server, int fd, const struct address *peer);
void web_connection_answer(struct web_connection *connection, const struct web_answer *answer);
void web_connection_free(struct web_connection *connection);

#endif
