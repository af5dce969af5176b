#include "chapter.h"

#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"

static const char *title_of(const struct result *result)
{
    return result->scenario[0] ? result->scenario : mode_name(result->mode);
}

static const char *label_of(const struct result *result)
{
    return result->label[0] ? result->label : result->url;
}

static struct chapter *find_chapter(struct chapter_list *chapters, const struct result *result)
{
    for (size_t i = 0; i < chapters->count; i++) {
        struct chapter *chapter = &chapters->items[i];
        if (chapter->mode == result->mode && strcmp(chapter->title, title_of(result)) == 0)
            return chapter;
    }
    chapters->items = xreallocarray(chapters->items, chapters->count + 1, sizeof(struct chapter));
    struct chapter *chapter = &chapters->items[chapters->count++];
    *chapter = (struct chapter){.title = title_of(result), .mode = result->mode};
    return chapter;
}

static unsigned find_color(struct chapter_list *chapters, const char *label)
{
    for (size_t i = 0; i < chapters->label_count; i++) {
        if (strcmp(chapters->labels[i], label) == 0)
            return (unsigned)i;
    }
    chapters->labels = xreallocarray(chapters->labels, chapters->label_count + 1, sizeof(char *));
    chapters->labels[chapters->label_count] = label;
    return (unsigned)chapters->label_count++;
}

static struct chapter_entry *find_entry(struct chapter *chapter, const struct result *result, unsigned color)
{
    for (size_t i = 0; i < chapter->entry_count; i++) {
        struct chapter_entry *entry = &chapter->entries[i];
        if (entry->crl_entries == result->crl_entries && strcmp(entry->label, label_of(result)) == 0)
            return entry;
    }
    chapter->entries = xreallocarray(chapter->entries, chapter->entry_count + 1, sizeof(*chapter->entries));
    struct chapter_entry *entry = &chapter->entries[chapter->entry_count++];
    *entry = (struct chapter_entry){
        .label = label_of(result), .color = color, .crl_entries = result->crl_entries};
    histogram_init(&entry->latency);
    return entry;
}

void chapter_list_init(struct chapter_list *chapters, const struct result_list *results)
{
    *chapters = (struct chapter_list){0};
    for (size_t i = 0; i < results->count; i++) {
        const struct result *result = results->items[i];
        unsigned color = find_color(chapters, label_of(result));
        struct chapter_entry *entry = find_entry(find_chapter(chapters, result), result, color);
        entry->rounds = xreallocarray(entry->rounds, entry->round_count + 1, sizeof(struct result *));
        entry->rounds[entry->round_count++] = result;
        histogram_merge(&entry->latency, &result->tally.operation);
    }
}

void chapter_list_clear(struct chapter_list *chapters)
{
    for (size_t i = 0; i < chapters->count; i++) {
        struct chapter *chapter = &chapters->items[i];
        for (size_t j = 0; j < chapter->entry_count; j++) {
            free(chapter->entries[j].rounds);
            histogram_clear(&chapter->entries[j].latency);
        }
        free(chapter->entries);
    }
    free(chapters->items);
    free(chapters->labels);
    *chapters = (struct chapter_list){0};
}

static double megabytes_a_second(const struct result *result)
{
    const struct tally *tally = &result->tally;
    return tally->seconds > 0 ? (double)tally->content / 1e6 / tally->seconds : 0;
}

static double megabytes_a_cpu_second(const struct result *result)
{
    return result->server.cpu_s > 0 ? (double)result->tally.content / 1e6 / result->server.cpu_s : 0;
}

static double kib_a_connection(const struct result *result)
{
    double grown = (double)result->server.memory_end_kib - (double)result->server.memory_begin_kib;
    return result->tally.holding > 0 && grown > 0 ? grown / (double)result->tally.holding : 0;
}

static double connections_held(const struct result *result)
{
    return (double)result->tally.holding;
}

static bool is_server_known(const struct chapter *chapter)
{
    bool is_known = true;
    for (size_t i = 0; i < chapter->entry_count; i++) {
        for (size_t j = 0; j < chapter->entries[i].round_count; j++) {
            const struct result *result = chapter->entries[i].rounds[j];
            /* Who could not be measured at all keeps nobody else from being told. */
            bool is_empty = result->tally.operations == 0 && result->tally.holding == 0;
            is_known = is_known && (result->server.is_known || is_empty);
        }
    }
    return is_known;
}

const struct chapter_figure *chapter_figure(const struct chapter *chapter)
{
    static const struct chapter_figure figures[MODE_COUNT][2] = {
        [MODE_MIXED] = {{"Requests a second", "/s", "Longer is better.", true, false, result_rate},
                        {"Requests for each second of the server\xe2\x80\x99s CPU", "per CPU s",
                         "How many it does with one core to itself; longer is better.", false, false,
                         result_server_rate}},

        [MODE_HANDSHAKE] = {{"Handshakes a second", "/s", "Longer is better.", true, false, result_rate},
                            {"Handshakes for each second of the server\xe2\x80\x99s CPU", "per CPU s",
                             "How many it does with one core to itself; longer is better.", false, false,
                             result_server_rate}},
        [MODE_REQUEST] = {{"Requests a second", "/s", "Longer is better.", true, false, result_rate},
                          {"Requests for each second of the server\xe2\x80\x99s CPU", "per CPU s",
                           "How many it does with one core to itself; longer is better.", false, false,
                           result_server_rate}},
        [MODE_STREAM] = {{"Throughput", "MB/s", "Longer is better.", true, false, megabytes_a_second},
                         {"Throughput for each second of the server\xe2\x80\x99s CPU", "MB/CPU s",
                          "How much it moves with one core to itself; longer is better.", false, false,
                          megabytes_a_cpu_second}},
        [MODE_IDLE] = {{"Connections held open", "", "All that were asked for should be.", false, false,
                        connections_held},
                       {"Memory of an idle connection", "KiB",
                        "Growth of the server\xe2\x80\x99s memory, divided by the connections that it "
                        "holds; shorter is better.",
                        false, true, kib_a_connection}},
    };
    return &figures[chapter->mode][is_server_known(chapter)];
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double chapter_entry_value(const struct chapter_entry *entry, const struct chapter_figure *figure)
{
    double *values = xcalloc(entry->round_count, sizeof(*values));
    size_t middle = entry->round_count / 2;
    for (size_t i = 0; i < entry->round_count; i++)
        values[i] = figure->of(entry->rounds[i]);
    qsort(values, entry->round_count, sizeof(*values), compare_doubles);
    double median = entry->round_count % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    free(values);
    return median;
}

static int compare_rates(const void *left, const void *right)
{
    double a = result_rate(*(const struct result *const *)left);
    double b = result_rate(*(const struct result *const *)right);
    return (a > b) - (a < b);
}

const struct result *chapter_entry_typical(const struct chapter_entry *entry)
{
    const struct result **sorted = xcalloc(entry->round_count, sizeof(struct result *));
    for (size_t i = 0; i < entry->round_count; i++)
        sorted[i] = entry->rounds[i];
    qsort(sorted, entry->round_count, sizeof(struct result *), compare_rates);
    const struct result *typical = sorted[entry->round_count / 2];
    free(sorted);
    return typical;
}

bool chapter_entry_is_client_bound(const struct chapter_entry *entry)
{
    bool is_bound = false;
    for (size_t i = 0; i < entry->round_count; i++)
        is_bound = is_bound || entry->rounds[i]->is_client_bound;
    return is_bound;
}

const char *chapter_entry_note(const struct chapter_entry *entry)
{
    for (size_t i = 0; i < entry->round_count; i++) {
        if (entry->rounds[i]->note[0])
            return entry->rounds[i]->note;
    }
    return "";
}
