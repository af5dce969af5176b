/* A limit that a result must keep, "p99>10ms": --fail-if of a pipeline. Parsed before the run, judged after
 * it. */
#ifndef POSTERN_BENCH_THRESHOLD_H
#define POSTERN_BENCH_THRESHOLD_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

#define THRESHOLDS_MAX         32
#define THRESHOLD_VERDICT_SIZE 160

struct result;

enum threshold_what {
    THRESHOLD_PERCENTILE,
    THRESHOLD_MEAN,
    THRESHOLD_RATE,
    THRESHOLD_ERRORS,
    THRESHOLD_ERROR_RATE, /* in percent of all that ended */
    THRESHOLD_BEHIND,
    THRESHOLD_SERVER_CPU /* nanoseconds an operation */
};

struct threshold {
    const char *text; /* as written; borrowed from argv */
    enum threshold_what what;
    unsigned distribution; /* index into result_distributions */
    double percent;
    bool is_below; /* fails if the value is below the limit; else if above */
    double limit;  /* nanoseconds, operations a second, a number or percent */
};

/* WHAT>LIMIT or WHAT<LIMIT: p50, p99.9, max, min or mean of the latency, of "handshake.", "first-byte." or
 * "gap." with that before it, with a time (10ms); rate, errors, behind with a number; error-rate with a
 * percentage; server-cpu with a time. Keeps text. Returns 0, or -1 with err. */
NODISCARD int threshold_parse(struct threshold *out, const char *text, struct err *err);
/* True if the result fails it, with what was measured in verdict: "p99>10ms: is 12.3 ms". What a result does
 * not have (no operation, no server's CPU) fails too: a limit that was not looked at is not kept. */
bool threshold_is_crossed(const struct threshold *threshold, const struct result *result,
                          char verdict[THRESHOLD_VERDICT_SIZE]);

#endif
