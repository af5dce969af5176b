/* One connection to a server of a backend: connecting, carrying one exchange, or idle in its group. Owned by
 * the exchange that took it, or by its group while idle; counted in its group from connect to close. */
#ifndef POSTERN_PROXY_UPSTREAM_H
#define POSTERN_PROXY_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/list.h"
#include "postern/net/stream.h"

struct upstream_group;

struct upstream {
    struct list link;             /* on the idle list of its group */
    struct upstream_group *group; /* keeps a reference */
    struct stream *stream;
    size_t server;         /* index in its group */
    bool reused;           /* has carried an exchange before this one */
    int64_t idle_since_ms; /* monotonic */
};

/* A connection to a server of the group; takes stream. Counts in group->open. */
struct upstream *upstream_new(struct upstream_group *group, size_t server, struct stream *stream);
/* Close. NULL is nothing. */
void upstream_free(struct upstream *upstream);
/* Is it silent and open, as an idle connection must be? A byte that nobody asked for, or an end, makes it
 * useless. One recv(2) with MSG_PEEK. */
bool upstream_is_silent(const struct upstream *upstream);

#endif
