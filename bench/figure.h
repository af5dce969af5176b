/* The figures of a chapter: a picture each, in the page with a heading and one sentence of what is to be
 * seen. */
#ifndef POSTERN_BENCH_FIGURE_H
#define POSTERN_BENCH_FIGURE_H

#include <stdbool.h>

#include "chapter.h"
#include "markup.h"

enum figure_kind {
    FIGURE_SIZES,   /* the figure against the size of CRLs, a line for each server */
    FIGURE_BARS,    /* a bar for each server */
    FIGURE_LATENCY, /* by percentile */
    FIGURE_TIMES,   /* the rate over time */
    FIGURE_COUNT
};

/* Write one, without its frame if markup->picture_style is set. Returns false if the results have nothing for
 * it: then nothing is written. Where there are sizes, the others would show a bar or a line for each server
 * with each of them: leave them out. */
bool figure_write(struct markup *markup, const struct chapter_list *chapters, const struct chapter *chapter,
                  enum figure_kind kind);

#endif
