/* The upstream groups of one worker, one for each backend of the configuration in force. */
#ifndef POSTERN_PROXY_UPSTREAM_POOL_H
#define POSTERN_PROXY_UPSTREAM_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/config/config.h"
#include "postern/net/loop.h"
#include "postern/net/resolver.h"
#include "postern/observe/log.h"
#include "postern/observe/metrics.h"
#include "upstream_group.h"

/* Embedded: init and clear. Members are of this room. */
struct upstream_pool {
    struct loop *loop;
    struct resolver *resolver;
    struct metrics *metrics;
    struct log *log;
    struct upstream_group **groups; /* by config_backend.index; each with a reference */
    size_t group_count;
    struct list all; /* of upstream_group.link: with those retired */
    struct timer expiry, waker;
    unsigned open,
        open_max;  /* connections of all groups; with more than open_max idle ones give way. 0: no limit */
    bool draining; /* nothing is kept any more */
};

void upstream_pool_init(struct upstream_pool *pool, struct loop *loop, struct resolver *resolver,
                        struct metrics *metrics, struct log *log);
/* All exchanges are over. */
void upstream_pool_clear(struct upstream_pool *pool);
/* Make groups for these backends. config: borrows for the call. */
void upstream_pool_configure(struct upstream_pool *pool, const struct config *config);
/* Close what is idle, and keep no connection from now on. */
void upstream_pool_drain(struct upstream_pool *pool);
/* One more is about to be opened: close an idle one, of any group, if there are enough. */
void upstream_pool_make_room(struct upstream_pool *pool);
void upstream_pool_watch_idle(struct upstream_pool *pool);
void upstream_pool_wake_later(struct upstream_pool *pool);

#endif
