#include "health.h"

#include <stdio.h>

#include "postern/generation/inventory.h"
#include "postern/generation/report.h"
#include "remember.h"
#include "state.h"

static void each_of_inventory(const struct supervisor *supervisor, void (*each)(void *, const char *, bool),
                              void *context)
{
    struct slice section = pack_section(&supervisor->current->pack, PACK_INVENTORY, 0);
    int64_t now_s = clock_wall_s(supervisor->clock);
    struct inventory_item item;
    char text[INVENTORY_LINE_SIZE];
    bool bites;
    for (size_t i = 0; inventory_read(section, i, &item); i++)
        if (inventory_warning(&item, now_s, text, &bites))
            each(context, text, bites);
}

/* What does not change with time; the inventory has the rest as of now. */
static void each_of_report(const struct supervisor *supervisor, void (*each)(void *, const char *, bool),
                           void *context)
{
    struct slice rest = pack_section(&supervisor->current->pack, PACK_REPORT, 0);
    struct report_line line;
    char text[2048];
    while (report_next(&rest, &line)) {
        if (!line.is_warning || line.is_timed)
            continue;
        snprintf(text, sizeof(text), "%.*s", SLICE_ARG(line.text));
        each(context, text, false);
    }
}

static unsigned count_workers(const struct supervisor *supervisor, enum metric gauge)
{
    unsigned count = 0;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        count += metric_get(supervisor->slots[i].metrics, gauge) != 0;
    return count;
}

/* As of the last try, which may be long ago: nothing to wake somebody up for by itself. */
static void each_of_backends(const struct supervisor *supervisor, void (*each)(void *, const char *, bool),
                             void *context)
{
    unsigned count = count_workers(supervisor, METRIC_upstreams_down);
    char text[192];
    if (count == 0)
        return;
    snprintf(text, sizeof(text),
             "%u of %u workers could not reach a backend when they last tried; the event log names it", count,
             supervisor->slot_count);
    each(context, text, false);
}

static void each_of_logs(const struct supervisor *supervisor, void (*each)(void *, const char *, bool),
                         void *context)
{
    unsigned stuck = count_workers(supervisor, METRIC_access_log_stuck);
    char text[192];
    if (stuck == 0)
        return;
    snprintf(
        text, sizeof(text),
        "%u of %u workers cannot write the access log, and what they do is not recorded: is its disk full? "
        "The event log says why",
        stuck, supervisor->slot_count);
    each(context, text, true);
}

static void each_of_state(const struct supervisor *supervisor, void (*each)(void *, const char *, bool),
                          void *context)
{
    char text[REMEMBER_TROUBLE_SIZE];
    if (remember_trouble(supervisor->current->summary.state_directory, text))
        each(context, text, false);
}

void health_each(const struct supervisor *supervisor, void (*each)(void *, const char *, bool), void *context)
{
    char text[sizeof(supervisor->failure) + 96], time[CLOCK_TEXT_SIZE];
    if (supervisor->failed_at_s != 0) {
        snprintf(text, sizeof(text), "the last reload failed at %s: %s",
                 clock_format(supervisor->failed_at_s, time), supervisor->failure);
        each(context, text, true);
    }
    for (unsigned i = 0; supervisor->phase == PHASE_SERVING && i < supervisor->slot_count; i++) {
        if (slot_is_serving(&supervisor->slots[i]))
            continue;
        snprintf(text, sizeof(text), "worker %u is not serving", supervisor->slots[i].number);
        each(context, text, true);
    }
    each_of_logs(supervisor, each, context);
    each_of_backends(supervisor, each, context);
    if (supervisor->current == NULL)
        return;
    each_of_state(supervisor, each, context);
    each_of_inventory(supervisor, each, context);
    each_of_report(supervisor, each, context);
}

static void note_bite(void *context, const char *text, bool bites)
{
    bool *is_good = context;
    (void)text;
    *is_good = *is_good && !bites;
}

bool health_is_good(const struct supervisor *supervisor)
{
    bool is_good = true;
    health_each(supervisor, note_bite, &is_good);
    return is_good;
}

static void log_one(void *context, const char *text, bool bites)
{
    (void)bites;
    log_line(context, LEVEL_WARNING, "%s", text);
}

void health_log(const struct supervisor *supervisor)
{
    health_each(supervisor, log_one, supervisor->log);
}
