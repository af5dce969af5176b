#include "threshold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/slice.h"
#include "result.h"
#include "text.h"

enum unit { UNIT_TIME, UNIT_NUMBER, UNIT_PERCENT };

static const struct {
    const char *name;
    enum threshold_what what;
    enum unit unit;
} names[] = {
    {"mean", THRESHOLD_MEAN, UNIT_TIME},       {"rate", THRESHOLD_RATE, UNIT_NUMBER},
    {"errors", THRESHOLD_ERRORS, UNIT_NUMBER}, {"error-rate", THRESHOLD_ERROR_RATE, UNIT_PERCENT},
    {"behind", THRESHOLD_BEHIND, UNIT_NUMBER}, {"server-cpu", THRESHOLD_SERVER_CPU, UNIT_TIME},
};

/* The prefixes of RESULT_DISTRIBUTIONS, in their order. */
static const char *const prefixes[RESULT_DISTRIBUTIONS] = {"latency.", "handshake.", "first-byte.", "gap."};

/* A decimal number, and what stands behind it. strtod() alone takes signs, spaces, hexadecimal and "inf". */
static bool parse_number(struct slice text, double *out, struct slice *unit)
{
    char copy[32], *end = NULL;
    size_t digits = 0;
    while (digits < text.length && (ascii_is_digit(text.data[digits]) || text.data[digits] == '.'))
        digits++;
    if (digits == 0 || digits >= sizeof(copy) || !ascii_is_digit(text.data[0]))
        return false;
    memcpy(copy, text.data, digits);
    copy[digits] = '\0';
    *out = strtod(copy, &end);
    *unit = slice_after(text, digits);
    return *end == '\0';
}

static bool parse_limit(struct slice text, enum unit unit, double *out)
{
    static const struct {
        const char *suffix;
        enum unit unit;
        double factor;
    } suffixes[] = {{"us", UNIT_TIME, 1e3},
                    {"ms", UNIT_TIME, 1e6},
                    {"s", UNIT_TIME, 1e9},
                    {"", UNIT_NUMBER, 1},
                    {"%", UNIT_PERCENT, 1.0}};
    struct slice suffix;
    if (!parse_number(text, out, &suffix))
        return false;
    for (size_t i = 0; i < LENGTH_OF(suffixes); i++) {
        if (suffixes[i].unit != unit || !slice_equal_text(suffix, suffixes[i].suffix))
            continue;
        *out *= suffixes[i].factor;
        return true;
    }
    return false;
}

/* "p99.9", "max" or "min", as a percentage. */
static bool parse_percentile(struct slice name, double *out)
{
    struct slice rest;
    *out = slice_equal_text(name, "max") ? 100 : 0;
    if (*out > 0 || slice_equal_text(name, "min"))
        return true;
    return name.length > 1 && name.data[0] == 'p' && parse_number(slice_after(name, 1), out, &rest) &&
           rest.length == 0 && *out > 0 && *out <= 100;
}

static bool parse_what(struct threshold *out, struct slice name, enum unit *unit)
{
    bool has_prefix = false;
    for (unsigned i = 0; i < RESULT_DISTRIBUTIONS && !has_prefix; i++) {
        has_prefix = slice_starts_with(name, slice_text(prefixes[i]));
        if (has_prefix) {
            out->distribution = i;
            name = slice_after(name, strlen(prefixes[i]));
        }
    }
    *unit = UNIT_TIME;
    if (parse_percentile(name, &out->percent)) {
        out->what = THRESHOLD_PERCENTILE;
        return true;
    }
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        if (!slice_equal_text(name, names[i].name))
            continue;
        out->what = names[i].what;
        *unit = names[i].unit;
        return !has_prefix || out->what == THRESHOLD_MEAN;
    }
    return false;
}

int threshold_parse(struct threshold *out, const char *text, struct err *err)
{
    static const char *const examples[] = {[UNIT_TIME] = "a time such as 10ms",
                                           [UNIT_NUMBER] = "a number",
                                           [UNIT_PERCENT] = "a percentage such as 0.1%"};
    enum unit unit;
    size_t length = strcspn(text, "<>");
    *out = (struct threshold){.text = text, .is_below = text[length] == '<'};
    if (text[length] == '\0')
        return err_set(err, "--fail-if %s: is no limit; write WHAT>LIMIT or WHAT<LIMIT, p99>10ms", text);
    if (!parse_what(out, slice_of(text, length), &unit))
        return err_set(err,
                       "--fail-if %s: %.*s is nothing that is measured; there are p50 to p99.999, max, min, "
                       "mean, rate, errors, error-rate, behind, server-cpu",
                       text, (int)length, text);
    if (!parse_limit(slice_text(text + length + 1), unit, &out->limit))
        return err_set(err, "--fail-if %s: the limit must be %s", text, examples[unit]);
    return 0;
}

/* What was measured; NAN if nothing was. */
static double measured(const struct threshold *threshold, const struct result *result)
{
    const struct tally *tally = &result->tally;
    const struct histogram *histogram = result_histogram(result, threshold->distribution);
    double ended = (double)tally->operations + (double)tally->failures.total;
    switch (threshold->what) {
    case THRESHOLD_PERCENTILE:
        if (histogram->total == 0)
            return NAN;
        return (double)(threshold->percent > 0 ? histogram_percentile(histogram, threshold->percent)
                                               : histogram->min_ns);
    case THRESHOLD_MEAN:
        return histogram->total > 0 ? histogram_mean(histogram) : NAN;
    case THRESHOLD_RATE:
        return result_rate(result);
    case THRESHOLD_ERRORS:
        return (double)tally->failures.total;
    case THRESHOLD_ERROR_RATE:
        return ended > 0 ? (double)tally->failures.total * 100 / ended : NAN;
    case THRESHOLD_BEHIND:
        return (double)tally->behind;
    case THRESHOLD_SERVER_CPU:
        return result_server_rate(result) > 0 ? 1e9 / result_server_rate(result) : NAN;
    }
    return NAN;
}

static void write_verdict(const struct threshold *threshold, double value,
                          char verdict[THRESHOLD_VERDICT_SIZE])
{
    char time[24];
    bool is_time = threshold->what == THRESHOLD_PERCENTILE || threshold->what == THRESHOLD_MEAN ||
                   threshold->what == THRESHOLD_SERVER_CPU;
    if (isnan(value))
        snprintf(verdict, THRESHOLD_VERDICT_SIZE, "%.64s: was not measured", threshold->text);
    else if (is_time)
        snprintf(verdict, THRESHOLD_VERDICT_SIZE, "%.64s: is %s", threshold->text,
                 text_of_ns((int64_t)value, time));
    else
        snprintf(verdict, THRESHOLD_VERDICT_SIZE, "%.64s: is %.6g%s", threshold->text, value,
                 threshold->what == THRESHOLD_ERROR_RATE ? " %" : "");
}

bool threshold_is_crossed(const struct threshold *threshold, const struct result *result,
                          char verdict[THRESHOLD_VERDICT_SIZE])
{
    double value = measured(threshold, result);
    write_verdict(threshold, value, verdict);
    return isnan(value) || (threshold->is_below ? value < threshold->limit : value > threshold->limit);
}
