/* A plot as SVG: two axes with a grid, lines with their names at the right end, or bars. Colours are classes
 * (c0 to c7) that the page's style sheet knows, so the same plot is read in light and in dark. Names at line
 * ends are moved apart where they would collide. */
#ifndef POSTERN_BENCH_PLOT_H
#define POSTERN_BENCH_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "axis.h"
#include "markup.h"

#define PLOT_LINES_MAX 24
#define PLOT_COLORS    8

struct plot_point {
    double x, y;
};

struct plot_line {
    const char *name; /* borrowed until plot_end() */
    unsigned color;
    double end_y; /* in the picture */
};

struct plot {
    struct markup *markup;
    struct axis x, y;
    struct plot_line lines[PLOT_LINES_MAX];
    unsigned line_count;
};

/* One bar. */
struct plot_bar {
    const char *name;
    const char *text;    /* stands behind the bar: the value with its unit, or why there is none */
    double value;        /* 0 draws none */
    const double *marks; /* single measurements, as dots */
    size_t mark_count;
    unsigned color;
    bool is_doubtful; /* hatched: no figure */
};

/* Draw frame, grid and ticks. The axes, ready and rounded, are copied.
 *   title  what a screen reader says */
void plot_begin(struct plot *plot, struct markup *markup, const struct axis *x, const struct axis *y,
                const char *title);
/* with_dots marks each point: for few of them. */
void plot_line(struct plot *plot, const char *name, unsigned color, const struct plot_point *points,
               size_t count, bool with_dots);
void plot_end(struct plot *plot);

/* A whole picture of horizontal bars from zero. */
void plot_bars(struct markup *markup, const struct plot_bar *bars, size_t count, const char *title);

#endif
