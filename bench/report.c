#include "report.h"

#include <stdio.h>

#include "postern/base/json.h"

/* What one operation of a mode is called. */
static const char *const units[MODE_COUNT] = {
    [MODE_HANDSHAKE] = "handshakes",
    [MODE_REQUEST] = "requests",
    [MODE_STREAM] = "responses",
    [MODE_IDLE] = "connections",
};

static const struct {
    const char *name;
    double percent;
} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}};

bool report_is_client_bound(const struct options *options, const struct tally *tally)
{
    return options->mode != MODE_IDLE && tally->busy_share >= REPORT_CLIENT_BOUND;
}

static double rate_of(const struct tally *tally, double count)
{
    return tally->seconds > 0 ? count / tally->seconds : 0;
}

/* "1.23 ms": three digits and the unit that suits. */
static const char *format_ns(int64_t ns, char out[24])
{
    static const struct {
        double ns;
        const char *unit;
    } scales[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
    for (size_t i = 0; i < LENGTH_OF(scales); i++) {
        double value = (double)ns / scales[i].ns;
        if (value < 1)
            continue;
        snprintf(out, 24, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, scales[i].unit);
        return out;
    }
    snprintf(out, 24, "%d ns", (int)ns);
    return out;
}

static bool text_histogram(struct buffer *out, const char *name, const struct histogram *histogram)
{
    char value[24];
    if (histogram->total == 0)
        return true;
    bool fits = buffer_printf(out, "%-12s", name);
    for (size_t i = 0; i < LENGTH_OF(percentiles); i++)
        fits = fits &&
               buffer_printf(out, "%s %s%s", percentiles[i].name,
                             format_ns(histogram_percentile(histogram, percentiles[i].percent), value),
                             i + 1 < LENGTH_OF(percentiles) ? "   " : "\n");
    return fits;
}

static bool text_rate(const struct options *options, const struct tally *tally, struct buffer *out)
{
    const char *unit = units[options->mode];
    double rate = rate_of(tally, (double)tally->operations);
    if (options->mode == MODE_IDLE)
        return buffer_printf(out, "%-12s%llu of %llu connections open at the end, opened at %.0f a second\n",
                             "held", (unsigned long long)tally->holding,
                             (unsigned long long)options->connections,
                             tally->opening_s > 0 ? (double)tally->handshakes / tally->opening_s : 0);
    if (report_is_client_bound(options, tally))
        return buffer_printf(
            out,
            "%-12sno figure of the server: the client was busy %.0f %% of the time, so that\n"
            "%-12s%.1f %s/s is the client's own limit; give it more cores or --threads\n",
            "rate", tally->busy_share * 100, "", rate, unit);
    return buffer_printf(out, "%-12s%.1f %s/s (%llu in %.2f s)\n", "rate", rate, unit,
                         (unsigned long long)tally->operations, tally->seconds);
}

static bool text_failures(const struct tally *tally, struct buffer *out)
{
    char label[FAILURE_LABEL_SIZE];
    bool fits = buffer_printf(out, "%-12s%llu\n", "failures", (unsigned long long)tally->failures.total);
    for (unsigned i = 0; i < tally->failures.cause_count; i++)
        fits = fits && buffer_printf(out, "%12llu  %s\n", (unsigned long long)tally->failures.causes[i].count,
                                     failure_label(tally->failures.causes[i].failure, label));
    return fits;
}

static bool text_connection(const struct tally *tally, struct buffer *out)
{
    const struct tally_tls *tls = &tally->tls;
    if (tls->version[0] == '\0')
        return true;
    bool fits = buffer_printf(out, "%-12s%s, %s%s%s, server key %s\n", "TLS", tls->version, tls->cipher,
                              tls->group[0] ? ", " : "", tls->group, tls->server_key);
    if (tally->resumed > 0)
        fits = fits &&
               buffer_printf(out, "%-12s%llu of %llu handshakes\n", "resumed",
                             (unsigned long long)tally->resumed, (unsigned long long)tally->handshakes);
    if (tally->reconnects > 0)
        fits = fits && buffer_printf(out, "%-12s%llu kept-alive connections that the server had closed\n",
                                     "reopened", (unsigned long long)tally->reconnects);
    return fits;
}

bool report_text(const struct options *options, struct tally *tally, struct buffer *out)
{
    failures_sort(&tally->failures);
    bool fits = buffer_printf(out, "%s %s: %llu connection%s, %llu thread%s, %.2f s\n",
                              mode_name(options->mode), options->url,
                              (unsigned long long)options->connections, options->connections == 1 ? "" : "s",
                              (unsigned long long)options->threads, options->threads == 1 ? "" : "s",
                              tally->seconds) &&
                text_connection(tally, out) && text_rate(options, tally, out);
    if (tally->content > 0)
        fits = fits &&
               buffer_printf(out, "%-12s%.2f MB/s of content, %.1f MB\n", "throughput",
                             rate_of(tally, (double)tally->content) / 1e6, (double)tally->content / 1e6);
    return fits && text_histogram(out, "latency", &tally->operation) &&
           text_histogram(out, "handshake", &tally->handshake) &&
           text_histogram(out, "first byte", &tally->first_byte) && text_histogram(out, "gap", &tally->gap) &&
           buffer_printf(out, "%-12s%.2f s, %.0f %% of a core in the busiest thread\n", "client CPU",
                         tally->cpu_s, tally->cpu_share * 100) &&
           text_failures(tally, out);
}

static void json_histogram(struct json *json, const char *name, const struct histogram *histogram)
{
    if (histogram->total == 0)
        return;
    json_object_begin(json, name);
    json_uint(json, "count", histogram->total);
    json_double(json, "mean", histogram_mean(histogram) / 1e3, 3);
    json_double(json, "min", (double)histogram->min_ns / 1e3, 3);
    for (size_t i = 0; i < LENGTH_OF(percentiles); i++)
        json_double(json, percentiles[i].name,
                    (double)histogram_percentile(histogram, percentiles[i].percent) / 1e3, 3);
    json_object_end(json);
}

static void json_what(struct json *json, const struct options *options, const struct tally *tally)
{
    json_text(json, "mode", mode_name(options->mode));
    json_text(json, "url", options->url);
    json_uint(json, "connections", options->connections);
    json_uint(json, "threads", options->threads);
    json_object_begin(json, "tls");
    json_text(json, "version", tally->tls.version);
    json_text(json, "cipher", tally->tls.cipher);
    json_text(json, "group", tally->tls.group);
    json_text(json, "server_key", tally->tls.server_key);
    json_object_end(json);
}

static void json_rates(struct json *json, const struct options *options, const struct tally *tally)
{
    bool is_client_bound = report_is_client_bound(options, tally);
    double rate = rate_of(tally, (double)tally->operations);
    json_text(json, "unit", units[options->mode]);
    json_uint(json, "operations", tally->operations);
    json_double(json, "client_rate", rate, 2);
    if (is_client_bound)
        json_null(json, "server_rate");
    else
        json_double(json, "server_rate", rate, 2);
    json_bool(json, "client_bound", is_client_bound);
    json_uint(json, "content_bytes", tally->content);
    json_double(json, "content_mb_per_s", rate_of(tally, (double)tally->content) / 1e6, 2);
}

static void json_counts(struct json *json, const struct tally *tally)
{
    static const char *const classes[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
    char label[FAILURE_LABEL_SIZE];
    json_uint(json, "handshakes", tally->handshakes);
    json_uint(json, "resumed", tally->resumed);
    json_uint(json, "reconnects", tally->reconnects);
    json_uint(json, "holding", tally->holding);
    json_object_begin(json, "status");
    for (size_t i = 2; i < LENGTH_OF(classes); i++)
        json_uint(json, classes[i], tally->status[i]);
    json_object_end(json);
    json_uint(json, "failures", tally->failures.total);
    json_object_begin(json, "failures_by_cause");
    for (unsigned i = 0; i < tally->failures.cause_count; i++)
        json_uint(json, failure_label(tally->failures.causes[i].failure, label),
                  tally->failures.causes[i].count);
    json_object_end(json);
}

bool report_json(const struct options *options, struct tally *tally, struct buffer *out)
{
    struct json json;
    failures_sort(&tally->failures);
    json_init(&json, out);
    json_object_begin(&json, NULL);
    json_what(&json, options, tally);
    json_double(&json, "seconds", tally->seconds, 3);
    json_rates(&json, options, tally);
    json_counts(&json, tally);
    json_histogram(&json, "latency_us", &tally->operation);
    json_histogram(&json, "handshake_us", &tally->handshake);
    json_histogram(&json, "first_byte_us", &tally->first_byte);
    json_histogram(&json, "gap_us", &tally->gap);
    json_object_begin(&json, "client_cpu");
    json_double(&json, "seconds", tally->cpu_s, 3);
    json_double(&json, "share", tally->cpu_share, 3);
    json_double(&json, "busy_share", tally->busy_share, 3);
    json_object_end(&json);
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(out, "\n");
}
