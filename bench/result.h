/* What a run found, apart from how it is shown: the same struct is filled from a tally or from the JSON of an
 * earlier run, and everything that speaks (text, JSON, CSV, page, comparison, thresholds) speaks of it.
 *
 * A rate is the server's only if the client could have done more: if its busiest thread was busy for
 * RESULT_CLIENT_BOUND of the time, the result is client-bound, and no rate of the server is given.
 *
 * Owns its histograms: result_init() or result_of_run(), then result_clear(). */
#ifndef POSTERN_BENCH_RESULT_H
#define POSTERN_BENCH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "tally.h"

#define RESULT_CLIENT_BOUND 0.90

struct result_cause {
    char label[FAILURE_LABEL_SIZE];
    uint64_t count;
};

struct result_server {
    bool is_known;                             /* --server-pid */
    double cpu_s;                              /* within the window */
    uint64_t memory_begin_kib, memory_end_kib; /* 0: could not be read */
};

struct result {
    enum bench_mode mode;
    char url[512];
    char label[64];      /* who was measured; "" if nobody said */
    char scenario[96];   /* what was measured; results of the same stand side by side */
    char note[160];      /* for whoever reads it */
    int64_t crl_entries; /* of the server, as the runner says; -1: not said */
    uint64_t connections, threads;
    double wanted_rate; /* open loop, operations a second; 0: closed loop */
    bool is_client_bound;
    struct tally tally; /* its failures hold only the total */
    struct result_server server;
    struct result_cause causes[FAILURE_CAUSES_MAX]; /* the most frequent first */
    unsigned cause_count;
};

/* The percentiles that are told. */
struct result_percentile {
    const char *name;
    double percent;
};
#define RESULT_PERCENTILES 6
extern const struct result_percentile result_percentiles[RESULT_PERCENTILES];

/* The distributions of a tally, by the names they have in text and in JSON. */
struct result_distribution {
    const char *title, *key;
    size_t offset; /* of a struct histogram in struct tally */
};
#define RESULT_DISTRIBUTIONS 4
extern const struct result_distribution result_distributions[RESULT_DISTRIBUTIONS];

void result_init(struct result *result);
/* Of a run that has ended.
 *   tally  takes what it holds, and leaves it cleared */
void result_of_run(struct result *result, const struct options *options, struct tally *tally,
                   const struct result_server *server);
void result_clear(struct result *result);
const struct histogram *result_histogram(const struct result *result, size_t distribution);
/* What one operation of a mode is called, "requests". */
const char *result_unit(const struct result *result);
/* Operations a second, the client's own. */
double result_rate(const struct result *result);
/* Operations for each second of the server's processor time; 0 if it is not known. */
double result_server_rate(const struct result *result);

#endif
