#include "postern/supervisor/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "health.h"
#include "notify.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/process.h"
#include "postern/generation/report.h"
#include "remember.h"
#include "state.h"

/* Beyond the drain timeout, for a worker to leave by itself. */
enum { DRAIN_GRACE_MS = 2000 };

static void leave_if_alone(struct supervisor *supervisor)
{
    bool is_alone = !loading_is_running(&supervisor->loading);
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        is_alone = is_alone && !slot_is_up(&supervisor->slots[i]);
    if (supervisor->phase == PHASE_DRAINING && is_alone)
        loop_stop(supervisor->loop);
}

static void kill_all(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        slot_kill(&supervisor->slots[i]);
}

static void on_drain_over(void *context)
{
    struct supervisor *supervisor = context;
    log_line(supervisor->log, LEVEL_WARNING, "workers that did not leave in time are killed");
    kill_all(supervisor);
}

/* No more loads, no more restarts; workers accept what waits, finish, and leave. Our copies of the listening
 * sockets go at once, or the kernel would let clients in whom nobody serves. */
static void drain(struct supervisor *supervisor, const char *why)
{
    if (supervisor->phase == PHASE_DRAINING)
        return;
    struct err err = {.line = 0};
    err_set(&err, "the gateway is draining");
    supervisor->phase = PHASE_DRAINING;
    uint32_t drain_ms = supervisor->current != NULL ? supervisor->current->summary.drain_ms : 0;
    log_line(supervisor->log, LEVEL_INFO, "%s: draining, at most %u s", why, drain_ms / 1000);
    notify_service_manager("STOPPING=1");
    supervisor->look_again = false;
    timer_disarm(&supervisor->reload.retry);
    file_watch_clear(&supervisor->files);
    loading_cancel(&supervisor->loading);
    rollout_abort(supervisor, &err);
    timer_disarm(&supervisor->rollout.deadline);
    command_failed(supervisor, 1, UINT64_MAX, err.text);
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        timer_disarm(&supervisor->slots[i].restart);
        slot_send(&supervisor->slots[i], HANDOVER_DRAIN, drain_ms, slice_of(NULL, 0), NULL, 0);
    }
    listening_close(&supervisor->listening);
    timer_arm(&supervisor->drain, (int64_t)drain_ms + DRAIN_GRACE_MS);
    leave_if_alone(supervisor);
}

/* The start has failed: say why as people expect it, on standard error, and leave. */
static void give_up(struct supervisor *supervisor, const struct err *err)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    fprintf(stderr, "%s\n", err_format(err, text, sizeof(text)));
    supervisor->status = 1;
    supervisor->phase = PHASE_DRAINING;
    loading_cancel(&supervisor->loading);
    kill_all(supervisor);
    leave_if_alone(supervisor);
}

void supervisor_cover_slots(struct supervisor *supervisor)
{
    int fds[SUMMARY_ADDRESSES_MAX];
    for (unsigned i = 0; supervisor->phase == PHASE_SERVING && i < supervisor->slot_count; i++) {
        struct slot *slot = &supervisor->slots[i];
        if (slot_is_serving(slot) && slot->adopter != NULL) {
            slot_send(slot->adopter, HANDOVER_RELEASE, slot->number, slice_of(NULL, 0), NULL, 0);
            slot->adopter = NULL;
        }
        if (slot_is_serving(slot) || (slot->adopter != NULL && slot_is_serving(slot->adopter)))
            continue;
        slot->adopter = NULL;
        for (unsigned k = 1; k < supervisor->slot_count && slot->adopter == NULL; k++) {
            struct slot *neighbour = &supervisor->slots[(i + k) % supervisor->slot_count];
            if (slot_is_serving(neighbour))
                slot->adopter = neighbour;
        }
        if (slot->adopter != NULL)
            slot_send(slot->adopter, HANDOVER_ADOPT, slot->number, slice_of(NULL, 0), fds,
                      listening_of_slot(&supervisor->listening, slot->number, fds));
    }
}

static int start_process(struct supervisor *supervisor, struct slot *slot)
{
    int fds[SUMMARY_ADDRESSES_MAX];
    const struct edition *edition = supervisor->current != NULL ? supervisor->current
                                                                : supervisor->rollout.next;
    return slot_start(slot, &edition->summary, &supervisor->sinks, fds,
                      listening_of_slot(&supervisor->listening, slot->number, fds));
}

void supervisor_start_slot(struct supervisor *supervisor, struct slot *slot)
{
    if (start_process(supervisor, slot) != 0) {
        log_line(supervisor->log, LEVEL_ERROR, "cannot start worker %u: %s", slot->number, strerror(errno));
        slot->vote = VOTE_NONE;
        slot_restart_later(slot);
        rollout_advance(supervisor);
        return;
    }
    log_line(supervisor->log, LEVEL_DEBUG, "worker %u started, pid %d", slot->number, (int)slot->pid);
    if (slot->vote == VOTE_WAITING)
        rollout_join(supervisor, slot);
    else
        slot_prepare(slot, supervisor->current);
}

static void on_slot_message(void *context, struct slot *slot, struct handover *message)
{
    struct supervisor *supervisor = context;
    if (message->kind == HANDOVER_SEEN)
        remember_seen(supervisor, message->body);
    else if (supervisor->phase != PHASE_DRAINING)
        rollout_message(supervisor, slot, message);
}

static void tell_death(struct supervisor *supervisor, const struct slot *slot, int status)
{
    if (WIFSIGNALED(status))
        log_line(supervisor->log, LEVEL_ERROR, "worker %u died by signal %d (%s)", slot->number,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_line(supervisor->log, LEVEL_ERROR, "worker %u left with status %d", slot->number,
                 WEXITSTATUS(status));
}

static void on_slot_down(void *context, struct slot *slot, int status)
{
    struct supervisor *supervisor = context;
    remember_slot(supervisor, slot);
    if (supervisor->phase == PHASE_DRAINING) {
        leave_if_alone(supervisor);
        return;
    }
    tell_death(supervisor, slot, status);
    slot->restarts++;
    supervisor_cover_slots(supervisor);
    if (rollout_slot_down(supervisor, slot, status)) {
        supervisor_start_slot(supervisor, slot);
    } else if (supervisor->phase == PHASE_SERVING && !slot_is_up(slot)) {
        int64_t wait_ms = slot_restart_later(slot);
        log_line(supervisor->log, LEVEL_INFO, "worker %u is started again in %" PRId64 " ms", slot->number,
                 wait_ms);
    }
}

static void on_slot_restart(void *context, struct slot *slot)
{
    struct supervisor *supervisor = context;
    if (supervisor->phase == PHASE_SERVING && !slot_is_up(slot))
        supervisor_start_slot(supervisor, slot);
}

static const struct slot_events slot_events = {on_slot_message, on_slot_down, on_slot_restart};

static void log_report(struct supervisor *supervisor, const struct edition *edition, bool all)
{
    struct report_line line;
    struct slice rest = pack_section(&edition->pack, PACK_REPORT, 0);
    while (report_next(&rest, &line))
        if (all || line.is_warning)
            log_line(supervisor->log, line.is_warning ? LEVEL_WARNING : LEVEL_INFO, "%.*s",
                     SLICE_ARG(line.text));
}

/* Warnings of the load grow old; what still holds, and what has come since, is said every hour. */
static void on_health(void *context)
{
    struct supervisor *supervisor = context;
    if (supervisor->phase == PHASE_SERVING)
        health_log(supervisor);
    timer_arm(&supervisor->health_timer, HEALTH_LOG_MS);
}

static int open_slots(struct supervisor *supervisor, const struct summary *summary, struct err *err)
{
    supervisor->sessions_fd = memfd_new("postern-sessions", HANDOVER_SESSIONS_SIZE);
    if (supervisor->sessions_fd < 0 || memfd_fix_size(supervisor->sessions_fd) != 0)
        return err_set_errno(err, NULL, errno, "no memory for sessions");
    supervisor->slots = xcalloc(summary->workers, sizeof(*supervisor->slots));
    for (unsigned i = 0; i < summary->workers; i++) {
        if (slot_init(&supervisor->slots[i], i, supervisor->loop, &supervisor->inbox, &slot_events,
                      supervisor) != 0)
            return err_set_errno(err, NULL, errno, "no memory for worker %u", i);
        supervisor->slots[i].sessions_fd = supervisor->sessions_fd;
        supervisor->slot_count = i + 1;
    }
    return 0;
}

/* Each worker has its listeners, its slab and its channel open here too. */
static void raise_descriptors(const struct summary *summary)
{
    struct rlimit limit;
    rlim_t need = 256 + (rlim_t)summary->workers * (summary->address_count + 8);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
        return;
    limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Generation 1 is loaded: everything that the supervisor itself owns is opened now. */
static int open_house(struct supervisor *supervisor, const struct edition *edition, struct err *err)
{
    const struct summary *summary = &edition->summary;
    struct err inner = {.line = 0};
    raise_descriptors(summary);
    if (sinks_open(&supervisor->sinks, summary, supervisor->config_path, err) != 0 ||
        listening_open(&supervisor->listening, summary, supervisor->config_path, err) != 0 ||
        open_slots(supervisor, summary, err) != 0)
        return -1;
    supervisor->control = control_open(supervisor->loop, summary->control_socket, command_request, supervisor,
                                       &inner);
    if (supervisor->control == NULL)
        return err_set_at(err, supervisor->config_path, summary->control_line, "[control] socket: %s",
                          inner.text);
    supervisor->log = log_new(supervisor->sinks.events, LOG_TEXT, (enum log_level)summary->level,
                              "supervisor", supervisor->clock);
    remember_open(supervisor, summary->state_directory);
    timer_arm(&supervisor->health_timer, HEALTH_LOG_MS);
    return 0;
}

static void start_workers(struct supervisor *supervisor, struct edition *edition)
{
    struct err err = {.line = 0};
    char digest[17];
    if (open_house(supervisor, edition, &err) != 0) {
        edition_free(edition);
        give_up(supervisor, &err);
        return;
    }
    log_line(supervisor->log, LEVEL_INFO, "postern %s, %s, inputs %s", POSTERN_VERSION,
             supervisor->config_path, edition_digest(edition, digest));
    log_report(supervisor, edition, true);
    if (!edition->keys.locked)
        log_line(supervisor->log, LEVEL_WARNING,
                 "private keys cannot be locked into memory and may be swapped out; raise LimitMEMLOCK");
    supervisor->rollout.next = edition;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        if (start_process(supervisor, &supervisor->slots[i]) != 0) {
            err_set_errno(&err, NULL, errno, "cannot start worker %u", i);
            supervisor->rollout.next = NULL;
            edition_free(edition);
            give_up(supervisor, &err);
            return;
        }
    rollout_start(supervisor, edition);
}

void supervisor_load_failed(struct supervisor *supervisor, const struct err *err, bool has_verdict)
{
    if (supervisor->phase == PHASE_STARTING)
        give_up(supervisor, err);
    else if (supervisor->phase == PHASE_SERVING)
        reload_failed(supervisor, err, has_verdict);
}

static void on_loaded(void *context, struct edition *edition, const struct err *err, struct slice inputs)
{
    struct supervisor *supervisor = context;
    struct err inner = {.line = 0};
    if (edition != NULL &&
        edition_add_secret(edition, secret_view(&supervisor->ticket_secret), &inner) != 0) {
        edition_free(edition);
        edition = NULL;
        err = &inner;
        inputs = slice_of(NULL, 0); /* they were the edition's */
    }
    supervisor->reload.took_ms = clock_monotonic_ms(supervisor->clock) - supervisor->reload.began_ms;
    if (supervisor->phase == PHASE_DRAINING) {
        edition_free(edition);
    } else if (supervisor->phase == PHASE_STARTING) {
        if (edition != NULL)
            start_workers(supervisor, edition);
        else
            give_up(supervisor, err);
    } else if (denying_is_running(supervisor)) {
        if (edition != NULL)
            rollout_start(supervisor, edition);
        else
            denying_failed(supervisor, err, false);
        reload_look_once_more(supervisor);
    } else {
        const struct edition *known = edition != NULL ? edition : supervisor->current;
        if (inputs.data != NULL)
            reload_watch_inputs(supervisor, known, inputs);
        if (edition == NULL)
            reload_failed(supervisor, err, inputs.data != NULL);
        else if (reload_is_idle(supervisor, edition))
            edition_free(edition);
        else
            rollout_start(supervisor, edition);
        reload_look_once_more(supervisor);
    }
}

/* Who waits for it waits for the one that follows. */
void supervisor_put_off_load(struct supervisor *supervisor)
{
    if (!loading_is_running(&supervisor->loading) || loading_is_answered(&supervisor->loading))
        return;
    log_line(supervisor->log, LEVEL_INFO, "the load that is under way is put off");
    loading_cancel(&supervisor->loading);
    supervisor->look_again = supervisor->reload.again_is_by_hand = true;
}

static void say_ready(struct supervisor *supervisor)
{
    char line[SUMMARY_ADDRESSES_MAX * (ADDRESS_TEXT_SIZE + 2) + 64], text[ADDRESS_TEXT_SIZE];
    int end = snprintf(line, sizeof(line), "ready: generation %" PRIu64, supervisor->current->number);
    for (size_t i = 0; i < supervisor->listening.address_count; i++)
        end += snprintf(line + end, sizeof(line) - (size_t)end, ", %s",
                        address_format(&supervisor->listening.bound[i], text));
    end += snprintf(line + end, sizeof(line) - (size_t)end, "\n");
    /* One write, so that no log line gets between. */
    if (fd_write_all(STDERR_FILENO, line, (size_t)end) != 0)
        log_line(supervisor->log, LEVEL_WARNING, "standard error cannot be written to");
    notify_service_manager("READY=1");
}

/* Log files that the new configuration names; those in use stay if they cannot be opened. */
static void reopen_logs(struct supervisor *supervisor)
{
    struct err err = {.line = 0};
    char text[sizeof(err.path) + sizeof(err.text) + 32];
    if (sinks_open(&supervisor->sinks, &supervisor->current->summary, supervisor->config_path, &err) != 0) {
        log_line(supervisor->log, LEVEL_ERROR, "logs stay as they are: %s",
                 err_format(&err, text, sizeof(text)));
        return;
    }
    log_set_fd(supervisor->log, supervisor->sinks.events);
    const int fds[] = {supervisor->sinks.events, supervisor->sinks.access};
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        slot_send(&supervisor->slots[i], HANDOVER_LOGS, 0, slice_of(NULL, 0), fds,
                  supervisor->sinks.access >= 0 ? 2 : 1);
}

void supervisor_rolled_out(struct supervisor *supervisor, const struct err *err)
{
    if (err != NULL) {
        if (denying_is_running(supervisor))
            denying_failed(supervisor, err, true);
        else
            supervisor_load_failed(supervisor, err, false);
    } else if (supervisor->phase == PHASE_STARTING) {
        supervisor->phase = PHASE_SERVING;
        supervisor_cover_slots(supervisor);
        log_line(supervisor->log, LEVEL_INFO, "generation 1 in force on %u workers", supervisor->slot_count);
        reload_watch_inputs(supervisor, supervisor->current,
                            pack_section(&supervisor->current->pack, PACK_INPUTS, 0));
        say_ready(supervisor);
    } else if (denying_is_running(supervisor)) {
        denying_succeeded(supervisor);
    } else {
        reload_succeeded(supervisor);
        log_report(supervisor, supervisor->current, false);
        reopen_logs(supervisor);
        sweeping_await(supervisor, 1, supervisor->load_sequence);
    }
    reload_look_once_more(supervisor);
}

static void reap(struct supervisor *supervisor)
{
    loading_reap(&supervisor->loading);
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        slot_reap(&supervisor->slots[i]);
    reload_look_once_more(supervisor);
    leave_if_alone(supervisor);
}

static void interrupt(struct supervisor *supervisor)
{
    if (supervisor->phase != PHASE_DRAINING) {
        drain(supervisor, "interrupted");
        return;
    }
    log_line(supervisor->log, LEVEL_WARNING, "interrupted again: leaving at once");
    supervisor->status = 1;
    kill_all(supervisor);
}

static void on_signal(void *context, int number)
{
    struct supervisor *supervisor = context;
    switch (number) {
    case SIGCHLD:
        reap(supervisor);
        break;
    case SIGHUP:
        if (supervisor->phase == PHASE_SERVING)
            supervisor_look_again(supervisor, "SIGHUP");
        break;
    case SIGUSR1:
        if (supervisor->phase == PHASE_SERVING)
            reopen_logs(supervisor);
        break;
    case SIGINT:
        interrupt(supervisor);
        break;
    default:
        drain(supervisor, "SIGTERM");
    }
}

static int watch_signals(struct supervisor *supervisor)
{
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGUSR1, SIGINT, SIGTERM};
    _Static_assert(LENGTH_OF(numbers) <= SIGNALS, "room for each");
    for (size_t i = 0; i < LENGTH_OF(numbers); i++)
        if (signal_watch_start(&supervisor->signals[i], supervisor->loop, numbers[i], on_signal,
                               supervisor) != 0)
            return -1;
    return 0;
}

static void close_house(struct supervisor *supervisor)
{
    control_close(supervisor->control);
    remember_close(supervisor);
    reload_clear(supervisor);
    loading_clear(&supervisor->loading);
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        slot_clear(&supervisor->slots[i]);
    free(supervisor->slots);
    fd_close(&supervisor->sessions_fd);
    rollout_clear(&supervisor->rollout);
    sweeping_clear(supervisor);
    denying_clear(supervisor);
    edition_free(supervisor->current);
    listening_close(&supervisor->listening);
    for (size_t i = 0; i < SIGNALS; i++)
        signal_watch_stop(&supervisor->signals[i]);
    timer_clear(&supervisor->drain);
    timer_clear(&supervisor->health_timer);
    handover_inbox_clear(&supervisor->inbox);
    secret_clear(&supervisor->ticket_secret);
    log_free(supervisor->log);
    sinks_close(&supervisor->sinks);
    loop_free(supervisor->loop);
}

/* Tickets of this start, where no file has a secret for them. */
static int make_ticket_secret(struct secret *secret)
{
    if (secret_init(secret, EDITION_SECRET_SIZE) != 0 ||
        getrandom(secret->data, EDITION_SECRET_SIZE, 0) != EDITION_SECRET_SIZE)
        return -1;
    secret->length = EDITION_SECRET_SIZE;
    return 0;
}

int supervisor_run(const char *config_path)
{
    struct supervisor supervisor = {.config_path = config_path, .clock = clock_system(), .sessions_fd = -1};
    process_harden();
    (void)prctl(PR_SET_NAME, "postern", 0, 0, 0);
    supervisor.loop = loop_new(supervisor.clock);
    supervisor.started_s = clock_wall_s(supervisor.clock);
    sinks_init(&supervisor.sinks);
    rollout_init(&supervisor.rollout, &supervisor);
    sweeping_init(&supervisor);
    denying_init(&supervisor);
    timer_init(&supervisor.health_timer, supervisor.loop, on_health, &supervisor);
    reload_init(&supervisor);
    timer_init(&supervisor.drain, supervisor.loop, on_drain_over, &supervisor);
    if (handover_inbox_init(&supervisor.inbox) != 0 || make_ticket_secret(&supervisor.ticket_secret) != 0 ||
        loading_init(&supervisor.loading, supervisor.loop, on_loaded, &supervisor) != 0 ||
        watch_signals(&supervisor) != 0) {
        fprintf(stderr, "postern: cannot start: %s\n", strerror(errno));
        supervisor.status = 1;
    } else {
        supervisor_look_again(&supervisor, "start");
        /* If even the loader could not be started, we have given up already. */
        if (supervisor.phase != PHASE_DRAINING && loop_run(supervisor.loop) != 0)
            supervisor.status = 1;
    }
    close_house(&supervisor);
    return supervisor.status;
}
