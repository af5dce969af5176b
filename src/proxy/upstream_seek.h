/* The search of one exchange for an upstream connection: an idle one, or a place under the limit, a server,
 * its addresses one after the other, a connect. Stepped by its exchange until it is found or has failed;
 * every wait in it is under the exchange's connect timeout. */
#ifndef POSTERN_PROXY_UPSTREAM_SEEK_H
#define POSTERN_PROXY_UPSTREAM_SEEK_H

#include <stdbool.h>
#include <stddef.h>

#include "cause.h"
#include "postern/base/list.h"
#include "postern/net/address.h"
#include "postern/net/resolver.h"
#include "upstream.h"
#include "upstream_group.h"

#define SEEK_ADDRESSES_MAX 4 /* of one name */

enum seek_status { SEEK_FOUND, SEEK_WAIT, SEEK_FAILED };
enum seek_state {
    SEEK_NEW,
    SEEK_QUEUED,    /* on group->waiting */
    SEEK_RESOLVING, /* query is open */
    SEEK_RESOLVED,  /* addresses are there, perhaps none */
    SEEK_CONNECTING,
};

/* Embedded. */
struct upstream_seek {
    struct list link; /* on group->waiting */
    struct upstream_group *group;
    enum seek_state state;
    bool fresh;                /* no idle connection: this is the second try of an exchange */
    bool asking;               /* inside resolver_ask() */
    struct upstream *upstream; /* connecting */
    struct resolver_query *query;
    struct address addresses[SEEK_ADDRESSES_MAX];
    size_t address_count, next_address;
    size_t server, servers_tried;
    enum proxy_cause failure; /* of the last server tried */
    const char *why;          /* in words: a literal, or of the resolver's */
    void (*on_ready)(void *context);
    void *context;
};

/* Begin.
 *   group     keeps a reference until cleared
 *   on_ready  called, from the loop only, when a step that said SEEK_WAIT is worth repeating */
void upstream_seek_init(struct upstream_seek *seek, struct upstream_group *group, bool fresh,
                        void (*on_ready)(void *), void *context);
/* Go on. SEEK_FOUND: *upstream gives a connected one, whose owner is still this seek: call
 * stream_set_owner(). SEEK_FAILED: seek->failure and ->why tell. */
enum seek_status upstream_seek_step(struct upstream_seek *seek, struct upstream **upstream);
/* Give up, or be done. Safe on a zeroed one. */
void upstream_seek_clear(struct upstream_seek *seek);
/* The server that was tried last, "127.0.0.1:11434"; borrowed from the group. NULL before any. */
const char *upstream_seek_server(const struct upstream_seek *seek);
/* What it is waiting for now, as the cause of a timeout. */
enum proxy_cause upstream_seek_timeout(const struct upstream_seek *seek);
/* Called by the pool when it has left the queue. */
void upstream_seek_wake(struct upstream_seek *seek);

#endif
