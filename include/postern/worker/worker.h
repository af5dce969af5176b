/* The worker process: one event loop, one proxy, no privileges. It serves clients from the generation in
 * force and does what its supervisor says over a channel (generation/handover.h): prepare and commit
 * generations, adopt the listening sockets of a slot that is down, take new log descriptors, drain. When the
 * supervisor goes away it drains by itself. */
#ifndef POSTERN_WORKER_WORKER_H
#define POSTERN_WORKER_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/slice.h"
#include "postern/observe/log.h"
#include "postern/observe/metrics.h"
#include "postern/observe/records.h"

/* All that a worker starts with. Everything is borrowed until worker_run() returns, but the descriptors,
 * which it takes. */
struct worker_boot {
    unsigned slot;
    int channel;          /* non-blocking SOCK_SEQPACKET to the supervisor */
    const int *listeners; /* listening sockets of this slot */
    size_t listener_count;
    int events_fd, access_fd; /* -1: none */
    enum log_format access_format;
    enum log_level level;
    struct metrics *metrics;
    struct records *records;         /* may be NULL */
    void *sessions;                  /* HANDOVER_SESSIONS_SIZE bytes, shared by all workers; may be NULL */
    struct slice resolv_conf, hosts; /* texts of the two files */
    const struct clock *clock;
    unsigned connections_max; /* that the limit of descriptors allows; 0: not to be looked at */
    /* Give up privileges: called when everything that needs files has been made, before the first client. May
     * be NULL. Writes what was possible to told, for the log; not 0: the worker leaves. */
    int (*confine)(void *context, char *told, size_t size);
    void *context;
};

/* Serve until drained. No globals: a test may run several in one process. Returns an exit status. */
NODISCARD int worker_run(const struct worker_boot *boot);

/* The process: receive HANDOVER_BOOT, give up privileges, run. Returns an exit status. */
int worker_main(int channel);

#endif
