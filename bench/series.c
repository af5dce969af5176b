#include "series.h"

void series_init(struct series *series)
{
    *series = (struct series){.interval_ns = SERIES_FIRST_NS};
}

static void add(struct series_slot *slot, const struct series_slot *from)
{
    slot->operations += from->operations;
    slot->failures += from->failures;
    if (from->slowest_ns > slot->slowest_ns)
        slot->slowest_ns = from->slowest_ns;
}

static void halve(struct series *series)
{
    for (unsigned i = 0; i < SERIES_SLOTS / 2; i++) {
        struct series_slot joined = series->slots[2 * i];
        add(&joined, &series->slots[2 * i + 1]);
        series->slots[i] = joined;
    }
    for (unsigned i = SERIES_SLOTS / 2; i < SERIES_SLOTS; i++)
        series->slots[i] = (struct series_slot){0};
    series->count = (series->count + 1) / 2;
    series->interval_ns *= 2;
}

struct series_slot *series_at(struct series *series, int64_t since_ns)
{
    if (since_ns < 0)
        since_ns = 0;
    while (since_ns / series->interval_ns >= SERIES_SLOTS)
        halve(series);
    unsigned index = (unsigned)(since_ns / series->interval_ns);
    if (index >= series->count)
        series->count = index + 1;
    return &series->slots[index];
}

void series_merge(struct series *series, const struct series *from)
{
    while (series->interval_ns < from->interval_ns)
        halve(series);
    /* An interval is the first one doubled some times, so each of from's falls into one of ours. */
    for (unsigned i = 0; i < from->count; i++)
        add(series_at(series, (int64_t)i * from->interval_ns), &from->slots[i]);
}
