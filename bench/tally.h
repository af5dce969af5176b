/* What one thread counted, and the sum of all. Only what ends inside the window of measurement is counted. */
#ifndef POSTERN_BENCH_TALLY_H
#define POSTERN_BENCH_TALLY_H

#include <stdint.h>

#include "failure.h"
#include "histogram.h"
#include "series.h"

/* What the first connection agreed on. */
struct tally_tls {
    char version[16], cipher[48], group[32], server_key[32];
};

struct tally {
    uint64_t operations; /* that succeeded: of what depends on the mode */
    uint64_t handshakes; /* completed by the client */
    uint64_t resumed;    /* of those */
    uint64_t reconnects; /* the server had closed a kept-alive connection; not a failure */
    uint64_t holding;    /* idle connections that were open at the end */
    uint64_t behind;     /* open loop: were due and had no answer when the window ended */
    uint64_t content;    /* bytes of response content */
    uint64_t status[6];  /* responses by their first digit; [0] is unused */
    struct failures failures;
    struct histogram operation;  /* of what the mode counts */
    struct histogram handshake;  /* connect() to the end of the client's handshake */
    struct histogram first_byte; /* request sent to first byte of content, or end of a response without */
    struct histogram gap;        /* from one piece of content to the next */
    struct series series;        /* of the window */
    double cpu_s;                /* all threads */
    double cpu_share;            /* of the busiest thread: 1 is a whole core */
    double busy_share;           /* the same with the time in which it waited for a core */
    double seconds;              /* length of the window */
    double opening_s;            /* idle: until the last connection was open */
    struct tally_tls tls;
};

void tally_init(struct tally *tally);
void tally_clear(struct tally *tally);
/* An operation ended so long after the beginning of the window. */
void tally_success(struct tally *tally, int64_t since_ns, int64_t latency_ns);
void tally_failure(struct tally *tally, int64_t since_ns, struct failure failure);
/* Add what another thread counted. Seconds and the shares become the larger of both. */
void tally_merge(struct tally *tally, const struct tally *from);

#endif
