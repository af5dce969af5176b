#include "format.h"

#include <stdio.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* The largest first. */
static const struct unit size_units[] = {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"", 1}};
static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

static enum format_problem parse(struct slice text, const struct unit *units, size_t count, uint64_t *out)
{
    size_t digits = 0;
    while (digits < text.length && ascii_is_digit(text.data[digits]))
        digits++;
    if (digits == 0)
        return FORMAT_NO_NUMBER;
    uint64_t number = 0;
    struct slice unit = slice_after(text, digits);
    for (size_t i = 0; i < count; i++) {
        if (!slice_equal_text(unit, units[i].name))
            continue;
        if (!slice_to_u64(slice_before(text, digits), UINT64_MAX / units[i].factor, &number))
            return FORMAT_TOO_LARGE;
        *out = number * units[i].factor;
        return FORMAT_OK;
    }
    return unit.length == 0 ? FORMAT_NO_UNIT : FORMAT_BAD_UNIT;
}

enum format_problem size_parse(struct slice text, uint64_t *bytes)
{
    return parse(text, size_units, LENGTH_OF(size_units), bytes);
}

enum format_problem duration_parse(struct slice text, uint64_t *ms)
{
    if (slice_equal_text(text, "0")) {
        *ms = 0;
        return FORMAT_OK;
    }
    return parse(text, duration_units, LENGTH_OF(duration_units), ms);
}

static const char *format(uint64_t value, const struct unit *units, size_t count, char out[FORMAT_SIZE])
{
    size_t i = 0;
    while (i + 1 < count && (value == 0 || value % units[i].factor != 0))
        i++;
    snprintf(out, FORMAT_SIZE, "%llu%s", (unsigned long long)(value / units[i].factor), units[i].name);
    return out;
}

const char *size_format(uint64_t bytes, char out[FORMAT_SIZE])
{
    return format(bytes, size_units, LENGTH_OF(size_units), out);
}

const char *duration_format(uint64_t ms, char out[FORMAT_SIZE])
{
    return format(ms, duration_units, LENGTH_OF(duration_units), out);
}
