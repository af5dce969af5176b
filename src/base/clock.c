#include "postern/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "postern/base/attributes.h"

#define SECOND_FIRST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define SECOND_LAST  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int64_t system_wall_ms(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_monotonic_us(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const struct clock *clock_system(void)
{
    static const struct clock system = {system_wall_ms, system_monotonic_us, NULL};
    return &system;
}

/* Division that rounds towards the past, also before 1970. */
static int64_t floor_divide(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock->context);
}

int64_t clock_wall_s(const struct clock *clock)
{
    return floor_divide(clock_wall_ms(clock), 1000);
}

int64_t clock_monotonic_us(const struct clock *clock)
{
    return clock->monotonic_us(clock->context);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock_monotonic_us(clock) / 1000;
}

static struct tm broken_down(int64_t wall_s)
{
    if (wall_s < SECOND_FIRST)
        wall_s = SECOND_FIRST;
    if (wall_s > SECOND_LAST)
        wall_s = SECOND_LAST;
    time_t seconds = (time_t)wall_s;
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    return tm;
}

static void write_digits(char *out, int value, int digits)
{
    while (digits-- > 0) {
        out[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

static char *write_seconds(int64_t wall_s, char *out)
{
    struct tm tm = broken_down(wall_s);
    write_digits(out, tm.tm_year + 1900, 4);
    out[4] = '-';
    write_digits(out + 5, tm.tm_mon + 1, 2);
    out[7] = '-';
    write_digits(out + 8, tm.tm_mday, 2);
    out[10] = 'T';
    write_digits(out + 11, tm.tm_hour, 2);
    out[13] = ':';
    write_digits(out + 14, tm.tm_min, 2);
    out[16] = ':';
    write_digits(out + 17, tm.tm_sec, 2);
    return out + 19;
}

const char *clock_format(int64_t wall_s, char out[CLOCK_TEXT_SIZE])
{
    char *end = write_seconds(wall_s, out);
    end[0] = 'Z';
    end[1] = '\0';
    return out;
}

const char *clock_format_ms(int64_t wall_ms, char out[CLOCK_TEXT_SIZE])
{
    int64_t wall_s = floor_divide(wall_ms, 1000);
    char *end = write_seconds(wall_s, out);
    end[0] = '.';
    write_digits(end + 1, (int)(wall_ms - wall_s * 1000), 3);
    end[4] = 'Z';
    end[5] = '\0';
    return out;
}

/* Each digit of the pattern "0000-00-00T00:00:00Z" stands for any. */
static bool has_shape(struct slice text, const char *pattern)
{
    if (text.length != strlen(pattern))
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (pattern[i] == '0' ? !ascii_is_digit(text.data[i]) : text.data[i] != pattern[i])
            return false;
    return true;
}

static int read_digits(const char *text, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

bool clock_parse(struct slice text, int64_t *wall_s)
{
    char again[CLOCK_TEXT_SIZE];
    bool is_day = has_shape(text, "0000-00-00");
    if (!is_day && !has_shape(text, "0000-00-00T00:00:00Z"))
        return false;
    struct tm tm = {.tm_year = read_digits(text.data, 4) - 1900,
                    .tm_mon = read_digits(text.data + 5, 2) - 1,
                    .tm_mday = read_digits(text.data + 8, 2),
                    .tm_hour = is_day ? 0 : read_digits(text.data + 11, 2),
                    .tm_min = is_day ? 0 : read_digits(text.data + 14, 2),
                    .tm_sec = is_day ? 0 : read_digits(text.data + 17, 2)};
    int64_t found = timegm(&tm);
    /* timegm(3) takes a 30th of February for the 2nd of March. */
    if (memcmp(clock_format(found, again), text.data, text.length) != 0)
        return false;
    *wall_s = found;
    return true;
}

const char *clock_span(int64_t seconds, char out[CLOCK_TEXT_SIZE])
{
    /* Coarser only from the second unit on: "47 h" says more than "1 day". */
    static const struct {
        uint64_t seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}};
    uint64_t span = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
    for (size_t i = 0; i < LENGTH_OF(units); i++) {
        if (span >= 2 * units[i].seconds) {
            snprintf(out, CLOCK_TEXT_SIZE, "%llu %s", (unsigned long long)(span / units[i].seconds),
                     units[i].unit);
            return out;
        }
    }
    snprintf(out, CLOCK_TEXT_SIZE, "%llu s", (unsigned long long)span);
    return out;
}
