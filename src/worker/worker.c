#include "postern/worker/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "crl_reminder.h"
#include "doorway.h"
#include "postern/base/file.h"
#include "postern/generation/generation.h"
#include "postern/generation/handover.h"
#include "postern/observe/access_log.h"
#include "postern/proxy/proxy.h"

enum {
    FLUSH_MS = 50,        /* that a line of the access log waits for others at most */
    SEEN_MS = 200,        /* that a client's record waits for others */
    SEEN_MAX = 32 * 1024, /* bytes of a message of them */
    DRAIN_DEFAULT_MS = 30000,
    DRAIN_GRACE_MS = 1000,
};

struct worker {
    const struct worker_boot *boot;
    struct loop *loop;
    struct log *log;
    struct access_log *access_log;
    int events_fd, access_fd;
    int access_error; /* told; 0: it is written */
    struct resolver *resolver;
    struct proxy *proxy;
    struct doorway doorway;
    struct crl_reminder reminder;
    struct handover_inbox inbox;
    int channel;
    struct watch channel_watch;
    struct signal_watch terminate;
    struct timer flush, drain, seen_timer;
    struct buffer seen;                     /* records of clients, on their way to the supervisor */
    struct generation *in_force, *prepared; /* a reference each, or NULL */
    bool is_draining;
    int status;
};

static void stop(struct worker *worker)
{
    loop_stop(worker->loop);
}

static void on_drained(void *context)
{
    stop(context);
}

static void on_drain_over(void *context)
{
    struct worker *worker = context;
    log_line(worker->log, LEVEL_ERROR, "%zu connections do not end: leaving them",
             proxy_sessions(worker->proxy));
    proxy_stop(worker->proxy);
    stop(worker);
}

/* Accept what waits, finish what runs, leave. */
static void drain(struct worker *worker, int64_t timeout_ms)
{
    if (worker->is_draining)
        return;
    worker->is_draining = true;
    doorway_drain(&worker->doorway);
    log_line(worker->log, LEVEL_INFO, "draining %zu connections", proxy_sessions(worker->proxy));
    /* The proxy keeps the time itself; this is for what may go wrong with that. */
    timer_arm(&worker->drain, timeout_ms + DRAIN_GRACE_MS);
    proxy_drain(worker->proxy);
    if (proxy_sessions(worker->proxy) == 0)
        stop(worker);
}

static void drain_alone(struct worker *worker)
{
    drain(worker, worker->in_force != NULL ? generation_config(worker->in_force)->timeouts.drain_ms
                                           : DRAIN_DEFAULT_MS);
}

static void on_terminate(void *context, int signal)
{
    (void)signal;
    drain_alone(context);
}

static void reply(struct worker *worker, enum handover_kind kind, uint64_t number, struct slice body)
{
    /* If it cannot be sent the supervisor does not read, or has gone: its deadline or the end decides. */
    if (handover_send(worker->channel, kind, number, body, NULL, 0) != 0)
        log_line(worker->log, LEVEL_ERROR, "cannot answer the supervisor: %s", strerror(errno));
}

static void prepare(struct worker *worker, struct handover *message)
{
    struct err err = {.line = 0};
    struct slice keys[KEYS_MAX];
    int count = keys_parse(message->body, keys);
    generation_unref(worker->prepared);
    worker->prepared = NULL;
    if (count < 0 || message->fd_count != 1)
        err_set(&err, "no generation in the message");
    else
        worker->prepared = generation_open(message->fds[0], keys, (size_t)count, worker->boot->sessions,
                                           worker->boot->clock, &err);
    if (worker->prepared != NULL && generation_number(worker->prepared) != message->number) {
        generation_unref(worker->prepared);
        worker->prepared = NULL;
        err_set(&err, "another generation than was announced");
    }
    if (worker->prepared != NULL)
        reply(worker, HANDOVER_PREPARED, message->number, slice_of(NULL, 0));
    else
        reply(worker, HANDOVER_FAILED, message->number, slice_of((const char *)&err, sizeof(err)));
}

static void commit(struct worker *worker, uint64_t number)
{
    if (worker->prepared == NULL || generation_number(worker->prepared) != number)
        return;
    struct generation *older = worker->in_force;
    if (older != NULL)
        generation_inherit(worker->prepared, older);
    worker->in_force = worker->prepared;
    worker->prepared = NULL;
    proxy_set_generation(worker->proxy, worker->in_force);
    metric_set(worker->boot->metrics, METRIC_generation, number);
    if (worker->boot->slot == 0)
        crl_reminder_watch(&worker->reminder, generation_trust(worker->in_force));
    generation_unref(older);
    if (!worker->is_draining)
        doorway_open(&worker->doorway);
    reply(worker, HANDOVER_COMMITTED, number, slice_of(NULL, 0));
}

/* Take descriptor i out of a message. */
static int take_fd(struct handover *message, size_t i)
{
    int fd = i < message->fd_count ? message->fds[i] : -1;
    if (i < message->fd_count)
        message->fds[i] = -1;
    return fd;
}

static void change_logs(struct worker *worker, struct handover *message)
{
    int events = take_fd(message, 0), access = take_fd(message, 1);
    if (events >= 0) {
        log_set_fd(worker->log, events);
        fd_close(&worker->events_fd);
        worker->events_fd = events;
    }
    access_log_set_fd(worker->access_log, access);
    fd_close(&worker->access_fd);
    worker->access_fd = access;
}

static void adopt(struct worker *worker, struct handover *message)
{
    if (worker->is_draining)
        return;
    doorway_add(&worker->doorway, (unsigned)message->number, message->fds, message->fd_count);
    message->fd_count = 0;
    log_line(worker->log, LEVEL_INFO, "accepting for slot %" PRIu64 ", which is down", message->number);
}

static void obey(struct worker *worker, struct handover *message)
{
    switch (message->kind) {
    case HANDOVER_PREPARE:
        prepare(worker, message);
        break;
    case HANDOVER_COMMIT:
        commit(worker, message->number);
        break;
    case HANDOVER_LOGS:
        change_logs(worker, message);
        break;
    case HANDOVER_ADOPT:
        adopt(worker, message);
        break;
    case HANDOVER_RELEASE:
        doorway_drop(&worker->doorway, (unsigned)message->number);
        break;
    case HANDOVER_DRAIN:
        drain(worker, (int64_t)message->number);
        break;
    default:
        log_line(worker->log, LEVEL_ERROR, "message %d from the supervisor is not for a worker",
                 message->kind);
    }
}

static void on_channel(void *context, unsigned ready)
{
    struct worker *worker = context;
    struct handover message;
    (void)ready;
    for (;;) {
        int result = handover_receive(worker->channel, &worker->inbox, &message);
        if (result == 1) {
            obey(worker, &message);
            handover_close(&worker->inbox, &message);
        } else if (result < 0 && errno == EAGAIN) {
            return;
        } else {
            log_line(worker->log, LEVEL_WARNING, "the supervisor has gone");
            watch_stop(&worker->channel_watch);
            drain_alone(worker);
            return;
        }
    }
}

static void on_client(void *context, int fd, const struct address *peer, const struct address *local)
{
    struct worker *worker = context;
    proxy_accept(worker->proxy, fd, peer, local);
}

static void on_accept_paused(void *context, int error_number)
{
    struct worker *worker = context;
    metric_add(worker->boot->metrics, METRIC_accept_pauses, 1);
    log_line(worker->log, LEVEL_WARNING, "accepting pauses: %s", strerror(error_number));
}

static void on_swept(void *context, const struct proxy_swept *swept)
{
    const struct handover_swept body = {swept->cut, swept->put_off};
    reply(context, HANDOVER_SWEPT, swept->generation, slice_of((const char *)&body, sizeof(body)));
}

static void on_full(void *context, bool full)
{
    struct worker *worker = context;
    log_line(worker->log, LEVEL_WARNING,
             full ? "limit of connections reached: accepting pauses"
                  : "below the limit of connections again: accepting goes on");
    doorway_pause(&worker->doorway, full);
}

/* The supervisor may be busy: what cannot be sent waits, and while the buffer is full nothing more is taken.
 */
static void on_seen_timer(void *context)
{
    struct worker *worker = context;
    struct slice records = buffer_view(&worker->seen);
    if (handover_send(worker->channel, HANDOVER_SEEN, 0, records, NULL, 0) == 0)
        buffer_clear(&worker->seen);
    else if (errno == EAGAIN)
        timer_arm(&worker->seen_timer, SEEN_MS);
}

static bool on_seen(void *context, const struct seen *seen)
{
    struct worker *worker = context;
    if (!timer_is_armed(&worker->seen_timer))
        timer_arm(&worker->seen_timer, SEEN_MS);
    return seen_append(&worker->seen, seen);
}

static void tell_access_log(struct worker *worker)
{
    int error_number = access_log_error(worker->access_log);
    if (error_number == worker->access_error)
        return;
    worker->access_error = error_number;
    metric_set(worker->boot->metrics, METRIC_access_log_stuck, error_number != 0);
    if (error_number != 0)
        log_line(worker->log, LEVEL_ERROR,
                 "the access log cannot be written: %s; up to 1 MiB of its lines wait in memory, then they "
                 "are dropped and counted",
                 strerror(error_number));
    else
        log_line(worker->log, LEVEL_INFO, "the access log is written again");
}

static void on_flush(void *context)
{
    struct worker *worker = context;
    access_log_flush(worker->access_log);
    tell_access_log(worker);
    metric_set(worker->boot->metrics, METRIC_access_log_dropped, access_log_dropped(worker->access_log));
}

static void on_turn_end(void *context)
{
    struct worker *worker = context;
    if (access_log_is_pending(worker->access_log) && !timer_is_armed(&worker->flush))
        timer_arm(&worker->flush, FLUSH_MS);
}

/* The slab outlives a worker that crashed: what it had open is open no more. */
static void reset_gauges(struct metrics *metrics)
{
    metric_set(metrics, METRIC_connections_open, 0);
    metric_set(metrics, METRIC_tunnels_open, 0);
    metric_set(metrics, METRIC_upstreams_down, 0);
    metric_set(metrics, METRIC_access_log_stuck, 0);
    metric_set(metrics, METRIC_generation, 0);
}

static int start(struct worker *worker)
{
    const struct worker_boot *boot = worker->boot;
    char name[32], told[128] = "not confined";
    snprintf(name, sizeof(name), "worker %u", boot->slot);
    worker->log = log_new(boot->events_fd, LOG_TEXT, boot->level, name, boot->clock);
    worker->access_log = access_log_new(boot->access_fd, boot->access_format);
    worker->resolver = resolver_new(worker->loop, boot->resolv_conf, boot->hosts);
    const struct proxy_environment environment = {
        .loop = worker->loop,
        .resolver = worker->resolver,
        .log = worker->log,
        .access_log = worker->access_log,
        .metrics = boot->metrics,
        .records = boot->records,
        .on_seen = on_seen,
        .on_drained = on_drained,
        .on_full = on_full,
        .on_swept = on_swept,
        .context = worker,
        .connections_max = boot->connections_max,
    };
    worker->proxy = proxy_new(&environment);
    doorway_init(&worker->doorway, worker->loop, on_client, on_accept_paused, worker);
    doorway_add(&worker->doorway, boot->slot, boot->listeners, boot->listener_count);
    crl_reminder_init(&worker->reminder, worker->loop, worker->log);
    timer_init(&worker->flush, worker->loop, on_flush, worker);
    timer_init(&worker->drain, worker->loop, on_drain_over, worker);
    timer_init(&worker->seen_timer, worker->loop, on_seen_timer, worker);
    buffer_init(&worker->seen, SEEN_MAX);
    loop_set_turn_end(worker->loop, on_turn_end, worker);
    if (watch_start(&worker->channel_watch, worker->loop, worker->channel, WATCH_READ, on_channel, worker) !=
            0 ||
        signal_watch_start(&worker->terminate, worker->loop, SIGTERM, on_terminate, worker) != 0)
        return -1;
    if (boot->confine != NULL && boot->confine(boot->context, told, sizeof(told)) != 0)
        return -1;
    log_line(worker->log, LEVEL_INFO, "started: %s", told);
    return 0;
}

static void finish(struct worker *worker)
{
    watch_stop(&worker->channel_watch);
    signal_watch_stop(&worker->terminate);
    crl_reminder_clear(&worker->reminder);
    timer_clear(&worker->flush);
    timer_clear(&worker->drain);
    timer_clear(&worker->seen_timer);
    buffer_clear(&worker->seen);
    doorway_clear(&worker->doorway);
    proxy_free(worker->proxy);
    resolver_free(worker->resolver);
    generation_unref(worker->prepared);
    generation_unref(worker->in_force);
    access_log_free(worker->access_log);
    log_free(worker->log);
    handover_inbox_clear(&worker->inbox);
    fd_close(&worker->events_fd);
    fd_close(&worker->access_fd);
    fd_close(&worker->channel);
    loop_free(worker->loop);
}

int worker_run(const struct worker_boot *boot)
{
    struct worker worker = {
        .boot = boot,
        .channel = boot->channel,
        .events_fd = boot->events_fd,
        .access_fd = boot->access_fd,
        .loop = loop_new(boot->clock),
    };
    reset_gauges(boot->metrics);
    if (handover_inbox_init(&worker.inbox) != 0 || start(&worker) != 0 || loop_run(worker.loop) != 0)
        worker.status = 1;
    finish(&worker);
    return worker.status;
}
