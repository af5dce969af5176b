#include "status.h"

#include <inttypes.h>
#include <unistd.h>

#include "health.h"
#include "postern/base/json.h"
#include "postern/generation/generation.h"
#include "postern/generation/report.h"
#include "state.h"
#include "status_inventory.h"

static uint64_t sum(const struct supervisor *supervisor, enum metric metric)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        total += metric_get(supervisor->slots[i].metrics, metric);
    return total;
}

static uint64_t sum_refusals(const struct supervisor *supervisor, unsigned reason)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        total += metric_get_refusals(supervisor->slots[i].metrics, reason);
    return total;
}

static uint64_t sum_cuts(const struct supervisor *supervisor, unsigned reason)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        total += metric_get_cuts(supervisor->slots[i].metrics, reason);
    return total;
}

static const char *phase_text(const struct supervisor *supervisor)
{
    static const char *const texts[] = {"starting", "serving", "draining"};
    return texts[supervisor->phase];
}

static const char *slot_text(const struct slot *slot)
{
    return slot_is_serving(slot) ? "serving" : slot_is_up(slot) ? "starting" : "down";
}

static void write_workers(const struct supervisor *supervisor, struct json *json)
{
    json_array_begin(json, "workers");
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        const struct slot *slot = &supervisor->slots[i];
        json_object_begin(json, NULL);
        json_uint(json, "slot", slot->number);
        json_int(json, "pid", slot->pid);
        json_text(json, "state", slot_text(slot));
        json_uint(json, "generation", slot->in_force);
        json_uint(json, "restarts", slot->restarts);
        json_uint(json, "connections", metric_get(slot->metrics, METRIC_connections_open));
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_counters(const struct supervisor *supervisor, struct json *json)
{
    json_object_begin(json, "counters");
    for (unsigned i = 0; i < METRIC_COUNT; i++)
        if (i != METRIC_generation)
            json_uint(json, metric_name((enum metric)i), sum(supervisor, (enum metric)i));
    json_object_end(json);
    json_object_begin(json, "refusals");
    for (unsigned i = 1; i < METRIC_REASONS_MAX && generation_reason_code(i) != NULL; i++)
        json_uint(json, generation_reason_code(i), sum_refusals(supervisor, i));
    json_object_end(json);
    json_object_begin(json, "cuts");
    for (unsigned i = 1; i < METRIC_REASONS_MAX && generation_reason_code(i) != NULL; i++)
        json_uint(json, generation_reason_code(i), sum_cuts(supervisor, i));
    json_object_end(json);
}

static void write_report(const struct edition *edition, struct json *json)
{
    struct report_line line;
    struct slice rest = pack_section(&edition->pack, PACK_REPORT, 0);
    json_array_begin(json, "report");
    while (report_next(&rest, &line)) {
        json_object_begin(json, NULL);
        json_bool(json, "warning", line.is_warning);
        json_slice(json, "text", line.text);
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_generation(const struct supervisor *supervisor, struct json *json)
{
    const struct edition *edition = supervisor->current;
    char time[CLOCK_TEXT_SIZE], digest[17];
    if (edition == NULL) {
        json_null(json, "generation");
        return;
    }
    json_uint(json, "generation", edition->number);
    json_text(json, "generation_since", clock_format(edition->since_s, time));
    json_int(json, "generation_age_s", clock_wall_s(supervisor->clock) - edition->since_s);
    json_text(json, "generation_digest", edition_digest(edition, digest));
    json_uint(json, "warnings", edition->summary.warnings);
    write_report(edition, json);
    status_write_inventory(edition, clock_wall_s(supervisor->clock), json);
}

static void write_listeners(const struct supervisor *supervisor, struct json *json)
{
    char text[ADDRESS_TEXT_SIZE];
    json_array_begin(json, "listeners");
    for (size_t i = 0; i < supervisor->listening.address_count; i++)
        json_text(json, NULL, address_format(&supervisor->listening.bound[i], text));
    json_array_end(json);
}

static void write_failure(const struct supervisor *supervisor, struct json *json)
{
    char time[CLOCK_TEXT_SIZE];
    if (supervisor->failed_at_s == 0) {
        json_null(json, "failed_reload");
        return;
    }
    json_object_begin(json, "failed_reload");
    json_text(json, "time", clock_format(supervisor->failed_at_s, time));
    json_text(json, "error", supervisor->failure);
    json_object_end(json);
}

static void add_warning(void *context, const char *text, bool bites)
{
    struct json *json = context;
    json_object_begin(json, NULL);
    json_bool(json, "bites", bites);
    json_text(json, "text", text);
    json_object_end(json);
}

static void write_health(const struct supervisor *supervisor, struct json *json)
{
    json_bool(json, "healthy", health_is_good(supervisor));
    json_array_begin(json, "to_do");
    health_each(supervisor, add_warning, json);
    json_array_end(json);
}

bool status_write_json(const struct supervisor *supervisor, struct buffer *out)
{
    struct json json;
    char time[CLOCK_TEXT_SIZE], watch[128];
    json_init(&json, out);
    json_object_begin(&json, NULL);
    json_int(&json, "version", CONTROL_VERSION);
    json_bool(&json, "ok", true);
    json_text(&json, "postern", POSTERN_VERSION);
    json_int(&json, "pid", getpid());
    json_text(&json, "state", phase_text(supervisor));
    json_text(&json, "config", supervisor->config_path);
    json_text(&json, "started", clock_format(supervisor->started_s, time));
    write_listeners(supervisor, &json);
    write_health(supervisor, &json);
    write_generation(supervisor, &json);
    json_uint(&json, "reloads", supervisor->reloads);
    json_uint(&json, "reloads_failed", supervisor->reloads_failed);
    write_failure(supervisor, &json);
    json_text(&json, "watch", file_watch_describe(&supervisor->files, watch, sizeof(watch)));
    write_workers(supervisor, &json);
    write_counters(supervisor, &json);
    json_object_end(&json);
    return json_end(&json);
}

static bool tell_generation(const struct supervisor *supervisor, struct buffer *out)
{
    const struct edition *edition = supervisor->current;
    char time[CLOCK_TEXT_SIZE], span[CLOCK_TEXT_SIZE], digest[17];
    struct report_line line;
    if (edition == NULL)
        return buffer_append_text(out, "generation   none yet\n");
    clock_span(clock_wall_s(supervisor->clock) - edition->since_s, span);
    bool fits = buffer_printf(out, "generation   %" PRIu64 " since %s (%s), digest %s\n", edition->number,
                              clock_format(edition->since_s, time), span, edition_digest(edition, digest));
    fits = fits && status_tell_inventory(edition, clock_wall_s(supervisor->clock), out);
    struct slice rest = pack_section(&edition->pack, PACK_REPORT, 0);
    while (fits && report_next(&rest, &line))
        if (!line.is_warning && !line.is_timed)
            fits = buffer_printf(out, "  %.*s\n", SLICE_ARG(line.text));
    return fits;
}

static bool tell_workers(const struct supervisor *supervisor, struct buffer *out)
{
    bool fits = true;
    for (unsigned i = 0; fits && i < supervisor->slot_count; i++) {
        const struct slot *slot = &supervisor->slots[i];
        fits = buffer_printf(
            out, "worker %-5u pid %d, %s, generation %" PRIu64 ", %" PRIu64 " connections, %u restarts\n",
            slot->number, (int)slot->pid, slot_text(slot), slot->in_force,
            metric_get(slot->metrics, METRIC_connections_open), slot->restarts);
    }
    return fits;
}

static bool tell_counters(const struct supervisor *supervisor, struct buffer *out)
{
    bool fits = true;
    for (unsigned i = 0; fits && i < METRIC_COUNT; i++)
        if (i != METRIC_generation)
            fits = buffer_printf(out, "%-28s %" PRIu64 "\n", metric_name((enum metric)i),
                                 sum(supervisor, (enum metric)i));
    for (unsigned i = 1; fits && i < METRIC_REASONS_MAX && generation_reason_code(i) != NULL; i++)
        if (sum_refusals(supervisor, i) != 0)
            fits = buffer_printf(out, "refused: %-19s %" PRIu64 "\n", generation_reason_code(i),
                                 sum_refusals(supervisor, i));
    for (unsigned i = 1; fits && i < METRIC_REASONS_MAX && generation_reason_code(i) != NULL; i++)
        if (sum_cuts(supervisor, i) != 0)
            fits = buffer_printf(out, "cut: %-23s %" PRIu64 "\n", generation_reason_code(i),
                                 sum_cuts(supervisor, i));
    return fits;
}

struct telling {
    struct buffer *out;
    bool fits, any;
};

static void tell_warning(void *context, const char *text, bool bites)
{
    struct telling *telling = context;
    telling->any = true;
    telling->fits = telling->fits &&
                    buffer_printf(telling->out, "%s %s\n", bites ? "ACT NOW:" : "WARNING:", text);
}

static void count_warning(void *context, const char *text, bool bites)
{
    unsigned *count = context;
    (void)text;
    *count += bites;
}

bool status_write_line(const struct supervisor *supervisor, struct buffer *out)
{
    uint64_t refused = 0, cut = 0;
    unsigned serving = 0, biting = 0;
    for (unsigned i = 1; i < METRIC_REASONS_MAX; i++) {
        refused += sum_refusals(supervisor, i);
        cut += sum_cuts(supervisor, i);
    }
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        serving += slot_is_serving(&supervisor->slots[i]);
    health_each(supervisor, count_warning, &biting);
    return buffer_printf(out,
                         "%s, generation %" PRIu64 ", %u/%u workers, %" PRIu64 " connections, %" PRIu64
                         " refused, %" PRIu64 " cut, %s",
                         phase_text(supervisor),
                         supervisor->current != NULL ? supervisor->current->number : 0, serving,
                         supervisor->slot_count, sum(supervisor, METRIC_connections_open), refused, cut,
                         supervisor->failed_at_s != 0 ? "the last reload failed"
                         : biting > 0                 ? "something to act on"
                                                      : "all is well");
}

bool status_write_text(const struct supervisor *supervisor, struct buffer *out)
{
    char text[ADDRESS_TEXT_SIZE], time[CLOCK_TEXT_SIZE], watch[128];
    struct telling telling = {out, true, false};
    health_each(supervisor, tell_warning, &telling);
    bool fits = telling.fits && (telling.any || buffer_printf(out, "all is well\n")) &&
                buffer_printf(out, "postern      %s, pid %d, %s since %s\n", POSTERN_VERSION, (int)getpid(),
                              phase_text(supervisor), clock_format(supervisor->started_s, time)) &&
                buffer_printf(out, "config       %s\n", supervisor->config_path);
    for (size_t i = 0; fits && i < supervisor->listening.address_count; i++)
        fits = buffer_printf(out, "listener     %s\n", address_format(&supervisor->listening.bound[i], text));
    fits = fits && tell_generation(supervisor, out) &&
           buffer_printf(out, "watch        %s\n",
                         file_watch_describe(&supervisor->files, watch, sizeof(watch)));
    return fits && tell_workers(supervisor, out) && tell_counters(supervisor, out);
}
