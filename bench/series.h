/* What happened when: counts over the time of a run in at most SERIES_SLOTS intervals of the same length.
 * When a run outlasts them, neighbours are joined and the interval doubles, so memory is fixed whatever the
 * duration. Embedded; nothing to clear. */
#ifndef POSTERN_BENCH_SERIES_H
#define POSTERN_BENCH_SERIES_H

#include <stdint.h>

#define SERIES_SLOTS    256
#define SERIES_FIRST_NS (INT64_C(100) * 1000 * 1000)

struct series_slot {
    uint64_t operations, failures;
    int64_t slowest_ns; /* the longest of these operations */
};

struct series {
    int64_t interval_ns;
    unsigned count; /* slots up to the last that was asked for */
    struct series_slot slots[SERIES_SLOTS];
};

void series_init(struct series *series);
/* The slot of a moment, counted from the beginning of the run; earlier ones fall into the first. Valid until
 * the next call. */
struct series_slot *series_at(struct series *series, int64_t since_ns);
/* Add another thread's. */
void series_merge(struct series *series, const struct series *from);

#endif
