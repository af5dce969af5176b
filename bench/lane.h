/* One thread of load: an epoll loop with the connections that it drives, their deadlines, and its own tally
 * and target, so that threads share nothing but two counters.
 *
 * epoll directly and not the loop of room net: every wait here has the same length, so deadlines are a list
 * in order and no heap; a descriptor is added once and never changed; and what a load generator spends on
 * itself it takes from what it can show of the server. */
#ifndef POSTERN_BENCH_LANE_H
#define POSTERN_BENCH_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "postern/base/attributes.h"
#include "postern/base/list.h"
#include "schedule.h"
#include "tally.h"
#include "target.h"

struct client;

/* What all threads see. */
struct lane_shared {
    atomic_bool stop;                   /* set by the owner of the run: leave now */
    atomic_uint settled;                /* idle connections that are held, or have failed */
    atomic_uint held;                   /* of those, the ones that were opened */
    atomic_uint ended;                  /* threads that have nothing left to do */
    atomic_ullong operations, failures; /* of the window, for showing progress */
};

enum { LANE_SCRATCH = 64 << 10 };

struct lane {
    const struct options *options;
    struct lane_shared *shared;
    struct target *target; /* owned */
    struct tally tally;
    struct client *clients;
    unsigned client_count, finished;
    unsigned opening;   /* connections before the end of their handshake */
    uint64_t remaining; /* operations that may still begin */
    struct schedule schedule;
    int epoll_fd;
    int64_t now_ns;            /* monotonic, as of this turn */
    int64_t begin_ns, end_ns;  /* the window of measurement; end INT64_MAX: when all is done */
    struct list deadlines;     /* clients that wait for the server, in order of their time */
    struct list resting;       /* clients that wait before they try again, likewise */
    struct list ready;         /* clients that go on in the next turn without an event */
    struct list turns;         /* clients that wait until an operation is due */
    int64_t measured_ns;       /* when these two were read, at the beginning of the window */
    int64_t cpu_ns, queued_ns; /* what this thread had run, and had waited for a core */
    bool is_measuring;
    char scratch[LANE_SCRATCH]; /* what a client reads into; nothing stays in it */
};

/* What lane_take_operation() says. */
enum lane_turn { LANE_TAKEN, LANE_LATER, LANE_NO_MORE };

/* A lane with client_count connections; requests: how many operations at most, UINT64_MAX for no limit.
 * Keeps options and shared. Gives; NULL with err. */
struct lane *lane_new(const struct options *options, struct lane_shared *shared, unsigned client_count,
                      uint64_t requests, struct err *err);
void lane_free(struct lane *lane);
/* Drive the connections, after the schedule in an open loop, until the window ends, all is done, or
 * shared->stop. Returns when the tally is whole.
 */
void lane_run(struct lane *lane, struct schedule schedule, int64_t begin_ns, int64_t end_ns);

/* For clients. */
int64_t lane_clock(void);
/* Begin one more operation.
 *   due_ns  set if it was due at a certain time, in an open loop */
enum lane_turn lane_take_operation(struct lane *lane, int64_t *due_ns);
/* client_step() when an operation is due, the longest waiting client first. */
void lane_await_turn(struct lane *lane, struct client *client);
bool lane_is_in_window(const struct lane *lane, int64_t now_ns);
/* Watch a socket, both ways, edge-triggered. */
NODISCARD int lane_watch(struct lane *lane, struct client *client, int fd);
/* client_expire() after --timeout from now, unless it is called again or lane_forget(). */
void lane_expect(struct lane *lane, struct client *client);
void lane_forget(struct client *client);
/* client_step() after a short pause: a server that refuses is not hammered. */
void lane_rest(struct lane *lane, struct client *client);
/* client_step() in the next turn. */
void lane_continue(struct lane *lane, struct client *client);

#endif
