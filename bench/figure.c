#include "figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plot.h"
#include "postern/base/memory.h"

enum { POINTS_MAX = 480, TIMES_MAX = 60, TIMES_MIN = 5, BARS_MAX = 64 };

/* A frame with a heading and one sentence of what is to be seen; a picture that stands alone has none. */
static void begin_figure(struct markup *markup, const char *title, const char *sentence)
{
    if (markup->picture_style)
        return;
    markup_print(markup, "<figure>\n<h3>");
    markup_text(markup, title);
    markup_print(markup, "</h3>\n<p>");
    markup_text(markup, sentence);
    markup_print(markup, "</p>\n");
}

static void end_figure(struct markup *markup)
{
    if (!markup->picture_style)
        markup_print(markup, "</figure>\n");
}

static void describe_bar(const struct chapter_figure *figure, const struct chapter_entry *entry, double value,
                         char out[256])
{
    char number[AXIS_TEXT_SIZE];
    const char *note = chapter_entry_note(entry);
    if (value <= 0) {
        snprintf(out, 256, "%s", note[0] ? note : "no figure");
        return;
    }
    axis_format_number(value < 1000 ? round(value * 10) / 10 : round(value), number);
    if (figure->is_rate && chapter_entry_is_client_bound(entry))
        snprintf(out, 256, "client-bound");
    else
        snprintf(out, 256, "%s%s%s", number, figure->unit[0] && figure->unit[0] != '/' ? " " : "",
                 figure->unit);
}

static bool write_bars(struct markup *markup, const struct chapter_list *chapters,
                       const struct chapter *chapter)
{
    (void)chapters;
    const struct chapter_figure *figure = chapter_figure(chapter);
    struct plot_bar bars[BARS_MAX];
    char texts[BARS_MAX][256];
    double *marks[BARS_MAX];
    size_t count = chapter->entry_count < BARS_MAX ? chapter->entry_count : BARS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct chapter_entry *entry = &chapter->entries[i];
        double value = chapter_entry_value(entry, figure);
        marks[i] = xcalloc(entry->round_count, sizeof(double));
        for (size_t j = 0; j < entry->round_count; j++)
            marks[i][j] = figure->of(entry->rounds[j]);
        describe_bar(figure, entry, value, texts[i]);
        bars[i] = (struct plot_bar){.name = entry->label,
                                    .text = texts[i],
                                    .value = value,
                                    .marks = marks[i],
                                    .mark_count = entry->round_count > 1 && value > 0 ? entry->round_count
                                                                                      : 0,
                                    .color = entry->color,
                                    .is_doubtful = figure->is_rate && chapter_entry_is_client_bound(entry)};
    }
    char sentence[256];
    snprintf(sentence, sizeof(sentence), "%s%s", figure->sentence,
             count > 0 && bars[0].mark_count > 0 ? " Each bar is the median of its rounds, each dot a round."
                                                 : "");
    begin_figure(markup, figure->title, sentence);
    plot_bars(markup, bars, count, figure->title);
    end_figure(markup);
    for (size_t i = 0; i < count; i++)
        free(marks[i]);
    return true;
}

/* The curve of a histogram, one point where the line moves on by something that can be seen. */
struct curve {
    struct plot_point *points;
    size_t count;
    uint64_t seen, total;
    double nines_step;
};

static void add_to_curve(void *argument, int64_t value_ns, uint64_t count)
{
    struct curve *curve = argument;
    double before = -log10(1 - (double)curve->seen / (double)curve->total);
    curve->seen += count;
    bool is_near = curve->count > 0 && before - curve->points[curve->count - 1].x < curve->nines_step;
    if (!is_near && curve->count < POINTS_MAX)
        curve->points[curve->count++] = (struct plot_point){before, (double)value_ns};
    if (curve->seen == curve->total && curve->count < POINTS_MAX + 1)
        curve->points[curve->count++] = (struct plot_point){log10((double)curve->total), (double)value_ns};
}

static bool write_latency(struct markup *markup, const struct chapter_list *chapters,
                          const struct chapter *chapter)
{
    (void)chapters;
    struct axis x = {AXIS_NINES, 1, 0, "percentile", axis_format_nines};
    struct axis y = {AXIS_LOG, 1, 0, NULL, axis_format_ns};
    struct plot plot;
    bool is_any = false;
    for (size_t i = 0; i < chapter->entry_count; i++) {
        const struct histogram *latency = &chapter->entries[i].latency;
        if (latency->total == 0)
            continue;
        axis_include(&x, log10((double)latency->total));
        axis_include(&y, (double)latency->min_ns);
        axis_include(&y, (double)latency->max_ns);
        is_any = true;
    }
    if (!is_any)
        return false;
    axis_round(&x);
    axis_round(&y);
    begin_figure(markup, "Latency by percentile",
                 "So many of all operations took no longer than this: each step to the right has ten times "
                 "fewer slower ones. Lower is better.");
    plot_begin(&plot, markup, &x, &y, "Latency by percentile");
    for (size_t i = 0; i < chapter->entry_count && i < BARS_MAX; i++) {
        const struct chapter_entry *entry = &chapter->entries[i];
        struct plot_point points[POINTS_MAX + 1];
        struct curve curve = {points, 0, 0, entry->latency.total, (x.high - x.low) / POINTS_MAX};
        if (entry->latency.total == 0)
            continue;
        histogram_each(&entry->latency, add_to_curve, &curve);
        plot_line(&plot, entry->label, entry->color, points, curve.count, false);
    }
    plot_end(&plot);
    end_figure(markup);
    return true;
}

/* The rate in each interval, neighbours joined until there are few enough to be read. */
static size_t rates_over_time(const struct result *result, struct plot_point out[TIMES_MAX + 1])
{
    const struct series *series = &result->tally.series;
    unsigned joined = (series->count + TIMES_MAX - 1) / TIMES_MAX;
    double interval_s = (double)series->interval_ns / 1e9;
    size_t count = 0;
    for (unsigned i = 0; joined > 0 && i < series->count; i += joined) {
        double begin_s = i * interval_s, end_s = fmin((i + joined) * interval_s, result->tally.seconds);
        uint64_t operations = 0;
        for (unsigned j = i; j < i + joined && j < series->count; j++)
            operations += series->slots[j].operations;
        /* What the end cuts short says little. */
        if (end_s - begin_s >= joined * interval_s / 2)
            out[count++] = (struct plot_point){(begin_s + end_s) / 2, (double)operations / (end_s - begin_s)};
    }
    return count;
}

static bool write_times(struct markup *markup, const struct chapter_list *chapters,
                        const struct chapter *chapter)
{
    (void)chapters;
    struct axis x = {AXIS_LINEAR, 1, 0, "time", axis_format_seconds};
    struct axis y = {AXIS_LINEAR, 1, 0, NULL, axis_format_number};
    struct plot_point points[TIMES_MAX + 1];
    struct plot plot;
    char title[96];
    size_t longest = 0;
    for (size_t i = 0; i < chapter->entry_count; i++) {
        size_t count = rates_over_time(chapter_entry_typical(&chapter->entries[i]), points);
        longest = count > longest ? count : longest;
        for (size_t j = 0; j < count; j++) {
            axis_include(&x, points[j].x);
            axis_include(&y, points[j].y);
        }
    }
    if (longest < TIMES_MIN)
        return false;
    axis_round(&x);
    axis_round(&y);
    snprintf(title, sizeof(title), "%c%s a second, over time",
             (char)(result_unit(chapter->entries[0].rounds[0])[0] - 'a' + 'A'),
             result_unit(chapter->entries[0].rounds[0]) + 1);
    begin_figure(markup, title, "A level line is a steady server; a dip is a stall.");
    plot_begin(&plot, markup, &x, &y, title);
    for (size_t i = 0; i < chapter->entry_count && i < BARS_MAX; i++) {
        const struct chapter_entry *entry = &chapter->entries[i];
        size_t count = rates_over_time(chapter_entry_typical(entry), points);
        if (count >= TIMES_MIN)
            plot_line(&plot, entry->label, entry->color, points, count, false);
    }
    plot_end(&plot);
    end_figure(markup);
    return true;
}

static int compare_points(const void *left, const void *right)
{
    const struct plot_point *a = left, *b = right;
    return (a->x > b->x) - (a->x < b->x);
}

/* The figure of one label for each size of CRLs, the smallest first. */
static size_t figures_by_size(const struct chapter *chapter, unsigned color, struct plot_point out[BARS_MAX])
{
    const struct chapter_figure *figure = chapter_figure(chapter);
    size_t count = 0;
    for (size_t i = 0; i < chapter->entry_count && count < BARS_MAX; i++) {
        const struct chapter_entry *entry = &chapter->entries[i];
        double value = chapter_entry_value(entry, figure);
        if (entry->color == color && entry->crl_entries >= 0 && value > 0)
            out[count++] = (struct plot_point){(double)entry->crl_entries, value};
    }
    qsort(out, count, sizeof(*out), compare_points);
    return count;
}

/* Rates against the size of CRLs, if a server was measured with more than one. Then true. */
static bool write_sizes(struct markup *markup, const struct chapter_list *chapters,
                        const struct chapter *chapter)
{
    const struct chapter_figure *figure = chapter_figure(chapter);
    struct axis x = {AXIS_LOG_AND_ZERO, 1, 0, "entries of the CRLs", axis_format_number};
    struct axis y = {AXIS_LINEAR, 1, 0, NULL, axis_format_number};
    struct plot_point points[BARS_MAX];
    struct plot plot;
    size_t longest = 0;
    for (unsigned color = 0; color < chapters->label_count; color++) {
        size_t count = figures_by_size(chapter, color, points);
        longest = count > longest ? count : longest;
        for (size_t i = 0; i < count; i++) {
            axis_include(&x, points[i].x);
            axis_include(&y, points[i].y);
        }
    }
    if (longest < 2)
        return false;
    char title[160];
    axis_round(&x);
    axis_round(&y);
    snprintf(title, sizeof(title), "%s, against the size of the CRLs", figure->title);
    begin_figure(markup, title, "A level line is revocation that costs nothing, however many are revoked.");
    plot_begin(&plot, markup, &x, &y, title);
    for (unsigned color = 0; color < chapters->label_count; color++) {
        size_t count = figures_by_size(chapter, color, points);
        plot_line(&plot, chapters->labels[color], color, points, count, true);
    }
    plot_end(&plot);
    end_figure(markup);
    return true;
}

bool figure_write(struct markup *markup, const struct chapter_list *chapters, const struct chapter *chapter,
                  enum figure_kind kind)
{
    static bool (*const figures[FIGURE_COUNT])(struct markup *, const struct chapter_list *,
                                               const struct chapter *) = {
        [FIGURE_SIZES] = write_sizes,
        [FIGURE_BARS] = write_bars,
        [FIGURE_LATENCY] = write_latency,
        [FIGURE_TIMES] = write_times,
    };
    return figures[kind](markup, chapters, chapter);
}
