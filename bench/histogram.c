#include "histogram.h"

#include <math.h>
#include <stdlib.h>

#include "postern/base/memory.h"

enum {
    LINEAR_BITS = 11, /* values below 2^11 are exact, and each octave above has 2^10 parts */
    LINEAR = 1 << LINEAR_BITS,
    PARTS = LINEAR / 2,
    OCTAVES = 42 - LINEAR_BITS, /* an hour is below 2^42 ns */
    COUNTERS = LINEAR + OCTAVES * PARTS
};

static size_t index_of(int64_t value)
{
    if (value < LINEAR)
        return (size_t)value;
    unsigned octave = 63u - (unsigned)__builtin_clzll((unsigned long long)value) - (LINEAR_BITS - 1);
    return (size_t)(octave * PARTS) + (size_t)(value >> octave);
}

/* The largest value that has this index. */
static int64_t value_of(size_t index)
{
    if (index < LINEAR)
        return (int64_t)index;
    size_t octave = index / PARTS - 1;
    int64_t part = (int64_t)(index - octave * PARTS);
    return ((part + 1) << octave) - 1;
}

void histogram_init(struct histogram *histogram)
{
    *histogram = (struct histogram){.counts = xcalloc(COUNTERS, sizeof(uint64_t)), .min_ns = INT64_MAX};
}

void histogram_clear(struct histogram *histogram)
{
    free(histogram->counts);
    *histogram = (struct histogram){0};
}

void histogram_record(struct histogram *histogram, int64_t value_ns)
{
    histogram_record_many(histogram, value_ns, 1);
}

void histogram_record_many(struct histogram *histogram, int64_t value_ns, uint64_t count)
{
    if (value_ns < 0)
        value_ns = 0;
    if (value_ns > HISTOGRAM_MAX_NS)
        value_ns = HISTOGRAM_MAX_NS;
    histogram->counts[index_of(value_ns)] += count;
    histogram->total += count;
    histogram->sum_ns += (double)value_ns * (double)count;
    if (value_ns < histogram->min_ns)
        histogram->min_ns = value_ns;
    if (value_ns > histogram->max_ns)
        histogram->max_ns = value_ns;
}

void histogram_merge(struct histogram *histogram, const struct histogram *from)
{
    if (from->total == 0)
        return;
    for (size_t i = index_of(from->min_ns); i <= index_of(from->max_ns); i++)
        histogram->counts[i] += from->counts[i];
    histogram->total += from->total;
    histogram->sum_ns += from->sum_ns;
    if (from->min_ns < histogram->min_ns)
        histogram->min_ns = from->min_ns;
    if (from->max_ns > histogram->max_ns)
        histogram->max_ns = from->max_ns;
}

int64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    if (histogram->total == 0)
        return 0;
    /* The small constant keeps 99.9 % of 1000 at 999, which floating point puts a hair above. */
    double rank = ceil(percent / 100 * (double)histogram->total - 1e-9);
    uint64_t wanted = rank < 1 ? 1 : (uint64_t)rank;
    uint64_t seen = 0;
    for (size_t i = index_of(histogram->min_ns); i <= index_of(histogram->max_ns); i++) {
        seen += histogram->counts[i];
        if (seen >= wanted)
            return value_of(i) < histogram->max_ns ? value_of(i) : histogram->max_ns;
    }
    return histogram->max_ns;
}

void histogram_each(const struct histogram *histogram,
                    void (*on_counter)(void *argument, int64_t value_ns, uint64_t count), void *argument)
{
    if (histogram->total == 0)
        return;
    for (size_t i = index_of(histogram->min_ns); i <= index_of(histogram->max_ns); i++) {
        int64_t value_ns = value_of(i) < histogram->max_ns ? value_of(i) : histogram->max_ns;
        if (histogram->counts[i] > 0)
            on_counter(argument, value_ns, histogram->counts[i]);
    }
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->total == 0 ? 0 : histogram->sum_ns / (double)histogram->total;
}
