#include "reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "postern/generation/input_list.h"
#include "state.h"

static int64_t now_ms(const struct supervisor *supervisor)
{
    return clock_monotonic_ms(supervisor->clock);
}

static uint64_t start(struct supervisor *supervisor, const char *why)
{
    struct err err = {.line = 0};
    struct reload *reload = &supervisor->reload;
    uint64_t sequence = ++supervisor->load_sequence;
    uint64_t number = supervisor->current != NULL ? supervisor->current->number + 1 : 1;
    log_line(supervisor->log, LEVEL_INFO, "%s: loading generation %" PRIu64, why, number);
    timer_disarm(&reload->retry);
    file_watch_load_begins(&supervisor->files);
    reload->began_ms = now_ms(supervisor);
    if (loading_start(&supervisor->loading, supervisor->config_path, number,
                      supervisor->current != NULL ? supervisor->current->pack_fd : -1, &err) != 0)
        supervisor_load_failed(supervisor, &err, false);
    return sequence;
}

static bool is_busy(const struct supervisor *supervisor)
{
    return loading_is_running(&supervisor->loading) || rollout_is_running(&supervisor->rollout);
}

uint64_t supervisor_look_again(struct supervisor *supervisor, const char *why)
{
    struct reload *reload = &supervisor->reload;
    if (is_busy(supervisor)) {
        supervisor->look_again = reload->again_is_by_hand = true;
        return supervisor->load_sequence + 1;
    }
    reload->is_by_hand = true;
    reload->noticed_ms = now_ms(supervisor);
    return start(supervisor, why);
}

void reload_on_change(void *context, const char *what)
{
    struct supervisor *supervisor = context;
    struct reload *reload = &supervisor->reload;
    if (supervisor->phase != PHASE_SERVING)
        return;
    if (is_busy(supervisor)) {
        supervisor->look_again = true;
        return;
    }
    reload->is_by_hand = false;
    reload->noticed_ms = supervisor->files.noticed_ms;
    start(supervisor, what);
}

static void on_retry(void *context)
{
    struct supervisor *supervisor = context;
    if (supervisor->phase != PHASE_SERVING || is_busy(supervisor))
        return;
    supervisor->reload.is_by_hand = false;
    supervisor->reload.noticed_ms = now_ms(supervisor);
    start(supervisor, "the last load failed");
}

void reload_look_once_more(struct supervisor *supervisor)
{
    struct reload *reload = &supervisor->reload;
    if (denying_next(supervisor))
        return;
    if (!supervisor->look_again || supervisor->phase != PHASE_SERVING || is_busy(supervisor))
        return;
    bool is_by_hand = reload->again_is_by_hand;
    supervisor->look_again = reload->again_is_by_hand = false;
    if (is_by_hand)
        supervisor_look_again(supervisor, "asked again meanwhile");
    else if (file_watch_has_changed(&supervisor->files))
        reload_on_change(supervisor, "files changed again meanwhile");
}

void reload_init(struct supervisor *supervisor)
{
    timer_init(&supervisor->reload.retry, supervisor->loop, on_retry, supervisor);
    file_watch_init(&supervisor->files, supervisor->loop, reload_on_change, supervisor);
}

void reload_clear(struct supervisor *supervisor)
{
    timer_clear(&supervisor->reload.retry);
    file_watch_clear(&supervisor->files);
}

void reload_watch_inputs(struct supervisor *supervisor, const struct edition *edition, struct slice inputs)
{
    const struct summary *summary = &edition->summary;
    const struct file_watch_options options = {.use = summary->watch != SUMMARY_WATCH_OFF,
                                               .inotify = summary->watch == SUMMARY_WATCH_INOTIFY,
                                               .poll_ms = summary->poll_ms,
                                               .log = supervisor->log};
    char text[128];
    bool was_watching = supervisor->files.file_count > 0;
    file_watch_set(&supervisor->files, inputs, &options);
    if (!was_watching && options.use)
        log_line(supervisor->log, LEVEL_INFO, "watching %s",
                 file_watch_describe(&supervisor->files, text, sizeof(text)));
}

static bool is_same(const struct edition *left, const struct edition *right)
{
    return memcmp(left->pack.digest, right->pack.digest, sizeof(left->pack.digest)) == 0 &&
           input_list_same_paths(pack_section(&left->pack, PACK_INPUTS, 0),
                                 pack_section(&right->pack, PACK_INPUTS, 0));
}

bool reload_is_idle(struct supervisor *supervisor, const struct edition *edition)
{
    struct reload *reload = &supervisor->reload;
    if (reload->is_by_hand || supervisor->current == NULL || !is_same(edition, supervisor->current))
        return false;
    reload->retry_ms = 0;
    log_line(supervisor->log, LEVEL_INFO,
             "files hold what they held: generation %" PRIu64 " stays in force%s",
             supervisor->current->number, supervisor->failed_at_s != 0 ? ", and what failed is mended" : "");
    supervisor->failed_at_s = 0;
    return true;
}

static int64_t next_wait(struct reload *reload, bool has_verdict)
{
    int64_t wait_ms = has_verdict            ? RELOAD_RETRY_LAST_MS
                      : reload->retry_ms > 0 ? 4 * reload->retry_ms
                                             : RELOAD_RETRY_FIRST_MS;
    reload->retry_ms = wait_ms < RELOAD_RETRY_LAST_MS ? wait_ms : RELOAD_RETRY_LAST_MS;
    return reload->retry_ms;
}

void reload_failed(struct supervisor *supervisor, const struct err *err, bool has_verdict)
{
    char text[sizeof(supervisor->failure)];
    struct reload *reload = &supervisor->reload;
    err_format(err, text, sizeof(text));
    /* One error is told once, however often the same files are tried. */
    bool is_news = reload->is_by_hand || supervisor->failed_at_s == 0 ||
                   strcmp(text, supervisor->failure) != 0;
    memcpy(supervisor->failure, text, sizeof(text));
    supervisor->failed_at_s = clock_wall_s(supervisor->clock);
    supervisor->reloads_failed++;
    log_line(supervisor->log, is_news ? LEVEL_ERROR : LEVEL_DEBUG,
             "reload failed, generation %" PRIu64 " stays in force: %s", supervisor->current->number,
             supervisor->failure);
    command_failed(supervisor, 1, supervisor->load_sequence, supervisor->failure);
    if (supervisor->current->summary.watch != SUMMARY_WATCH_OFF)
        timer_arm(&reload->retry, next_wait(reload, has_verdict));
}

void reload_succeeded(struct supervisor *supervisor)
{
    char digest[17];
    struct reload *reload = &supervisor->reload;
    supervisor->failed_at_s = 0;
    supervisor->reloads++;
    reload->retry_ms = 0;
    log_line(supervisor->log, LEVEL_INFO,
             "generation %" PRIu64 " in force on %u/%u workers, inputs %s, %" PRId64
             " ms after it was noticed (%" PRId64 " ms to load)",
             supervisor->current->number, command_serving(supervisor), supervisor->slot_count,
             edition_digest(supervisor->current, digest), now_ms(supervisor) - reload->noticed_ms,
             reload->took_ms);
}
