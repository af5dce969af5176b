/* Why a session or an exchange ended, or was answered by us: one cause, the first. Besides the causes of this
 * table there are those of the grammar (http/result.h) and of the verdict (trust/reason.h); all have a code
 * for logs and answers, a status to answer with while none has been sent, and a text. */
#ifndef POSTERN_PROXY_CAUSE_H
#define POSTERN_PROXY_CAUSE_H

#include <stdbool.h>

#include "postern/http/result.h"
#include "postern/trust/reason.h"

/* X(enumerator, code, status, text). Status 0: nobody is there to be answered, or it is too late. */
#define PROXY_CAUSES(X)                                                                                      \
    X(CAUSE_NONE, "none", 0, "nothing is wrong")                                                             \
    X(CAUSE_NO_ROUTE, "no_route", 404, "no route leads to this path")                                        \
    X(CAUSE_HEAD_TIMEOUT, "head_timeout", 408, "the head of the request did not arrive in time")             \
    X(CAUSE_CLIENT_STALLED, "client_stalled", 408, "the client stopped sending or reading")                  \
    X(CAUSE_CLIENT_GONE, "client_gone", 0, "the client went away before its answer was complete")            \
    X(CAUSE_CLIENT_TRUNCATED, "client_truncated", 0, "the client ended within its request")                  \
    X(CAUSE_UPSTREAM_UNRESOLVED, "upstream_unresolved", 502, "the name of the upstream was not found")       \
    X(CAUSE_UPSTREAM_UNREACHABLE, "upstream_unreachable", 502, "the upstream could not be reached")          \
    X(CAUSE_UPSTREAM_CLOSED, "upstream_closed", 502, "the upstream closed the connection unanswered")        \
    X(CAUSE_UPSTREAM_MALFORMED, "upstream_malformed", 502, "the upstream's answer is not HTTP/1.1")          \
    X(CAUSE_UPSTREAM_TRUNCATED, "upstream_truncated", 502, "the upstream's answer was cut off")              \
    X(CAUSE_UPSTREAM_BUSY, "upstream_busy", 503, "all connections to the upstream are in use")               \
    X(CAUSE_CONNECT_TIMEOUT, "connect_timeout", 504, "the upstream did not accept in time")                  \
    X(CAUSE_FIRST_BYTE_TIMEOUT, "first_byte_timeout", 504, "the upstream did not answer in time")            \
    X(CAUSE_UPSTREAM_STALLED, "upstream_stalled", 504, "the upstream stopped sending or reading")            \
    X(CAUSE_TUNNEL_IDLE, "tunnel_idle", 0, "the tunnel was silent for too long")                             \
    X(CAUSE_HANDSHAKE_TIMEOUT, "handshake_timeout", 0, "the TLS handshake was not complete in time")         \
    X(CAUSE_HANDSHAKE_FAILED, "handshake_failed", 0, "the TLS handshake failed")                             \
    X(CAUSE_STOPPED, "stopped", 0, "the gateway was stopped")                                                \
    X(CAUSE_INTERNAL, "internal", 500, "the gateway could not handle the request")

enum proxy_cause {
#define CAUSE_ENUMERATOR(enumerator, code, status, text) enumerator,
    PROXY_CAUSES(CAUSE_ENUMERATOR)
#undef CAUSE_ENUMERATOR
        CAUSE_COUNT
};

/* code NULL: none yet. Both strings are literals. */
struct cause {
    int status;
    const char *code, *text;
};

struct cause cause_of(enum proxy_cause cause);
struct cause cause_of_http(enum http_result result);
struct cause cause_of_trust(enum trust_reason reason);
bool cause_is_set(const struct cause *cause);
/* The first cause stays. */
void cause_set(struct cause *cause, struct cause first);

#endif
