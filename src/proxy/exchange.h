/* One request and its response. Lives in its session's arena from the first byte of the request to the last
 * of the response; is stepped by its session; never frees anything of it.
 *
 * Both directions run at once: a response may come, and end, before its request has. Framing is decided once
 * a direction, when its head is there. Until the first byte of the response has gone to the client, whatever
 * goes wrong is answered by us; afterwards it is a cut. */
#ifndef POSTERN_PROXY_EXCHANGE_H
#define POSTERN_PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cause.h"
#include "postern/http/framing.h"
#include "postern/http/head.h"
#include "postern/http/target.h"
#include "relay.h"
#include "request_id.h"
#include "session.h"
#include "upstream_seek.h"

#define EXCHANGE_RESPONSE_HEAD_MAX   ((size_t)32 * 1024) /* bytes; or what fits the buffers */
#define EXCHANGE_RESPONSE_OWN_MAX    1024                /* of fields that we add */
#define EXCHANGE_RESPONSE_FIELDS_MAX 200
#define EXCHANGE_INTERIM_MAX         16                  /* 1xx responses before the final one */
#define EXCHANGE_OWN_FIELDS_MAX      ((size_t)20 * 1024) /* what we add: identity is up to 16 KiB */

enum exchange_phase {
    EXCHANGE_HEAD,     /* the head of the request is not complete */
    EXCHANGE_SEEK,     /* an upstream connection is looked for; the head still stands in session->in */
    EXCHANGE_RELAY,    /* both directions */
    EXCHANGE_TUNNEL,   /* both directions, as bytes */
    EXCHANGE_ANSWER,   /* our own answer is being written */
    EXCHANGE_COMPLETE, /* the session takes over */
};

struct exchange {
    enum exchange_phase phase;
    struct cause cause; /* of a failure; the first */
    int status;         /* sent, or about to be; 0: none */

    /* The request. request and target are views into session->in, valid until its head goes upstream. */
    struct http_request request;
    struct http_target target;
    struct http_framing request_framing;
    size_t head_length; /* of the head in session->in; 0 when it has gone */
    bool is_head, is_websocket, wants_continue, is_http10, is_idempotent, prefers_html, has_framing;
    bool no_reuse;     /* authentication that binds to the upstream connection, or an odd 1xx on it */
    struct slice host; /* to send upstream; empty: the server's own */
    struct slice method, target_text, host_text, agent_text; /* copies, for the log */
    char request_id[REQUEST_ID_SIZE];

    /* The upstream. */
    struct upstream_seek seek;
    struct upstream *upstream;
    struct endpoint upstream_end; /* its stream */
    struct buffer in, out;        /* from and to the upstream */
    struct slice replay;          /* the head, kept for a second try; empty: there is none */
    const char *upstream_text;    /* for the log; a copy */
    const char *trouble;          /* for the log, not for the client: what failed where; a copy, or NULL */
    bool retried;

    /* The two directions. */
    struct relay request_relay, response_relay;
    bool request_done, request_dead; /* dead: the upstream takes no more of it */
    bool response_begun;             /* some byte of a response came */
    bool head_done;                  /* the final head is on its way to the client */
    bool response_done;
    bool client_keep_alive, upstream_keep_alive;
    bool answered; /* by us */
    bool linger;   /* the client may still be sending when we close */
    unsigned interims;
    size_t scanned; /* of the response's head */
    size_t answer_length;

    int64_t begun_us, sent_us, upstream_us;                /* monotonic; upstream_us a duration, or -1 */
    int64_t begun_ms, request_moved_ms, response_moved_ms; /* monotonic, for deadlines */
};

/* Most bytes of one buffer: half of a connection's memory is for requests, half for responses, and each has a
 * buffer at its source and one at its sink. Only a request's head, with the identity that we add, may be
 * larger. */
size_t exchange_buffer_size(const struct config *config);
/* The first byte of a request is there: makes session->exchange. False without memory. */
bool exchange_begin(struct session *session);
/* The head is whole: decide everything, and go on. */
void exchange_start(struct session *session, size_t head_length);
/* The head cannot be understood, or is not to be: answer, and close. */
void exchange_refuse(struct session *session, struct cause cause);
enum step exchange_step(struct session *session, size_t *budget);
/* Monotonic ms at which its wait is too long. */
int64_t exchange_deadline(const struct session *session);
void exchange_timeout(struct session *session);
/* Record it and release what it holds. */
void exchange_end(struct session *session);

/* The rest is for the files of the exchange. */

/* Answer ourselves if nothing of a response has been sent yet, else cut. detail: NULL, or borrowed. */
void exchange_fail(struct session *session, struct cause cause, const char *detail);
/* Close the upstream connection; it is of no further use. */
void exchange_drop_upstream(struct exchange *exchange);
/* Begin the search for an upstream connection. */
void exchange_seek(struct session *session, struct upstream_group *group, bool fresh);

#endif
