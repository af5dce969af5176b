#include "run.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lane.h"
#include "postern/base/memory.h"

struct runner {
    pthread_t thread;
    struct lane *lane;
    int64_t begin_ns, end_ns;
};

struct run {
    const struct options *options;
    struct lane_shared shared;
    struct runner *runners;
    unsigned count, started;
    bool has_terminal;
};

static void *runner_main(void *argument)
{
    struct runner *runner = argument;
    lane_run(runner->lane, runner->begin_ns, runner->end_ns);
    return NULL;
}

/* The share of thread number index when total is dealt to count threads. */
static uint64_t share_of(uint64_t total, unsigned index, unsigned count)
{
    return total / count + (index < total % count);
}

static int make_lanes(struct run *run, struct err *err)
{
    const struct options *options = run->options;
    for (unsigned i = 0; i < run->count; i++) {
        uint64_t requests = options->requests ? share_of(options->requests, i, run->count) : UINT64_MAX;
        unsigned clients = (unsigned)share_of(options->connections, i, run->count);
        run->runners[i].lane = lane_new(options, &run->shared, clients, requests, err);
        if (!run->runners[i].lane)
            return -1;
    }
    return 0;
}

/* Idle connections are measured by their owner's eye, from when all are open: their window has no end. */
static int start(struct run *run, int64_t *end_ns, struct err *err)
{
    const struct options *options = run->options;
    int64_t begin_ns = lane_clock() + options->warmup_ns;
    bool is_open_ended = options->duration_ns == 0 || options->mode == MODE_IDLE;
    *end_ns = is_open_ended ? INT64_MAX : begin_ns + options->duration_ns;
    for (unsigned i = 0; i < run->count; i++) {
        struct runner *runner = &run->runners[i];
        runner->begin_ns = begin_ns;
        runner->end_ns = *end_ns;
        int code = pthread_create(&runner->thread, NULL, runner_main, runner);
        if (code != 0)
            return err_set_errno(err, NULL, code, "thread");
        run->started++;
    }
    return 0;
}

/* Wait a little. True if a signal asks to end. sigtimedwait(2). */
static bool is_interrupted(void)
{
    const struct timespec wait = {.tv_nsec = 10 * 1000000};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return sigtimedwait(&signals, NULL, &wait) > 0;
}

static void show_progress(const struct run *run, int64_t *shown_ns, unsigned long long *shown)
{
    int64_t now_ns = lane_clock();
    const int64_t second = 1000000000;
    if (!run->has_terminal || now_ns - *shown_ns < second)
        return;
    unsigned long long operations = atomic_load(&run->shared.operations);
    fprintf(stderr, "\r%llu operations, %.0f/s ", operations,
            (double)(operations - *shown) * 1e9 / (double)(now_ns - *shown_ns));
    *shown_ns = now_ns;
    *shown = operations;
}

/* Until all threads have ended, a signal, or the time for holding idle connections is over. */
static void watch(struct run *run)
{
    const struct options *options = run->options;
    int64_t held_until_ns = INT64_MAX, shown_ns = lane_clock();
    unsigned long long shown = 0;
    while (atomic_load(&run->shared.ended) < run->started && !is_interrupted()) {
        bool is_settled = atomic_load(&run->shared.settled) >= options->connections;
        show_progress(run, &shown_ns, &shown);
        if (options->mode != MODE_IDLE || !is_settled)
            continue;
        if (held_until_ns == INT64_MAX) {
            held_until_ns = lane_clock() + options->duration_ns;
            if (!options->quiet)
                fprintf(stderr, "%u of %llu connections are open\n", atomic_load(&run->shared.held),
                        (unsigned long long)options->connections);
        }
        if (lane_clock() >= held_until_ns)
            break;
    }
    atomic_store(&run->shared.stop, true);
    if (run->has_terminal)
        fputs("\r\033[K", stderr);
}

/* A descriptor a connection, and a few more. */
static int raise_limit(const struct options *options, struct err *err)
{
    rlim_t wanted = options->connections + options->threads + 64;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
        return 0;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(err, "--connections %llu: more than this process may open; raise ulimit -n",
                       (unsigned long long)options->connections);
    return 0;
}

int run_load(const struct options *options, struct tally *out, struct err *err)
{
    struct run run = {.options = options, .count = (unsigned)options->threads};
    int64_t end_ns;
    run.has_terminal = !options->quiet && isatty(STDERR_FILENO);
    if (raise_limit(options, err) != 0)
        return -1;
    run.runners = xcalloc(run.count, sizeof(*run.runners));
    int result = make_lanes(&run, err);
    if (result == 0)
        result = start(&run, &end_ns, err);
    if (result == 0)
        watch(&run);
    atomic_store(&run.shared.stop, true);
    for (unsigned i = 0; i < run.count; i++) {
        if (i < run.started)
            pthread_join(run.runners[i].thread, NULL);
        if (result == 0)
            tally_merge(out, &run.runners[i].lane->tally);
        lane_free(run.runners[i].lane);
    }
    free(run.runners);
    return result;
}
