#include "timestamp.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

static bool take_number(struct slice *text, size_t digits, int *out)
{
    uint64_t value = 0;
    if (text->length < digits || !slice_to_u64(slice_before(*text, digits), 9999, &value))
        return false;
    *text = slice_after(*text, digits);
    *out = (int)value;
    return true;
}

bool pki_timestamp_parse(struct slice text, int64_t *out)
{
    struct tm tm = {0};
    bool is_short = text.length == sizeof("260301120000Z") - 1;
    if (!is_short && text.length != PKI_TIMESTAMP_SIZE - 1)
        return false;
    if (!take_number(&text, is_short ? 2 : 4, &tm.tm_year) || !take_number(&text, 2, &tm.tm_mon) ||
        !take_number(&text, 2, &tm.tm_mday) || !take_number(&text, 2, &tm.tm_hour) ||
        !take_number(&text, 2, &tm.tm_min) || !take_number(&text, 2, &tm.tm_sec) || text.data[0] != 'Z')
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 59)
        return false;
    int year = is_short ? tm.tm_year + (tm.tm_year < 50 ? 2000 : 1900) : tm.tm_year;
    tm.tm_year = year - 1900;
    tm.tm_mon -= 1;
    int day = tm.tm_mday;
    *out = timegm(&tm);
    return tm.tm_mday == day; /* else it was the 31st of a shorter month */
}

const char *pki_timestamp_format(int64_t wall_s, char out[PKI_TIMESTAMP_SIZE])
{
    struct tm tm;
    time_t time = (time_t)wall_s;
    if (gmtime_r(&time, &tm) == NULL)
        tm = (struct tm){.tm_mday = 1, .tm_year = 70};
    char full[64];
    snprintf(full, sizeof full, "%04d%02d%02d%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
             tm.tm_hour, tm.tm_min, tm.tm_sec);
    bool is_short = tm.tm_year >= 50 && tm.tm_year < 150;
    snprintf(out, PKI_TIMESTAMP_SIZE, "%.*s", (int)PKI_TIMESTAMP_SIZE - 1, full + (is_short ? 2 : 0));
    return out;
}

int64_t pki_timestamp_of(const ASN1_TIME *time)
{
    struct tm tm;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return 0;
    return timegm(&tm);
}
