/* One axis of a plot: from values to a place between 0 and 1, and where the ticks stand. */
#ifndef POSTERN_BENCH_AXIS_H
#define POSTERN_BENCH_AXIS_H

#include <stddef.h>

#define AXIS_TICKS_MAX 24
#define AXIS_TEXT_SIZE 24

enum axis_scale {
    AXIS_LINEAR,
    AXIS_LOG,
    AXIS_LOG_AND_ZERO, /* zero has a place of its own, left of the smallest value */
    AXIS_NINES         /* of a percentile p, as log10(1 / (1 - p)): 1 is 90 %, 2 is 99 % */
};

struct axis {
    enum axis_scale scale;
    double low, high;  /* the ends; low is not used on AXIS_LOG_AND_ZERO if there is a zero */
    const char *title; /* beside the axis; NULL: none */
    /* Writes a tick's text. */
    void (*format)(double value, char out[AXIS_TEXT_SIZE]);
};

/* Widen the axis to include a value. Begin with low above high: none so far. */
void axis_include(struct axis *axis, double value);
/* Widen to ends that are round. Linear axes then begin at zero. An axis that includes nothing becomes 0 to 1
 * or 1 to 10. */
void axis_round(struct axis *axis);
double axis_place(const struct axis *axis, double value);
/* Values of the ticks, smallest first; returns how many. */
size_t axis_ticks(const struct axis *axis, double out[AXIS_TICKS_MAX]);

/* Formats: 12,345 and 1.5 M; 10 us, 1 ms, 2 s (of nanoseconds); 99.9 % (of nines); 3 s (of seconds). */
void axis_format_number(double value, char out[AXIS_TEXT_SIZE]);
void axis_format_ns(double value, char out[AXIS_TEXT_SIZE]);
void axis_format_nines(double value, char out[AXIS_TEXT_SIZE]);
void axis_format_seconds(double value, char out[AXIS_TEXT_SIZE]);

#endif
