/* A distribution of durations that keeps three significant digits whatever their size: log-linear, after
 * HdrHistogram. Values below 2048 have a counter each; above, each power of two is cut into 1024 equal parts,
 * so a reported value is at most 1/1024 above what was recorded. One nanosecond to an hour; longer ones count
 * as an hour. Recording is two instructions and an addition. One thread; merge afterwards.
 * Memory: 264 KiB. Embedded: init and clear. */
#ifndef POSTERN_BENCH_HISTOGRAM_H
#define POSTERN_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX_NS (INT64_C(3600) * 1000 * 1000 * 1000)

struct histogram {
    uint64_t *counts;
    uint64_t total;
    int64_t min_ns, max_ns; /* exact */
    double sum_ns;
};

void histogram_init(struct histogram *histogram);
void histogram_clear(struct histogram *histogram);
/* Negative durations count as 0. */
void histogram_record(struct histogram *histogram, int64_t value_ns);
void histogram_record_many(struct histogram *histogram, int64_t value_ns, uint64_t count);
/* Add all that from holds. */
void histogram_merge(struct histogram *histogram, const struct histogram *from);
/* The smallest value that at least this share of all values does not exceed, rounded up to three digits,
 * never above the exact maximum. 0 if there are none. percent  above 0, up to 100 */
int64_t histogram_percentile(const struct histogram *histogram, double percent);
/* Call with each counter that is not zero, smallest first: the largest value that it counts (never above the
 * exact maximum), and how many. histogram_record_many() of what it gives makes the same histogram again. */
void histogram_each(const struct histogram *histogram,
                    void (*on_counter)(void *argument, int64_t value_ns, uint64_t count), void *argument);
double histogram_mean(const struct histogram *histogram);

#endif
