#include "result_write.h"

#include <string.h>

#include "postern/base/json.h"

static void write_text_if(struct json *json, const char *name, const char *text)
{
    json_text(json, name, text[0] ? text : NULL);
}

static void write_what(struct json *json, const struct result *result)
{
    const struct tally_tls *tls = &result->tally.tls;
    json_text(json, "schema", RESULT_SCHEMA);
    write_text_if(json, "label", result->label);
    write_text_if(json, "scenario", result->scenario);
    write_text_if(json, "note", result->note);
    if (result->crl_entries >= 0)
        json_int(json, "crl_entries", result->crl_entries);
    else
        json_null(json, "crl_entries");
    json_text(json, "mode", mode_name(result->mode));
    json_text(json, "url", result->url);
    json_uint(json, "connections", result->connections);
    json_uint(json, "threads", result->threads);
    json_object_begin(json, "tls");
    json_text(json, "version", tls->version);
    json_text(json, "cipher", tls->cipher);
    json_text(json, "group", tls->group);
    json_text(json, "server_key", tls->server_key);
    json_object_end(json);
}

static void write_rates(struct json *json, const struct result *result)
{
    const struct tally *tally = &result->tally;
    double rate = result_rate(result);
    json_double(json, "seconds", tally->seconds, 3);
    json_text(json, "unit", result_unit(result));
    json_uint(json, "operations", tally->operations);
    if (result->wanted_rate > 0)
        json_double(json, "wanted_rate", result->wanted_rate, 2);
    else
        json_null(json, "wanted_rate");
    json_uint(json, "behind", tally->behind);
    json_double(json, "client_rate", rate, 2);
    if (result->is_client_bound)
        json_null(json, "server_rate");
    else
        json_double(json, "server_rate", rate, 2);
    json_bool(json, "client_bound", result->is_client_bound);
    json_uint(json, "content_bytes", tally->content);
    json_double(json, "content_mb_per_s",
                tally->seconds > 0 ? (double)tally->content / tally->seconds / 1e6 : 0, 2);
}

static void write_counts(struct json *json, const struct result *result)
{
    static const char *const classes[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
    const struct tally *tally = &result->tally;
    json_uint(json, "handshakes", tally->handshakes);
    json_uint(json, "resumed", tally->resumed);
    json_uint(json, "reconnects", tally->reconnects);
    json_uint(json, "holding", tally->holding);
    json_double(json, "opening_s", tally->opening_s, 3);
    json_object_begin(json, "status");
    for (size_t i = 2; i < LENGTH_OF(classes); i++)
        json_uint(json, classes[i], tally->status[i]);
    json_object_end(json);
    json_uint(json, "failures", tally->failures.total);
    json_object_begin(json, "failures_by_cause");
    for (unsigned i = 0; i < result->cause_count; i++)
        json_uint(json, result->causes[i].label, result->causes[i].count);
    json_object_end(json);
}

static void write_bucket(void *argument, int64_t value_ns, uint64_t count)
{
    struct json *json = argument;
    json_array_begin(json, NULL);
    json_thousandths(json, NULL, value_ns);
    json_uint(json, NULL, count);
    json_array_end(json);
}

/* In microseconds; three decimals are nanoseconds, so nothing is lost. */
static void write_histogram(struct json *json, const char *name, const struct histogram *histogram)
{
    if (histogram->total == 0)
        return;
    json_object_begin(json, name);
    json_uint(json, "count", histogram->total);
    json_double(json, "mean", histogram_mean(histogram) / 1e3, 3);
    json_thousandths(json, "min", histogram->min_ns);
    for (size_t i = 0; i < RESULT_PERCENTILES; i++)
        json_thousandths(json, result_percentiles[i].name,
                         histogram_percentile(histogram, result_percentiles[i].percent));
    json_array_begin(json, "histogram");
    histogram_each(histogram, write_bucket, json);
    json_array_end(json);
    json_object_end(json);
}

static void write_series(struct json *json, const struct series *series)
{
    json_object_begin(json, "series");
    json_double(json, "interval_s", (double)series->interval_ns / 1e9, 3);
    json_array_begin(json, "operations");
    for (unsigned i = 0; i < series->count; i++)
        json_uint(json, NULL, series->slots[i].operations);
    json_array_end(json);
    json_array_begin(json, "failures");
    for (unsigned i = 0; i < series->count; i++)
        json_uint(json, NULL, series->slots[i].failures);
    json_array_end(json);
    json_array_begin(json, "slowest_us");
    for (unsigned i = 0; i < series->count; i++)
        json_thousandths(json, NULL, series->slots[i].slowest_ns);
    json_array_end(json);
    json_object_end(json);
}

static void write_cpu(struct json *json, const struct result *result)
{
    const struct tally *tally = &result->tally;
    const struct result_server *server = &result->server;
    json_object_begin(json, "client_cpu");
    json_double(json, "seconds", tally->cpu_s, 3);
    json_double(json, "share", tally->cpu_share, 3);
    json_double(json, "busy_share", tally->busy_share, 3);
    json_object_end(json);
    if (!server->is_known) {
        json_null(json, "server");
        return;
    }
    json_object_begin(json, "server");
    json_double(json, "cpu_s", server->cpu_s, 6);
    json_double(json, "operations_per_cpu_s", result_server_rate(result), 2);
    json_double(json, "cpu_us_per_operation",
                tally->operations > 0 ? server->cpu_s * 1e6 / (double)tally->operations : 0, 3);
    if (server->memory_end_kib > 0) {
        json_uint(json, "memory_begin_kib", server->memory_begin_kib);
        json_uint(json, "memory_end_kib", server->memory_end_kib);
    }
    json_object_end(json);
}

bool result_write_json(const struct result *result, struct buffer *out)
{
    struct json json;
    json_init(&json, out);
    json_object_begin(&json, NULL);
    write_what(&json, result);
    write_rates(&json, result);
    write_counts(&json, result);
    for (size_t i = 0; i < RESULT_DISTRIBUTIONS; i++)
        write_histogram(&json, result_distributions[i].key, result_histogram(result, i));
    write_series(&json, &result->tally.series);
    write_cpu(&json, result);
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(out, "\n");
}

/* A field between quotes, with its own doubled. */
static bool csv_text(struct buffer *out, const char *text)
{
    bool fits = buffer_append_text(out, "\"");
    for (; *text; text++)
        fits = fits && buffer_printf(out, *text == '"' ? "\"\"" : "%c", *text);
    return fits && buffer_append_text(out, "\",");
}

static bool csv_names(struct buffer *out)
{
    bool fits = buffer_append_text(out,
                                   "label,scenario,mode,url,connections,threads,crl_entries,wanted_rate,"
                                   "seconds,operations,client_rate,client_bound,handshakes,resumed,behind,"
                                   "failures,content_bytes,client_cpu_s,server_cpu_s,"
                                   "server_operations_per_cpu_s,latency_mean_us");
    for (size_t i = 0; i < RESULT_DISTRIBUTIONS; i++) {
        const char *key = result_distributions[i].key;
        for (size_t j = 0; j < RESULT_PERCENTILES; j++)
            fits = fits && buffer_printf(out, ",%.*s_%s_us", (int)(strlen(key) - strlen("_us")), key,
                                         result_percentiles[j].name);
    }
    return fits && buffer_append_text(out, "\r\n");
}

/* What is not known is empty. */
static bool csv_known(struct buffer *out, bool is_known, double value)
{
    return is_known ? buffer_printf(out, "%.6f,", value) : buffer_append_text(out, ",");
}

static bool csv_counts(struct buffer *out, const struct result *result)
{
    const struct tally *tally = &result->tally;
    bool fits = csv_text(out, result->label) && csv_text(out, result->scenario) &&
                csv_text(out, mode_name(result->mode)) && csv_text(out, result->url) &&
                buffer_printf(out, "%llu,%llu,", (unsigned long long)result->connections,
                              (unsigned long long)result->threads);
    fits = fits && (result->crl_entries < 0 ? buffer_append_text(out, ",")
                                            : buffer_printf(out, "%lld,", (long long)result->crl_entries));
    return fits && csv_known(out, result->wanted_rate > 0, result->wanted_rate) &&
           buffer_printf(out, "%.3f,%llu,%.2f,%s,%llu,%llu,%llu,%llu,%llu,%.3f,", tally->seconds,
                         (unsigned long long)tally->operations, result_rate(result),
                         result->is_client_bound ? "yes" : "no", (unsigned long long)tally->handshakes,
                         (unsigned long long)tally->resumed, (unsigned long long)tally->behind,
                         (unsigned long long)tally->failures.total, (unsigned long long)tally->content,
                         tally->cpu_s) &&
           csv_known(out, result->server.is_known, result->server.cpu_s) &&
           csv_known(out, result->server.is_known, result_server_rate(result));
}

bool result_write_csv(const struct result *result, struct buffer *out)
{
    bool fits = csv_names(out) && csv_counts(out, result) &&
                buffer_printf(out, "%.3f", histogram_mean(&result->tally.operation) / 1e3);
    for (size_t i = 0; i < RESULT_DISTRIBUTIONS; i++) {
        const struct histogram *histogram = result_histogram(result, i);
        for (size_t j = 0; j < RESULT_PERCENTILES; j++)
            fits = fits &&
                   (histogram->total == 0
                        ? buffer_append_text(out, ",")
                        : buffer_printf(
                              out, ",%.3f",
                              (double)histogram_percentile(histogram, result_percentiles[j].percent) / 1e3));
    }
    return fits && buffer_append_text(out, "\r\n");
}
