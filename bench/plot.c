#include "plot.h"

#include <math.h>
#include <stdlib.h>

#include "postern/base/attributes.h"

/* The picture, in units of the viewBox. */
enum {
    WIDTH = 760,
    HEIGHT = 340,
    LEFT = 70,
    RIGHT = 606, /* names stand right of it */
    TOP = 14,
    BOTTOM = 286,
    NAME_HEIGHT = 17,
    NAME_LETTERS = 20,
    BAR_LEFT = 170,
    BAR_RIGHT = 600,
    BAR_HEIGHT = 22,
    BAR_STEP = 34
};

static double x_of(const struct plot *plot, double value)
{
    return LEFT + (RIGHT - LEFT) * axis_place(&plot->x, value);
}

static double y_of(const struct plot *plot, double value)
{
    return BOTTOM - (BOTTOM - TOP) * fmin(1, fmax(0, axis_place(&plot->y, value)));
}

static void begin_picture(struct markup *markup, int height, const char *title)
{
    markup_print(markup,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\"><title>",
                 WIDTH, height);
    markup_text(markup, title);
    markup_print(markup, "</title>\n");
    if (markup->picture_style) {
        markup_print(markup, "<style>");
        markup_text(markup, markup->picture_style);
        markup_print(markup, "</style>\n");
    }
}

/* A name that fits beside the plot; the whole of it is in the legend. A letter of UTF-8 is not cut in two. */
static void write_name(struct markup *markup, const char *name)
{
    char cut[NAME_LETTERS * 4 + 4];
    size_t length = 0, letters = 0;
    for (; name[length] && letters <= NAME_LETTERS; length++)
        letters += ((unsigned char)name[length + 1] & 0xc0) != 0x80;
    if (letters <= NAME_LETTERS || length >= sizeof(cut)) {
        markup_text(markup, name);
        return;
    }
    size_t kept = length;
    do
        kept--;
    while (((unsigned char)name[kept] & 0xc0) == 0x80);
    for (size_t i = 0; i < kept; i++)
        cut[i] = name[i];
    cut[kept] = '\0';
    markup_text(markup, cut);
    markup_text(markup, "\xe2\x80\xa6");
}

static void draw_x_axis(const struct plot *plot)
{
    double ticks[AXIS_TICKS_MAX];
    char text[AXIS_TEXT_SIZE];
    size_t count = axis_ticks(&plot->x, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = x_of(plot, ticks[i]);
        plot->x.format(ticks[i], text);
        markup_print(plot->markup, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, TOP, BOTTOM);
        markup_print(plot->markup, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x,
                     BOTTOM + 20);
        markup_text(plot->markup, text);
        markup_print(plot->markup, "</text>\n");
    }
    markup_print(plot->markup, "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">",
                 (LEFT + RIGHT) / 2, BOTTOM + 44);
    markup_text(plot->markup, plot->x.title);
    markup_print(plot->markup, "</text>\n");
}

static void draw_y_axis(const struct plot *plot)
{
    double ticks[AXIS_TICKS_MAX];
    char text[AXIS_TEXT_SIZE];
    size_t count = axis_ticks(&plot->y, ticks);
    for (size_t i = 0; i < count; i++) {
        double y = y_of(plot, ticks[i]);
        plot->y.format(ticks[i], text);
        markup_print(plot->markup, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, RIGHT);
        markup_print(plot->markup, "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 8,
                     y + 4);
        markup_text(plot->markup, text);
        markup_print(plot->markup, "</text>\n");
    }
}

void plot_begin(struct plot *plot, struct markup *markup, const struct axis *x, const struct axis *y,
                const char *title)
{
    *plot = (struct plot){.markup = markup, .x = *x, .y = *y};
    begin_picture(markup, HEIGHT, title);
    draw_x_axis(plot);
    draw_y_axis(plot);
    markup_print(markup, "<path class=\"base\" d=\"M%d %dH%d\"/>\n", LEFT, BOTTOM, RIGHT);
}

void plot_line(struct plot *plot, const char *name, unsigned color, const struct plot_point *points,
               size_t count, bool with_dots)
{
    if (count == 0 || plot->line_count == PLOT_LINES_MAX)
        return;
    markup_print(plot->markup, "<polyline class=\"line c%u\" points=\"", color % PLOT_COLORS);
    for (size_t i = 0; i < count; i++)
        markup_print(plot->markup, "%s%.1f,%.1f", i ? " " : "", x_of(plot, points[i].x),
                     y_of(plot, points[i].y));
    markup_print(plot->markup, "\"/>\n");
    for (size_t i = 0; with_dots && i < count; i++)
        markup_print(plot->markup, "<circle class=\"dot c%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n",
                     color % PLOT_COLORS, x_of(plot, points[i].x), y_of(plot, points[i].y));
    plot->lines[plot->line_count++] = (struct plot_line){
        .name = name, .color = color % PLOT_COLORS, .end_y = y_of(plot, points[count - 1].y)};
}

static int compare_ends(const void *left, const void *right)
{
    const struct plot_line *a = left, *b = right;
    return (a->end_y > b->end_y) - (a->end_y < b->end_y);
}

/* Downwards where the one above needs the room, then upwards from the bottom edge. */
static void spread(struct plot_line *lines, unsigned count)
{
    double lowest = BOTTOM;
    qsort(lines, count, sizeof(*lines), compare_ends);
    for (unsigned i = 1; i < count; i++)
        lines[i].end_y = fmax(lines[i].end_y, lines[i - 1].end_y + NAME_HEIGHT);
    for (unsigned i = count; i-- > 0;) {
        lines[i].end_y = fmin(lines[i].end_y, lowest);
        lowest = lines[i].end_y - NAME_HEIGHT;
    }
}

void plot_end(struct plot *plot)
{
    spread(plot->lines, plot->line_count);
    for (unsigned i = 0; i < plot->line_count; i++) {
        markup_print(plot->markup, "<text class=\"name c%u\" x=\"%d\" y=\"%.1f\">", plot->lines[i].color,
                     RIGHT + 10, plot->lines[i].end_y + 4);
        write_name(plot->markup, plot->lines[i].name);
        markup_print(plot->markup, "</text>\n");
    }
    markup_print(plot->markup, "</svg>\n");
}

static void draw_bar(struct markup *markup, const struct plot_bar *bar, double scale, int y)
{
    double width = bar->value * scale;
    markup_print(markup, "<text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", BAR_LEFT - 12,
                 y + BAR_HEIGHT / 2 + 5);
    write_name(markup, bar->name);
    markup_print(markup, "</text>\n");
    if (width > 0)
        markup_print(
            markup, "<rect class=\"bar c%u%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"3\"/>\n",
            bar->color % PLOT_COLORS, bar->is_doubtful ? " doubtful" : "", BAR_LEFT, y, width, BAR_HEIGHT);
    double end = width;
    for (size_t i = 0; i < bar->mark_count; i++) {
        markup_print(markup, "<circle class=\"mark\" cx=\"%.1f\" cy=\"%d\" r=\"2.5\"/>",
                     BAR_LEFT + bar->marks[i] * scale, y + BAR_HEIGHT / 2);
        end = fmax(end, bar->marks[i] * scale);
    }
    markup_print(markup, "<text class=\"value\" x=\"%.1f\" y=\"%d\">", BAR_LEFT + end + 10,
                 y + BAR_HEIGHT / 2 + 5);
    markup_text(markup, bar->text);
    markup_print(markup, "</text>\n");
}

void plot_bars(struct markup *markup, const struct plot_bar *bars, size_t count, const char *title)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, bars[i].value);
        for (size_t j = 0; j < bars[i].mark_count; j++)
            largest = fmax(largest, bars[i].marks[j]);
    }
    double scale = largest > 0 ? (BAR_RIGHT - BAR_LEFT) / largest : 0;
    int height = (int)count * BAR_STEP + 12;
    begin_picture(markup, height, title);
    markup_print(markup, "<path class=\"base\" d=\"M%d 2V%d\"/>\n", BAR_LEFT, height - 4);
    for (size_t i = 0; i < count; i++)
        draw_bar(markup, &bars[i], scale, 8 + (int)i * BAR_STEP);
    markup_print(markup, "</svg>\n");
}
