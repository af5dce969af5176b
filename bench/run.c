#include "run.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lane.h"
#include "postern/base/memory.h"
#include "server.h"

struct runner {
    pthread_t thread;
    struct lane *lane;
    struct schedule schedule;
    int64_t begin_ns, end_ns;
};

struct run {
    const struct options *options;
    struct lane_shared shared;
    struct runner *runners;
    unsigned count, started;
    bool has_terminal;
    int64_t begin_ns, server_cpu_ns; /* the server's, when the window began */
    bool has_begun;
    struct result_server server;
};

static void *runner_main(void *argument)
{
    struct runner *runner = argument;
    lane_run(runner->lane, runner->schedule, runner->begin_ns, runner->end_ns);
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
static int start(struct run *run, struct err *err)
{
    const struct options *options = run->options;
    int64_t begin_ns = lane_clock() + options->warmup_ns;
    bool is_open_ended = options->duration_ns == 0 || options->mode == MODE_IDLE;
    int64_t end_ns = is_open_ended ? INT64_MAX : begin_ns + options->duration_ns;
    run->begin_ns = begin_ns;
    for (unsigned i = 0; i < run->count; i++) {
        struct runner *runner = &run->runners[i];
        schedule_init(&runner->schedule, (double)options->rate, i, run->count, lane_clock());
        runner->begin_ns = begin_ns;
        runner->end_ns = end_ns;
        int code = pthread_create(&runner->thread, NULL, runner_main, runner);
        if (code != 0)
            return err_set_errno(err, NULL, code, "thread");
        run->started++;
    }
    return 0;
}

/* Wait a little, not beyond the beginning of the window. True if a signal asks to end. sigtimedwait(2). */
static bool is_interrupted(const struct run *run)
{
    struct timespec wait = {.tv_nsec = 10 * 1000000};
    int64_t left_ns = run->begin_ns - lane_clock();
    if (!run->has_begun && left_ns < wait.tv_nsec)
        wait.tv_nsec = left_ns > 0 ? left_ns : 0;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return sigtimedwait(&signals, NULL, &wait) > 0;
}

static void show_load(const struct run *run, int64_t now_ns, unsigned long long operations, double rate)
{
    const struct options *options = run->options;
    fprintf(stderr, "\r\033[K%.0f s", (double)(now_ns - run->begin_ns) / 1e9);
    if (options->duration_ns > 0)
        fprintf(stderr, " of %.0f s", (double)options->duration_ns / 1e9);
    fprintf(stderr, "  %llu", operations);
    if (options->requests > 0)
        fprintf(stderr, " of %llu", (unsigned long long)options->requests);
    fprintf(stderr, " done  %.0f/s  %llu failed", rate, atomic_load(&run->shared.failures));
}

/* Once a second, on a terminal: how far it is, how many, how fast now, how many failed. */
static void show_progress(const struct run *run, int64_t *shown_ns, unsigned long long *shown)
{
    const struct options *options = run->options;
    int64_t now_ns = lane_clock();
    const int64_t second = 1000000000;
    if (!run->has_terminal || now_ns - *shown_ns < second)
        return;
    unsigned long long operations = atomic_load(&run->shared.operations);
    if (now_ns < run->begin_ns)
        fprintf(stderr, "\r\033[Kwarming up, %.0f s", ceil((double)(run->begin_ns - now_ns) / 1e9));
    else if (options->mode == MODE_IDLE)
        fprintf(stderr, "\r\033[K%u of %llu open", atomic_load(&run->shared.held),
                (unsigned long long)options->connections);
    else
        show_load(run, now_ns, operations,
                  (double)(operations - *shown) * 1e9 / (double)(now_ns - *shown_ns));
    *shown_ns = now_ns;
    *shown = operations;
}

/* What the server has spent when the window begins. Memory is read before: reading it disturbs. */
static int look_at_server(struct run *run, struct err *err)
{
    if (run->has_begun || lane_clock() < run->begin_ns)
        return 0;
    run->has_begun = true;
    pid_t pid = (pid_t)run->options->server_pid;
    return pid == 0 ? 0 : server_read_cpu(pid, &run->server_cpu_ns, err);
}

static int settle_server(struct run *run, struct err *err)
{
    int64_t cpu_ns = 0;
    pid_t pid = (pid_t)run->options->server_pid;
    if (pid == 0 || !run->has_begun)
        return 0;
    if (server_read_cpu(pid, &cpu_ns, err) != 0)
        return -1;
    run->server.memory_end_kib = server_read_memory(pid);
    run->server.cpu_s = (double)(cpu_ns - run->server_cpu_ns) / 1e9;
    run->server.is_known = true;
    return 0;
}

/* Until all threads have ended, a signal, or the time for holding idle connections is over. */
static int watch(struct run *run, struct err *err)
{
    const struct options *options = run->options;
    int64_t held_until_ns = INT64_MAX, shown_ns = lane_clock();
    unsigned long long shown = 0;
    int result = look_at_server(run, err);
    while (result == 0 && atomic_load(&run->shared.ended) < run->started && !is_interrupted(run)) {
        result = look_at_server(run, err);
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
    if (result == 0)
        result = settle_server(run, err);
    atomic_store(&run->shared.stop, true);
    if (run->has_terminal)
        fputs("\r\033[K", stderr);
    return result;
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

/* All threads have ended or are told to: wait for them and add up. */
static void gather(struct run *run, struct tally *sum)
{
    atomic_store(&run->shared.stop, true);
    for (unsigned i = 0; i < run->count; i++) {
        if (i < run->started) {
            pthread_join(run->runners[i].thread, NULL);
            tally_merge(sum, &run->runners[i].lane->tally);
        }
        lane_free(run->runners[i].lane);
    }
    free(run->runners);
}

int run_load(const struct options *options, struct result *out, struct err *err)
{
    struct run run = {.options = options, .count = (unsigned)options->threads};
    struct tally sum;
    run.has_terminal = !options->quiet && isatty(STDERR_FILENO);
    if (raise_limit(options, err) != 0)
        return -1;
    if (options->server_pid != 0) {
        if (server_read_cpu((pid_t)options->server_pid, &run.server_cpu_ns, err) != 0)
            return -1;
        run.server.memory_begin_kib = server_read_memory((pid_t)options->server_pid);
    }
    tally_init(&sum);
    run.runners = xcalloc(run.count, sizeof(*run.runners));
    int result = make_lanes(&run, err);
    if (result == 0)
        result = start(&run, err);
    if (result == 0)
        result = watch(&run, err);
    gather(&run, &sum);
    if (result == 0)
        result_of_run(out, options, &sum, &run.server);
    tally_clear(&sum);
    return result;
}
