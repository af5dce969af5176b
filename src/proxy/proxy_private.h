/* What sessions know of their proxy. */
#ifndef POSTERN_PROXY_PROXY_PRIVATE_H
#define POSTERN_PROXY_PROXY_PRIVATE_H

#include "client_table.h"
#include "postern/base/list.h"
#include "postern/proxy/proxy.h"
#include "request_id.h"
#include "serving.h"
#include "upstream_pool.h"

struct session;

struct proxy {
    struct proxy_environment environment;
    struct serving *serving; /* in force; NULL before the first generation */
    struct upstream_pool pool;
    struct request_ids request_ids;
    struct client_table clients;
    struct list sessions; /* of session.link: those asked by the sweep, or newer than it */
    struct list unswept;  /* of session.link: those still to be asked */
    size_t session_count;
    struct proxy_swept swept; /* so far; generation 0: nobody is to be told */
    bool draining, drained, full;
    int64_t recheck_at_s;  /* wall: the earliest of all sessions */
    int64_t limit_told_ms; /* when the event log last told of a client over its limit; 0: never */
    struct timer sweep, tick, drain_end, report;
};

/* What proxy_set_generation() does; takes the reference. For tests, too. */
void proxy_set_serving(struct proxy *proxy, struct serving *serving);
/* A session begins or is gone: counts, limits, the end of a drain. */
void proxy_add_session(struct proxy *proxy, struct session *session);
void proxy_remove_session(struct proxy *proxy, struct session *session);

/* Ask this session's verdict again at that time, wall seconds. */
void proxy_note_recheck(struct proxy *proxy, int64_t at_s);

static inline const struct config *proxy_config(const struct proxy *proxy)
{
    return proxy->serving->config;
}

#endif
