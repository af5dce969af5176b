/* The connections to the servers of one backend. It copies what it needs from the configuration, so that an
 * exchange in flight holds its group and not a generation. A backend that the next generation has unchanged
 * keeps its group; else the old one is retired: no exchange begins there, its idle connections are closed,
 * and it goes with its last exchange.
 *
 * Idle connections are taken newest first, so that those not needed grow old and are closed after
 * UPSTREAM_IDLE_MS. Servers are taken in turn; one that does not accept is left alone for a while, which
 * doubles with each failure up to SERVER_DOWN_MAX_MS, unless all are down. */
#ifndef POSTERN_PROXY_UPSTREAM_GROUP_H
#define POSTERN_PROXY_UPSTREAM_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/list.h"
#include "postern/config/config.h"
#include "postern/net/address.h"
#include "upstream.h"

#define UPSTREAM_IDLE_MS   20000
#define SERVER_DOWN_MIN_MS 500
#define SERVER_DOWN_MAX_MS 10000
#define SERVER_TOLD_MS     10000 /* one that comes and goes is told no oftener */

struct upstream_pool;

struct upstream_server {
    char *text, *host; /* host NULL: a unix socket */
    uint16_t port;
    bool is_known; /* address needs no resolver */
    struct address address;
    unsigned failures; /* in a row */
    int64_t down_until_ms;
    bool is_told_down; /* by the event log */
    int64_t told_ms;
};

struct upstream_group {
    struct upstream_pool *pool;
    struct list link; /* on pool->all, until it is freed */
    unsigned references;
    bool retired;
    char *name;
    struct upstream_server *servers;
    size_t server_count, next_server;
    unsigned open, open_max; /* connections in all states; 0: no limit */
    struct list idle;        /* of upstream.link, newest first */
    struct list waiting;     /* of upstream_seek.link, oldest first: for a free connection */
};

/* Gives one reference. */
struct upstream_group *upstream_group_new(struct upstream_pool *pool, const struct config_backend *backend);
struct upstream_group *upstream_group_ref(struct upstream_group *group);
void upstream_group_unref(struct upstream_group *group);
/* True if this backend would make the same group. */
bool upstream_group_matches(const struct upstream_group *group, const struct config_backend *backend);
void upstream_group_retire(struct upstream_group *group);
/* The newest idle connection that is still good, or NULL. Gives. */
struct upstream *upstream_group_take(struct upstream_group *group);
/* Close the connection that has been idle longest. False if there is none. */
bool upstream_group_drop_oldest(struct upstream_group *group);
/* Close those idle for too long. Returns how many are left. */
size_t upstream_group_expire(struct upstream_group *group, int64_t now_ms);
/* Keep a connection whose exchange is over, whole, and with nothing behind it; takes. */
void upstream_group_give(struct upstream *upstream);
/* A connection has become free or was closed: let one who waits try, in the next turn. */
void upstream_group_wake(struct upstream_group *group);
/* True if all connections that the limit allows are open. */
bool upstream_group_is_full(const struct upstream_group *group);
/* True if an exchange can have a connection without waiting: an idle one, or a new one. */
bool upstream_group_has_room(const struct upstream_group *group);
/* The server whose turn it is. */
size_t upstream_group_next_server(struct upstream_group *group);
/* It could not be connected to. why: for the event log, borrows. */
void upstream_group_server_failed(struct upstream_group *group, size_t server, const char *why);
void upstream_group_server_answered(struct upstream_group *group, size_t server);

#endif
