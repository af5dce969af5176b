#include "postern/observe/metrics.h"

#include "postern/base/assert.h"

static const struct {
    const char *name, *help;
} metric_table[METRIC_COUNT] = {
#define METRIC_ROW(name, kind, help) {#name, help},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
};

void metric_add(struct metrics *metrics, enum metric metric, uint64_t amount)
{
    /* One writer: a load and a store are enough, and cheaper than a locked addition. */
    uint64_t value = atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
    atomic_store_explicit(&metrics->values[metric], value + amount, memory_order_relaxed);
}

void metric_subtract(struct metrics *metrics, enum metric metric, uint64_t amount)
{
    uint64_t value = atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
    ASSERT(value >= amount);
    atomic_store_explicit(&metrics->values[metric], value - amount, memory_order_relaxed);
}

void metric_set(struct metrics *metrics, enum metric metric, uint64_t value)
{
    atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

void metric_refusal(struct metrics *metrics, unsigned reason)
{
    ASSERT(reason < METRIC_REASONS_MAX);
    uint64_t value = atomic_load_explicit(&metrics->refusals[reason], memory_order_relaxed);
    atomic_store_explicit(&metrics->refusals[reason], value + 1, memory_order_relaxed);
}

void metric_cut(struct metrics *metrics, unsigned reason)
{
    ASSERT(reason < METRIC_REASONS_MAX);
    uint64_t value = atomic_load_explicit(&metrics->cuts[reason], memory_order_relaxed);
    atomic_store_explicit(&metrics->cuts[reason], value + 1, memory_order_relaxed);
    metric_add(metrics, METRIC_connections_cut, 1);
}

uint64_t metric_get(const struct metrics *metrics, enum metric metric)
{
    return atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
}

uint64_t metric_get_refusals(const struct metrics *metrics, unsigned reason)
{
    ASSERT(reason < METRIC_REASONS_MAX);
    return atomic_load_explicit(&metrics->refusals[reason], memory_order_relaxed);
}

uint64_t metric_get_cuts(const struct metrics *metrics, unsigned reason)
{
    ASSERT(reason < METRIC_REASONS_MAX);
    return atomic_load_explicit(&metrics->cuts[reason], memory_order_relaxed);
}

void metrics_forget_gauges(struct metrics *metrics)
{
#define METRIC_RESET_counter(name)
#define METRIC_RESET_gauge(name)       metric_set(metrics, METRIC_##name, 0);
#define METRIC_RESET(name, kind, help) METRIC_RESET_##kind(name)
    METRICS(METRIC_RESET)
#undef METRIC_RESET
#undef METRIC_RESET_gauge
#undef METRIC_RESET_counter
}

const char *metric_name(enum metric metric)
{
    return metric_table[metric].name;
}

const char *metric_help(enum metric metric)
{
    return metric_table[metric].help;
}
