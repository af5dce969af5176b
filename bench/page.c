#include "page.h"

#include <stdio.h>

#include "figure.h"
#include "page_table.h"
#include "plot.h"
#include "postern/base/attributes.h"
#include "style.h"

static void write_legend(struct markup *markup, const struct chapter_list *chapters)
{
    if (chapters->label_count < 2)
        return;
    markup_print(markup, "<ul class=\"legend\">\n");
    for (unsigned i = 0; i < chapters->label_count; i++) {
        markup_print(markup,
                     "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"swatch c%u\" "
                     "width=\"10\" height=\"10\" rx=\"2\"/></svg>",
                     i % PLOT_COLORS);
        markup_text(markup, chapters->labels[i]);
        markup_print(markup, "</li>\n");
    }
    markup_print(markup, "</ul>\n");
}

/* Links to the chapters, if there are more than a screen's worth. */
static void write_contents(struct markup *markup, const struct chapter_list *chapters)
{
    if (chapters->count < 3)
        return;
    markup_print(markup, "<nav><ol>\n");
    for (size_t i = 0; i < chapters->count; i++) {
        markup_print(markup, "<li><a href=\"#chapter%zu\">", i + 1);
        markup_text(markup, chapters->items[i].title);
        markup_print(markup, "</a></li>\n");
    }
    markup_print(markup, "</ol></nav>\n");
}

/* "handshake: 16 connections, TLSv1.3, ...": how it was measured, after the first result that says so. */
static void write_method(struct markup *markup, const struct chapter *chapter)
{
    const struct result *result = chapter->entries[0].rounds[0];
    for (size_t i = 0; i < chapter->entry_count && result->tally.tls.version[0] == '\0'; i++)
        result = chapter->entries[i].rounds[0];
    const struct tally_tls *tls = &result->tally.tls;
    markup_print(markup, "<p>Mode %s, %llu connections, %llu thread%s of the client, %.3g s",
                 mode_name(chapter->mode), (unsigned long long)result->connections,
                 (unsigned long long)result->threads, result->threads == 1 ? "" : "s", result->tally.seconds);
    const char *const texts[] = {tls->version, tls->cipher, tls->group, tls->server_key};
    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        if (texts[i][0] == '\0')
            continue;
        markup_print(markup, i == 3 ? ", server key " : ", ");
        markup_text(markup, texts[i]);
    }
    if (result->wanted_rate > 0)
        markup_print(markup, ", %.6g a second asked for, latency from the intended start",
                     result->wanted_rate);
    markup_print(markup, ".</p>\n");
}

static void write_chapter(struct markup *markup, const struct chapter_list *chapters,
                          const struct chapter *chapter)
{
    markup_print(markup, "<section>\n<h2 id=\"chapter%zu\">", (size_t)(chapter - chapters->items) + 1);
    markup_text(markup, chapter->title);
    markup_print(markup, "</h2>\n");
    write_method(markup, chapter);
    bool has_sizes = figure_write(markup, chapters, chapter, FIGURE_SIZES);
    for (enum figure_kind kind = FIGURE_BARS; !has_sizes && kind < FIGURE_COUNT; kind++)
        (void)figure_write(markup, chapters, chapter, kind);
    page_table(markup, chapter);
    markup_print(markup, "</section>\n");
}

bool page_write(const struct result_list *results, struct buffer *out)
{
    struct markup markup;
    struct chapter_list chapters;
    markup_init(&markup, out);
    chapter_list_init(&chapters, results);
    markup_print(&markup,
                 "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
                 "<meta charset=\"utf-8\"/>\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                 "<title>postern-bench</title>\n<style>\n");
    markup_text(&markup, style_picture);
    markup_text(&markup, style_page);
    markup_print(&markup,
                 "</style>\n</head>\n<body>\n<main>\n<h1>What postern-bench measured</h1>\n"
                 "<p>%zu result%s of %zu server%s.</p>\n",
                 results->count, results->count == 1 ? "" : "s", chapters.label_count,
                 chapters.label_count == 1 ? "" : "s");
    write_legend(&markup, &chapters);
    write_contents(&markup, &chapters);
    for (size_t i = 0; i < chapters.count; i++)
        write_chapter(&markup, &chapters, &chapters.items[i]);
    markup_print(&markup,
                 "<footer>Made by postern-bench " POSTERN_VERSION
                 " report. Latencies have three significant digits. A rate is no figure of the server "
                 "if the client was the limit; it is then marked.</footer>\n"
                 "</main>\n</body>\n</html>\n");
    chapter_list_clear(&chapters);
    return markup_end(&markup);
}
