/* Counters. Each worker owns one slab in memory that supervisor and admin map read-only; it alone writes
 * there, with relaxed atomics, so reading costs it nothing. A slab outlives its worker: a slot that is
 * started again goes on counting. The list of metrics is one table. */
#ifndef POSTERN_OBSERVE_METRICS_H
#define POSTERN_OBSERVE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

/* X(name, kind, help); kind is counter or gauge. */
#define METRICS(X)                                                                                           \
    X(connections_accepted, counter, "Connections accepted")                                                 \
    X(connections_open, gauge, "Connections open now")                                                       \
    X(connections_refused_limit, counter, "Connections closed because a limit was reached")                  \
    X(connections_cut, counter, "Open connections cut because their verdict changed")                        \
    X(handshakes_full, counter, "Full TLS handshakes completed")                                             \
    X(handshakes_resumed, counter, "Resumed TLS handshakes completed")                                       \
    X(tickets_declined, counter, "Session tickets that were not taken: a full handshake followed")           \
    X(admitted_in_grace, counter, "Handshakes admitted by a CRL past its nextUpdate, in its grace")          \
    X(admitted_without_crl, counter, "Handshakes admitted without a CRL, by crl_missing = allow")            \
    X(handshakes_refused, counter, "TLS handshakes refused by a verdict")                                    \
    X(handshakes_failed, counter, "TLS handshakes that failed otherwise")                                    \
    X(handshakes_timed_out, counter, "TLS handshakes that ran out of time")                                  \
    X(requests, counter, "Requests whose head was read whole")                                               \
    X(requests_refused, counter, "Requests answered by Postern itself with a 4xx status")                    \
    X(upstream_connects, counter, "Connections made to upstreams")                                           \
    X(upstream_reused, counter, "Exchanges on an upstream connection that was kept")                         \
    X(upstream_failures, counter, "Exchanges that ended with 502 or 504 or a cut response")                  \
    X(upstreams_down, gauge, "Servers of backends that could not be reached when last tried")                \
    X(tunnels_open, gauge, "Tunnels open now")                                                               \
    X(bytes_received, counter, "Bytes of content from clients")                                              \
    X(bytes_sent, counter, "Bytes of content to clients")                                                    \
    X(accept_pauses, counter, "Times that accepting paused because descriptors or memory ran out")           \
    X(access_log_dropped, counter, "Access log lines dropped because the sink did not take them")            \
    X(access_log_stuck, gauge, "1 while the access log cannot be written, on a full disk for one")           \
    X(generation, gauge, "Generation in force in this worker")

enum metric {
#define METRIC_ENUM(name, kind, help) METRIC_##name,
    METRICS(METRIC_ENUM)
#undef METRIC_ENUM
        METRIC_COUNT
};

#define METRIC_REASONS_MAX 32

/* One worker's slab; page-sized in shared memory. */
struct metrics {
    _Atomic uint64_t values[METRIC_COUNT];
    _Atomic uint64_t refusals[METRIC_REASONS_MAX]; /* by the number of the trust reason */
    _Atomic uint64_t cuts[METRIC_REASONS_MAX];     /* of open connections, likewise */
};

/* Called by the slab's worker only. */
void metric_add(struct metrics *metrics, enum metric metric, uint64_t amount);
/* Of a gauge; amount is at most what was added. */
void metric_subtract(struct metrics *metrics, enum metric metric, uint64_t amount);
void metric_set(struct metrics *metrics, enum metric metric, uint64_t value);
/* Count a refusal; reason is below METRIC_REASONS_MAX. */
void metric_refusal(struct metrics *metrics, unsigned reason);
/* Count an open connection that was cut, also in connections_cut. */
void metric_cut(struct metrics *metrics, unsigned reason);
/* Gauges to 0, counters as they are: for a slot whose worker died and is started again. */
void metrics_forget_gauges(struct metrics *metrics);

/* By anybody who maps the slab. */
uint64_t metric_get(const struct metrics *metrics, enum metric metric);
uint64_t metric_get_refusals(const struct metrics *metrics, unsigned reason);
uint64_t metric_get_cuts(const struct metrics *metrics, unsigned reason);
/* "connections_open", and one sentence of help. Literals. */
const char *metric_name(enum metric metric);
const char *metric_help(enum metric metric);

#endif
