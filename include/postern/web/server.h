/* A small HTTP/1.1 server for what Postern itself serves: certificates, CRLs, OCSP, enrolment. It owns its
 * connections; it runs on one loop, in one process; grammar and framing are room http's, strict.
 *
 * A request is read whole (head and content, both bounded), handed over once, and answered once, at once or
 * later, by its number: a connection that has gone in between makes the answer nothing. Connections are kept
 * alive; pipelined requests wait for their turn. Bounds: connections in all and of one address, sizes, and a
 * timer for every wait. What does not fit is answered (400, 408, 413, 431, ...) and closed. */
#ifndef POSTERN_WEB_SERVER_H
#define POSTERN_WEB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/http/fields.h"
#include "postern/net/address.h"
#include "postern/net/loop.h"
#include "postern/net/stream.h"

#define WEB_CONNECTIONS_DEFAULT 512u
#define WEB_PER_ADDRESS_DEFAULT 32u
#define WEB_HEAD_MAX            (16u * 1024)
#define WEB_FIELDS_MAX          64u
#define WEB_ANSWER_MAX          (256u * 1024) /* of content that is copied */

struct web_server;

/* Lives for the call that hands it over. */
struct web_request {
    struct slice method;
    struct slice path; /* origin-form, as received, without the query */
    const struct http_fields *fields;
    struct slice content;
    const struct address *peer;
};

/* Bytes that many connections may be sending. Whoever keeps them counts. */
struct web_bytes {
    struct slice view;
    unsigned references;
    void (*release)(struct web_bytes *bytes); /* when nobody has them any more */
};

void web_bytes_ref(struct web_bytes *bytes);
/* NULL is fine. */
void web_bytes_unref(struct web_bytes *bytes);

/* All is borrowed for the call. Content-Length, Date and Connection are the server's. To HEAD the same answer
 * is given: its content stays here. */
struct web_answer {
    int status;
    const char *media_type;   /* NULL: none */
    struct slice fields;      /* more lines, "Name: value\r\n" each */
    struct slice content;     /* copied, at most WEB_ANSWER_MAX bytes; unless it lies in: */
    struct web_bytes *shared; /* kept until it is sent; or NULL */
};

struct web_server_options {
    struct loop *loop;     /* keeps */
    unsigned connections;  /* 0: the default */
    unsigned per_address;  /* 0: the default; not for unix sockets */
    size_t content_max;    /* bytes of a request's content */
    unsigned patience_ms;  /* for head, content and each write; 0: 10 s */
    unsigned keep_open_ms; /* between requests; 0: 30 s */
    /* Makes the stream of an accepted connection: takes fd, returns NULL if it will not (fd is closed then).
     * NULL: a plain one. */
    struct stream *(*open)(void *context, struct loop *loop, int fd);
    /* A request; number is for web_server_answer(). */
    void (*on_request)(void *context, uint64_t number, const struct web_request *request);
    void *context;
};

struct web_server *web_server_new(const struct web_server_options *options);
/* Accept from a listening socket: takes it. */
void web_server_listen(struct web_server *server, int fd);
/* Answer request number; once. Nothing happens if its connection has gone. Never frees the connection within
 * the call. */
void web_server_answer(struct web_server *server, uint64_t number, const struct web_answer *answer);
/* Answer with application/problem+json (RFC 9457).
 *   detail  one line for people
 *   fields  as in web_answer; may be empty */
void web_server_refuse(struct web_server *server, uint64_t number, int status, const char *detail,
                       struct slice fields);
/* Cuts what is open. NULL is fine. Not from inside on_request. */
void web_server_free(struct web_server *server);

#endif
