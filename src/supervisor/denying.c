#include "denying.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "postern/base/memory.h"
#include "state.h"

struct wish {
    struct list link;
    uint64_t token; /* control_client_wait() */
    char *change;
};

static struct wish *first(const struct supervisor *supervisor)
{
    struct list *link = list_first(&supervisor->denying.wishes);
    return link == NULL ? NULL : LIST_ENTRY(link, struct wish, link);
}

static void drop(struct wish *wish)
{
    list_remove(&wish->link);
    free(wish->change);
    free(wish);
}

void denying_init(struct supervisor *supervisor)
{
    list_init(&supervisor->denying.wishes);
}

void denying_clear(struct supervisor *supervisor)
{
    struct wish *wish;
    while ((wish = first(supervisor)) != NULL)
        drop(wish);
}

bool denying_is_running(const struct supervisor *supervisor)
{
    return supervisor->denying.is_running;
}

uint64_t denying_ask(struct supervisor *supervisor, struct slice change)
{
    struct wish *wish = xcalloc(1, sizeof(*wish));
    uint64_t token = DENYING_FIRST + supervisor->denying.asked++;
    wish->token = token;
    wish->change = xstrndup(change.data, change.length);
    list_append(&supervisor->denying.wishes, &wish->link);
    if (!supervisor->denying.is_running)
        supervisor_put_off_load(supervisor);
    (void)denying_next(supervisor);
    return token;
}

bool denying_next(struct supervisor *supervisor)
{
    struct err err = {.line = 0};
    struct wish *wish = first(supervisor);
    if (wish == NULL || supervisor->denying.is_running || supervisor->phase != PHASE_SERVING ||
        loading_is_running(&supervisor->loading) || rollout_is_running(&supervisor->rollout))
        return false;
    supervisor->denying.is_running = true;
    uint64_t number = supervisor->current->number + 1;
    log_line(supervisor->log, LEVEL_INFO, "postern deny, %s: making generation %" PRIu64, wish->change,
             number);
    if (loading_deny(&supervisor->loading, slice_text(wish->change), number, supervisor->current, &err) != 0)
        denying_failed(supervisor, &err, false);
    return true;
}

void denying_failed(struct supervisor *supervisor, const struct err *err, bool is_kept)
{
    static const char kept[] = "it is on the list, and comes into force with the next generation; ";
    char text[sizeof(kept) + sizeof(err->path) + sizeof(err->text) + 32];
    struct wish *wish = first(supervisor);
    supervisor->denying.is_running = false;
    snprintf(text, sizeof(text), "%s", is_kept ? kept : "");
    err_format(err, text + strlen(text), sizeof(text) - strlen(text));
    log_line(supervisor->log, LEVEL_ERROR, "postern deny, %s: %s", wish->change, text);
    command_failed(supervisor, wish->token, wish->token, text);
    drop(wish);
}

void denying_succeeded(struct supervisor *supervisor)
{
    struct wish *wish = first(supervisor);
    supervisor->denying.is_running = false;
    log_line(supervisor->log, LEVEL_INFO, "postern deny, %s: in force by generation %" PRIu64, wish->change,
             supervisor->current->number);
    sweeping_await(supervisor, wish->token, wish->token);
    drop(wish);
}
