/* When operations are due in an open loop: at a steady rate, whatever becomes of those before. A latency that
 * is counted from here has the time in which a stalled server kept later operations from beginning
 * ("coordinated omission" leaves it out). One thread's share of a run. Pure. */
#ifndef POSTERN_BENCH_SCHEDULE_H
#define POSTERN_BENCH_SCHEDULE_H

#include <stdint.h>

struct schedule {
    double interval_ns; /* 0: a closed loop, in which nothing is ever due */
    int64_t begin_ns;
    uint64_t begun; /* operations that were taken */
};

/* Share number index of count equal ones of so many operations a second: each is due in turn. */
void schedule_init(struct schedule *schedule, double rate, unsigned index, unsigned count, int64_t begin_ns);
/* When the next operation is due; the n-th after it, for n above 0. */
int64_t schedule_due_ns(const struct schedule *schedule, uint64_t n);
/* How many are due before a moment and have not begun. */
uint64_t schedule_waiting(const struct schedule *schedule, int64_t now_ns);

#endif
