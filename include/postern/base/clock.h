/* Time, as something that a test can replace. Wall time decides what certificates and CRLs are worth;
 * monotonic time decides waits. */
#ifndef POSTERN_BASE_CLOCK_H
#define POSTERN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define CLOCK_TEXT_SIZE sizeof("2026-03-01T12:00:00.000Z")

struct clock {
    int64_t (*wall_ms)(void *context);      /* milliseconds since 1970-01-01T00:00:00Z */
    int64_t (*monotonic_us)(void *context); /* microseconds since some start */
    void *context;
};

/* The system's clocks. clock_gettime(2). */
const struct clock *clock_system(void);
int64_t clock_wall_s(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_monotonic_ms(const struct clock *clock);
int64_t clock_monotonic_us(const struct clock *clock);
/* "2026-03-01T12:00:00Z" of seconds since 1970, as RFC 3339 §5.6 has it. Years 0 to 9999. */
const char *clock_format(int64_t wall_s, char out[CLOCK_TEXT_SIZE]);
/* The same with milliseconds: "2026-03-01T12:00:00.000Z". */
const char *clock_format_ms(int64_t wall_ms, char out[CLOCK_TEXT_SIZE]);
/* The time that clock_format() writes, or the beginning of a day: "2026-03-01". False if it is neither. */
NODISCARD bool clock_parse(struct slice text, int64_t *wall_s);
/* A span for people, of seconds: "3 days", "5 h", "12 min", "40 s"; negative as its absolute value. */
const char *clock_span(int64_t seconds, char out[CLOCK_TEXT_SIZE]);

#endif
