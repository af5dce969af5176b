#include "page_table.h"

#include <math.h>

#include "axis.h"
#include "postern/base/attributes.h"

static const double percentiles[] = {50, 99, 99.9};

static bool has_sizes(const struct chapter *chapter)
{
    bool found = false;
    for (size_t i = 0; i < chapter->entry_count; i++)
        found = found || chapter->entries[i].crl_entries >= 0;
    return found;
}

static bool has_remarks(const struct chapter *chapter)
{
    bool found = false;
    for (size_t i = 0; i < chapter->entry_count; i++)
        found = found || chapter_entry_note(&chapter->entries[i])[0] ||
                chapter_entry_typical(&chapter->entries[i])->cause_count > 0;
    return found;
}

static void write_cell(struct markup *markup, const char *text)
{
    markup_print(markup, "<td>");
    markup_text(markup, text);
    markup_print(markup, "</td>");
}

/* A dash where there is nothing. */
static void write_number(struct markup *markup, double value)
{
    char text[AXIS_TEXT_SIZE] = "\xe2\x80\x93";
    if (value > 0)
        axis_format_number(value < 100 ? round(value * 10) / 10 : round(value), text);
    write_cell(markup, text);
}

static void write_head(struct markup *markup, const struct chapter *chapter)
{
    const struct chapter_figure *figure = chapter_figure(chapter);
    markup_print(markup, "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">server</th>");
    if (has_sizes(chapter))
        markup_print(markup, "<th scope=\"col\">CRL entries</th>");
    if (figure->of != result_rate) {
        markup_print(markup, "<th scope=\"col\">");
        markup_text(markup, figure->unit[0] == '/' ? figure->unit + 1 : figure->unit);
        markup_print(markup, "</th>");
    }
    markup_print(markup, "<th scope=\"col\">rate/s</th>");
    for (size_t i = 0; i < LENGTH_OF(percentiles); i++)
        markup_print(markup, "<th scope=\"col\">p%.3g</th>", percentiles[i]);
    markup_print(markup,
                 "<th scope=\"col\">longest</th><th scope=\"col\">rounds</th>"
                 "<th scope=\"col\">failures</th>%s</tr></thead>\n<tbody>\n",
                 has_remarks(chapter) ? "<th scope=\"col\" class=\"text\">remarks</th>" : "");
}

static void write_latencies(struct markup *markup, const struct histogram *latency)
{
    char text[AXIS_TEXT_SIZE] = "\xe2\x80\x93";
    for (size_t i = 0; i <= LENGTH_OF(percentiles); i++) {
        double percent = i < LENGTH_OF(percentiles) ? percentiles[i] : 100;
        if (latency->total > 0)
            axis_format_ns((double)histogram_percentile(latency, percent), text);
        write_cell(markup, text);
    }
}

static void write_remarks(struct markup *markup, const struct chapter_entry *entry)
{
    const struct result *typical = chapter_entry_typical(entry);
    const char *note = chapter_entry_note(entry);
    markup_print(markup, "<td class=\"text\">");
    markup_text(markup, note);
    for (unsigned i = 0; i < typical->cause_count && i < 3; i++) {
        markup_print(markup, "%s%llu \xc3\x97 ", i > 0 || note[0] ? "; " : "",
                     (unsigned long long)typical->causes[i].count);
        markup_text(markup, typical->causes[i].label);
    }
    markup_print(markup, "</td>");
}

static void write_row(struct markup *markup, const struct chapter *chapter, const struct chapter_entry *entry)
{
    static const struct chapter_figure rate = {.of = result_rate};
    const struct chapter_figure *figure = chapter_figure(chapter);
    unsigned long long failures = 0;
    for (size_t i = 0; i < entry->round_count; i++)
        failures += entry->rounds[i]->tally.failures.total;
    markup_print(markup, "<tr><th scope=\"row\">");
    markup_text(markup, entry->label);
    markup_print(markup, "</th>");
    if (has_sizes(chapter)) {
        char size[AXIS_TEXT_SIZE] = "\xe2\x80\x93";
        if (entry->crl_entries >= 0)
            axis_format_number((double)entry->crl_entries, size);
        write_cell(markup, size);
    }
    if (figure->of != result_rate)
        write_number(markup, chapter_entry_value(entry, figure));
    if (chapter_entry_is_client_bound(entry))
        write_cell(markup, "client-bound");
    else
        write_number(markup, chapter_entry_value(entry, &rate));
    write_latencies(markup, &entry->latency);
    markup_print(markup, "<td>%zu</td><td>%llu</td>", entry->round_count, failures);
    if (has_remarks(chapter))
        write_remarks(markup, entry);
    markup_print(markup, "</tr>\n");
}

void page_table(struct markup *markup, const struct chapter *chapter)
{
    write_head(markup, chapter);
    for (size_t i = 0; i < chapter->entry_count; i++)
        write_row(markup, chapter, &chapter->entries[i]);
    markup_print(markup, "</tbody>\n</table></div>\n");
}
