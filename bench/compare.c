#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum { COLUMN = 20 };

/* Mean and standard error of the rate, relative to it, by the whole intervals of the run. 0 if there are too
 * few. */
static double relative_error(const struct result *result)
{
    const struct series *series = &result->tally.series;
    double interval_s = (double)series->interval_ns / 1e9, sum = 0, squares = 0;
    unsigned whole = (unsigned)fmin(series->count, floor(result->tally.seconds / interval_s + 1e-6));
    if (whole < 5)
        return 0;
    for (unsigned i = 0; i < whole; i++) {
        double operations = (double)series->slots[i].operations;
        sum += operations;
        squares += operations * operations;
    }
    double mean = sum / whole, variance = fmax(0, squares / whole - mean * mean) * whole / (whole - 1);
    return mean > 0 ? sqrt(variance / whole) / mean : 0;
}

static bool write_difference(struct buffer *out, const char *what, const char *first, const char *second)
{
    return strcmp(first, second) == 0 || buffer_printf(out, "measured differently: %s %s and %s\n", what,
                                                       first[0] ? first : "-", second[0] ? second : "-");
}

static bool write_differences(const struct result *first, const struct result *second, struct buffer *out)
{
    char counts[2][24];
    snprintf(counts[0], sizeof(counts[0]), "%llu", (unsigned long long)first->connections);
    snprintf(counts[1], sizeof(counts[1]), "%llu", (unsigned long long)second->connections);
    const struct tally_tls *one = &first->tally.tls, *other = &second->tally.tls;
    return write_difference(out, "mode", mode_name(first->mode), mode_name(second->mode)) &&
           write_difference(out, "scenario", first->scenario, second->scenario) &&
           write_difference(out, "connections", counts[0], counts[1]) &&
           write_difference(out, "TLS version", one->version, other->version) &&
           write_difference(out, "cipher", one->cipher, other->cipher) &&
           write_difference(out, "group", one->group, other->group) &&
           write_difference(out, "server key", one->server_key, other->server_key);
}

/* A row of two numbers and their ratio. */
static bool write_numbers(struct buffer *out, const char *name, double first, double second)
{
    bool fits = buffer_printf(out, "%-*s%*.1f%*.1f", COLUMN, name, COLUMN, first, COLUMN, second);
    return fits && (first > 0 && second > 0 ? buffer_printf(out, "%12.3f\n", second / first)
                                            : buffer_append_text(out, "\n"));
}

static bool write_rates(const struct result *first, const struct result *second, struct buffer *out)
{
    double one = result_rate(first), other = result_rate(second);
    double error = hypot(relative_error(first), relative_error(second));
    if (first->is_client_bound || second->is_client_bound)
        return buffer_printf(out,
                             "%-*s%*s%*s   no ratio: a client that was the limit says nothing of a server\n",
                             COLUMN, "rate", COLUMN, first->is_client_bound ? "client-bound" : "-", COLUMN,
                             second->is_client_bound ? "client-bound" : "-");
    if (one <= 0 || other <= 0)
        return write_numbers(out, "rate /s", one, other);
    bool fits = buffer_printf(out, "%-*s%*.1f%*.1f%12.3f", COLUMN, "rate /s", COLUMN, one, COLUMN, other,
                              other / one);
    if (error <= 0)
        return fits && buffer_append_text(out, "\n");
    return fits && buffer_printf(out, " +- %.3f%s\n", error * other / one,
                                 fabs(other / one - 1) < 2 * error * other / one ? ", within noise" : "");
}

static bool write_distribution(struct buffer *out, const char *title, const struct histogram *first,
                               const struct histogram *second)
{
    bool fits = true;
    char name[40], one[24], other[24];
    if (first->total == 0 || second->total == 0)
        return true;
    for (size_t i = 0; i < RESULT_PERCENTILES; i++) {
        int64_t a = histogram_percentile(first, result_percentiles[i].percent);
        int64_t b = histogram_percentile(second, result_percentiles[i].percent);
        snprintf(name, sizeof(name), "%s %s", title, result_percentiles[i].name);
        fits = fits && buffer_printf(out, "%-*s%*s%*s%12.3f\n", COLUMN, name, COLUMN, text_of_ns(a, one),
                                     COLUMN, text_of_ns(b, other), a > 0 ? (double)b / (double)a : 0.0);
    }
    return fits;
}

static const char *label_of(const struct result *result, const char *otherwise)
{
    return result->label[0] ? result->label : otherwise;
}

bool compare_write(const struct result *first, const struct result *second, struct buffer *out)
{
    bool fits = write_differences(first, second, out) &&
                buffer_printf(out, "%-*s%*.19s%*.19s%12s\n", COLUMN, "", COLUMN, label_of(first, "A"), COLUMN,
                              label_of(second, "B"), "B / A") &&
                write_rates(first, second, out);
    if (first->server.is_known && second->server.is_known)
        fits = fits &&
               write_numbers(out, "per server CPU s", result_server_rate(first), result_server_rate(second));
    for (size_t i = 0; i < RESULT_DISTRIBUTIONS; i++)
        fits = fits && write_distribution(out, result_distributions[i].title, result_histogram(first, i),
                                          result_histogram(second, i));
    return fits && write_numbers(out, "failures", (double)first->tally.failures.total,
                                 (double)second->tally.failures.total);
}
