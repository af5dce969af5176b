#include "result.h"

#include <stdio.h>

#include "postern/base/attributes.h"

const struct result_percentile result_percentiles[RESULT_PERCENTILES] = {
    {"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}, {"max", 100}};

const struct result_distribution result_distributions[RESULT_DISTRIBUTIONS] = {
    {"latency", "latency_us", offsetof(struct tally, operation)},
    {"handshake", "handshake_us", offsetof(struct tally, handshake)},
    {"first byte", "first_byte_us", offsetof(struct tally, first_byte)},
    {"gap", "gap_us", offsetof(struct tally, gap)},
};

void result_init(struct result *result)
{
    *result = (struct result){.crl_entries = -1};
    tally_init(&result->tally);
}

static void set_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void name_causes(struct result *result)
{
    struct failures *failures = &result->tally.failures;
    failures_sort(failures);
    for (unsigned i = 0; i < failures->cause_count; i++) {
        struct result_cause *cause = &result->causes[result->cause_count++];
        failure_label(failures->causes[i].failure, cause->label);
        cause->count = failures->causes[i].count;
    }
}

void result_of_run(struct result *result, const struct options *options, struct tally *tally,
                   const struct result_server *server)
{
    *result = (struct result){.mode = options->mode,
                              .crl_entries = options->crl_entries,
                              .connections = options->connections,
                              .threads = options->threads,
                              .wanted_rate = (double)options->rate,
                              .tally = *tally,
                              .server = *server};
    *tally = (struct tally){0};
    set_text(result->url, sizeof(result->url), options->url);
    set_text(result->label, sizeof(result->label), options->label);
    set_text(result->scenario, sizeof(result->scenario), options->scenario);
    set_text(result->note, sizeof(result->note), options->note);
    result->is_client_bound = result->mode != MODE_IDLE && result->tally.busy_share >= RESULT_CLIENT_BOUND;
    name_causes(result);
}

void result_clear(struct result *result)
{
    tally_clear(&result->tally);
}

const struct histogram *result_histogram(const struct result *result, size_t distribution)
{
    const void *at = (const char *)&result->tally + result_distributions[distribution].offset;
    return at;
}

const char *result_unit(const struct result *result)
{
    static const char *const units[MODE_COUNT] = {
        [MODE_HANDSHAKE] = "handshakes", [MODE_REQUEST] = "requests", [MODE_STREAM] = "responses",
        [MODE_IDLE] = "connections",     [MODE_MIXED] = "requests",
    };
    return units[result->mode];
}

double result_rate(const struct result *result)
{
    const struct tally *tally = &result->tally;
    return tally->seconds > 0 ? (double)tally->operations / tally->seconds : 0;
}

double result_server_rate(const struct result *result)
{
    const struct result_server *server = &result->server;
    return server->is_known && server->cpu_s > 0 ? (double)result->tally.operations / server->cpu_s : 0;
}
