#include "remember.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/memory.h"
#include "state.h"

/* A large history is written less often: at most 64 MiB in ten minutes. */
enum { KEEP_MS = 10000, KEEP_MS_FOR_EACH = 100, KEEP_CLIENTS = 20 };

static void refresh(struct supervisor *supervisor)
{
    history_forget_connections(supervisor->history);
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        if (slot_is_up(&supervisor->slots[i]))
            history_merge(supervisor->history, &supervisor->slots[i].records->visits);
    history_prune(supervisor->history, clock_wall_s(supervisor->clock));
}

static void complain(struct supervisor *supervisor, const struct err *err)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    if (!supervisor->history_failed)
        log_line(supervisor->log, LEVEL_WARNING,
                 "clients seen are not kept over a restart, and `postern trial` knows those since this start "
                 "only: %s",
                 err_format(err, text, sizeof(text)));
    supervisor->history_failed = true;
}

static void keep(struct supervisor *supervisor)
{
    struct err err = {.line = 0};
    refresh(supervisor);
    if (history_save(supervisor->history, supervisor->history_path, &err) != 0)
        complain(supervisor, &err);
    else
        supervisor->history_failed = false;
}

static void arm(struct supervisor *supervisor)
{
    int64_t clients = (int64_t)history_count(supervisor->history);
    timer_arm(&supervisor->history_timer, KEEP_MS + KEEP_MS_FOR_EACH * (clients / KEEP_CLIENTS));
}

static void on_keep(void *context)
{
    struct supervisor *supervisor = context;
    if (history_is_new(supervisor->history))
        keep(supervisor);
    arm(supervisor);
}

bool remember_trouble(const char *state_directory, char out[REMEMBER_TROUBLE_SIZE])
{
    if (access(state_directory, W_OK | X_OK) == 0)
        return false;
    snprintf(out, REMEMBER_TROUBLE_SIZE,
             "[state] directory %s cannot be written (%s): `postern deny` will fail, and nothing is "
             "remembered over a restart",
             state_directory, strerror(errno));
    return true;
}

void remember_open(struct supervisor *supervisor, const char *state_directory)
{
    struct err err = {.line = 0};
    char trouble[REMEMBER_TROUBLE_SIZE];
    supervisor->history = history_new();
    if (asprintf(&supervisor->history_path, "%s/clients-seen", state_directory) < 0)
        supervisor->history_path = NULL;
    timer_init(&supervisor->history_timer, supervisor->loop, on_keep, supervisor);
    if (supervisor->history_path == NULL)
        return;
    (void)mkdir(state_directory, 0700);
    if (remember_trouble(state_directory, trouble)) {
        log_line(supervisor->log, LEVEL_WARNING, "%s", trouble);
        supervisor->history_failed = true;
    } else if (history_load(supervisor->history, supervisor->history_path, clock_wall_s(supervisor->clock),
                            &err) != 0) {
        complain(supervisor, &err);
    }
    arm(supervisor);
}

void remember_seen(struct supervisor *supervisor, struct slice records)
{
    if (supervisor->history != NULL)
        history_take(supervisor->history, records);
}

void remember_slot(struct supervisor *supervisor, const struct slot *slot)
{
    if (supervisor->history != NULL && slot->records != NULL)
        history_merge(supervisor->history, &slot->records->visits);
}

int remember_snapshot(struct supervisor *supervisor)
{
    refresh(supervisor);
    return history_snapshot(supervisor->history);
}

void remember_close(struct supervisor *supervisor)
{
    if (supervisor->history == NULL)
        return;
    if (supervisor->history_path != NULL)
        keep(supervisor);
    timer_clear(&supervisor->history_timer);
    history_free(supervisor->history);
    free(supervisor->history_path);
}
