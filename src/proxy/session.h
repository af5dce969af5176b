/* One client's connection, from accept to close: the TLS handshake and its verdict, then requests in order.
 *
 * All that can happen to it, a stream that is ready, a timer, a resolved name, the sweep, goes through
 * session_run(), which steps the state machine until it has to wait. Only session_run() and session_end_now()
 * free a session, so no step ever finds it gone under its feet; streams and upstreams call back from the loop
 * alone.
 *
 * Before each step the verdict is asked again if its generation is no longer the one in force, or if its time
 * has come (recheck_at): so no byte of a request goes upstream but under a verdict in force (P1). */
#ifndef POSTERN_PROXY_SESSION_H
#define POSTERN_PROXY_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cause.h"
#include "postern/base/arena.h"
#include "postern/base/buffer.h"
#include "postern/base/list.h"
#include "postern/identity/identity.h"
#include "postern/net/address.h"
#include "proxy_private.h"
#include "relay.h"

#define SESSION_DISCARD_MS 1000 /* to let a client read our alert */
#define SESSION_LINGER_MS  2000 /* to let a client read our answer while it still sends */
#define SESSION_DRAIN_MS   1000 /* for the first request of one who had just connected */

struct exchange;

enum session_state {
    SESSION_HANDSHAKE,
    SESSION_DISCARD,  /* refused by alert: read and drop until the client has seen it */
    SESSION_IDLE,     /* between requests: nothing is held but this struct and the stream */
    SESSION_HEAD,     /* some bytes of a head are there */
    SESSION_EXCHANGE, /* exchange tells */
    SESSION_CLOSING,  /* all is written: close_notify, FIN */
    SESSION_LINGER,   /* read and drop until the client ends */
    SESSION_ENDED,    /* session_run() frees it */
};

enum step {
    STEP_AGAIN, /* something was done, step on */
    STEP_WAIT,  /* for a stream or the timer */
};

struct session {
    struct list link; /* on proxy->sessions or proxy->unswept */
    struct proxy *proxy;
    enum session_state state;
    bool running;     /* inside session_run() */
    bool timed_out;   /* the timer fired */
    bool counted;     /* in proxy->clients */
    bool visiting;    /* noted by visit_begin() */
    bool close_after; /* no request after the exchange in flight */
    bool half_closed; /* the client has ended its side */
    bool linger;      /* the client may still be sending when we close */
    bool cut;         /* nothing more is to be said to the client */
    int socket;       /* the client's, to look whether it was closed; -1: none. Belongs to the stream */

    /* Who it is. */
    struct serving *judged_by; /* whose verdict it has; a reference */
    enum trust_reason verdict;
    char *refusal;                 /* detail of a refusal, for people; or NULL */
    const struct trust_path *path; /* of the stream; NULL: there is none */
    struct identity *identity;     /* or NULL */
    char *fields;                  /* identity field lines */
    size_t fields_length;
    int64_t recheck_at_s; /* wall */
    uint64_t client_key;  /* of limits */
    char client[64], client_host[64];

    struct endpoint stream; /* the client's */
    struct buffer in, out;
    struct timer timer;
    int64_t since_ms; /* when the state began */
    int64_t accepted_us;

    struct arena arena;        /* of the exchange */
    struct exchange *exchange; /* in arena; NULL while idle */
    size_t scanned;            /* of the head so far */
    unsigned requests;
};

/* A client's connection; takes the descriptor. Runs at once; may be gone when this returns. */
void session_accept(struct proxy *proxy, int fd, const struct address *peer);

/* A session that is admitted already, over any stream. For tests, which so need no TLS.
 *   client  takes
 *   path    to ask about again; keeps; may be NULL
 *   fields  identity field lines; copied */
struct session *session_new_admitted(struct proxy *proxy, struct stream *client, const char *peer,
                                     const struct trust_path *path, struct slice fields);

/* Step until nothing more can be done. Frees the session when it has ended. */
void session_run(struct session *session);
/* End it from outside, for this cause, and free it: a cut if an exchange is in flight. */
void session_end_now(struct session *session, struct cause cause);
/* Ask the verdict again under the generation in force; ends and frees it if it is refused. Steps nothing
 * otherwise. */
void session_sweep(struct session *session);
/* No more requests: ends and frees it if it is idle. */
void session_drain(struct session *session);

/* The rest is for the other files of the session. */

/* To another state, as of now. */
void session_enter(struct session *session, enum session_state state);
/* Ended, with nothing more to be said: stream_abort(). */
void session_cut(struct session *session);
/* The exchange is over: to the next request, or close. */
void session_finish_exchange(struct session *session);
/* Has the client closed its socket, rather than only its side of the TLS connection? */
bool session_client_is_gone(const struct session *session);
/* Callbacks of upstream streams and searches. */
void session_on_upstream(void *context);

#endif
