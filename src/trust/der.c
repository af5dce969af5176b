#include "postern/trust/der.h"

#include <stddef.h>

static unsigned char byte_at(struct slice slice, size_t i)
{
    return (unsigned char)slice.data[i];
}

/* Length octets at *at. X.690 §8.1.3, §10.1: definite and in the fewest octets. */
static bool read_length(struct slice rest, size_t *at, size_t *length)
{
    if (*at >= rest.length)
        return false;
    unsigned char first = byte_at(rest, (*at)++);
    if (first < 0x80) {
        *length = first;
        return true;
    }
    size_t count = first & 0x7fu;
    if (count == 0 || count > 4 || rest.length - *at < count || byte_at(rest, *at) == 0)
        return false;
    size_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | byte_at(rest, (*at)++);
    *length = value;
    return value >= 0x80;
}

bool der_next(struct slice *rest, struct der_element *out)
{
    if (rest->length < 2)
        return false;
    int tag = byte_at(*rest, 0);
    size_t at = 1, length;
    if ((tag & 0x1f) == 0x1f || !read_length(*rest, &at, &length) || length > rest->length - at)
        return false;
    out->tag = tag;
    out->body = slice_of(rest->data + at, length);
    out->whole = slice_of(rest->data, at + length);
    *rest = slice_of(rest->data + at + length, rest->length - at - length);
    return true;
}

bool der_expect(struct slice *rest, int tag, struct der_element *out)
{
    return der_peek(*rest) == tag && der_next(rest, out);
}

int der_peek(struct slice rest)
{
    return rest.length > 0 ? byte_at(rest, 0) : -1;
}

bool der_boolean(const struct der_element *element, bool *out)
{
    if (element->body.length != 1)
        return false;
    unsigned char value = byte_at(element->body, 0);
    *out = value == 0xff;
    return value == 0xff || value == 0;
}

bool der_unsigned(const struct der_element *element, struct slice *out)
{
    struct slice body = element->body;
    if (body.length == 0 || byte_at(body, 0) >= 0x80)
        return false;
    if (body.length > 1 && byte_at(body, 0) == 0) {
        if (byte_at(body, 1) < 0x80)
            return false; /* not the shortest form */
        body = slice_of(body.data + 1, body.length - 1);
    }
    *out = body;
    return true;
}

bool der_small(const struct der_element *element, uint32_t maximum, uint32_t *out)
{
    struct slice magnitude;
    if (!der_unsigned(element, &magnitude) || magnitude.length > sizeof(*out))
        return false;
    uint32_t value = 0;
    for (size_t i = 0; i < magnitude.length; i++)
        value = value << 8 | byte_at(magnitude, i);
    *out = value;
    return value <= maximum;
}

bool der_is_oid(const struct der_element *element)
{
    bool begins = true;
    for (size_t i = 0; i < element->body.length; i++) {
        unsigned char byte = byte_at(element->body, i);
        if (begins && byte == 0x80)
            return false;
        begins = byte < 0x80;
    }
    return element->tag == DER_OID && element->body.length > 0 && begins;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    /* Years begin in March here, so that the leap day is the last of its year. */
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static unsigned month_days(int year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* Two digits, or above 99. */
static unsigned pair_at(const char *text)
{
    unsigned tens = (unsigned)(unsigned char)text[0] - '0', ones = (unsigned)(unsigned char)text[1] - '0';
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

bool der_time(const struct der_element *element, int64_t *out)
{
    size_t year_digits = element->tag == DER_UTC_TIME ? 2 : 4;
    struct slice text = element->body;
    if ((element->tag != DER_UTC_TIME && element->tag != DER_GENERALIZED_TIME) ||
        text.length != year_digits + 11 || text.data[text.length - 1] != 'Z')
        return false;
    const char *rest = text.data + year_digits;
    unsigned century = 0, year = pair_at(rest - 2), month = pair_at(rest), day = pair_at(rest + 2),
             hour = pair_at(rest + 4), minute = pair_at(rest + 6), second = pair_at(rest + 8);
    if (year_digits == 4)
        century = pair_at(text.data);
    else
        century = year >= 50 ? 19 : 20;
    if (century > 99 || year > 99 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59)
        return false;
    int full_year = (int)(century * 100 + year);
    if (day < 1 || day > month_days(full_year, month))
        return false;
    *out = days_of(full_year, (int)month, (int)day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
