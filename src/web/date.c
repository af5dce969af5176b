#include "postern/web/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LATEST_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

const char *web_date_format(int64_t wall_s, char out[WEB_DATE_SIZE])
{
    struct tm parts;
    time_t when = (time_t)(wall_s < 0 ? 0 : wall_s > LATEST_S ? LATEST_S : wall_s);
    gmtime_r(&when, &parts);
    /* Bounded for the compiler, which does not know gmtime_r(3). */
    snprintf(out, WEB_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * parts.tm_wday,
             (unsigned)parts.tm_mday % 100, months + 3 * parts.tm_mon,
             (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)parts.tm_hour % 100,
             (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100);
    return out;
}

static bool number(struct slice text, size_t at, size_t digits, int *out)
{
    uint64_t value = 0;
    if (!slice_to_u64(slice_before(slice_after(text, at), digits), 9999, &value))
        return false;
    *out = (int)value;
    return true;
}

static int month_of(struct slice text)
{
    for (int i = 0; i < 12; i++)
        if (memcmp(text.data + 8, months + (size_t)i * 3, 3) == 0)
            return i;
    return -1;
}

bool web_date_parse(struct slice text, int64_t *out)
{
    char again[WEB_DATE_SIZE];
    struct tm parts = {0};
    if (text.length != WEB_DATE_SIZE - 1 || !number(text, 5, 2, &parts.tm_mday) ||
        !number(text, 12, 4, &parts.tm_year) || !number(text, 17, 2, &parts.tm_hour) ||
        !number(text, 20, 2, &parts.tm_min) || !number(text, 23, 2, &parts.tm_sec))
        return false;
    parts.tm_mon = month_of(text);
    parts.tm_year -= 1900;
    if (parts.tm_mon < 0 || parts.tm_year < 70)
        return false;
    *out = timegm(&parts);
    /* Whatever was out of range, or stood between the numbers, comes out as another text. */
    return slice_equal_text(text, web_date_format(*out, again));
}
