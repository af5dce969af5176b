#include "schedule.h"

#include <math.h>

void schedule_init(struct schedule *schedule, double rate, unsigned index, unsigned count, int64_t begin_ns)
{
    *schedule = (struct schedule){.begin_ns = begin_ns};
    if (rate <= 0)
        return;
    schedule->interval_ns = 1e9 * count / rate;
    schedule->begin_ns += (int64_t)(schedule->interval_ns * index / count);
}

int64_t schedule_due_ns(const struct schedule *schedule, uint64_t n)
{
    /* From the beginning each time: sums of rounded intervals would drift. */
    return schedule->begin_ns + (int64_t)((double)(schedule->begun + n) * schedule->interval_ns);
}

uint64_t schedule_waiting(const struct schedule *schedule, int64_t now_ns)
{
    if (schedule->interval_ns <= 0 || now_ns <= schedule->begin_ns)
        return 0;
    double due = ceil((double)(now_ns - schedule->begin_ns) / schedule->interval_ns);
    return due > (double)schedule->begun ? (uint64_t)due - schedule->begun : 0;
}
