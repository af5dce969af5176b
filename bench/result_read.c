#include "result_read.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/attributes.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "result_write.h"

enum { FILE_LIMIT = 64 << 20 };

/* No count is above 2^40, so sums of all that a file can hold stay within 64 bits. */
static const double count_max = 1099511627776.0;
static const double real_max = 1e15;

/* Where an error is: the file, and the object that is being read. */
struct place {
    const char *name;
    struct err *err;
};

static int refuse(const struct place *place, const char *key, const char *right)
{
    return err_set_at(place->err, place->name, 0, "\"%s\": is not %s", key, right);
}

/* A number from 0 to maximum. Absent or null: *out stays. */
static int get_real(const struct place *place, const json_t *object, const char *key, double maximum,
                    double *out)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return 0;
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0 && number <= maximum))
        return refuse(place, key, "a number in its range");
    *out = number;
    return 0;
}

static int get_count(const struct place *place, const json_t *object, const char *key, uint64_t *out)
{
    double number = (double)*out;
    if (get_real(place, object, key, count_max, &number) != 0)
        return -1;
    *out = (uint64_t)number;
    return 0;
}

/* Microseconds with decimals. */
static int get_ns(const struct place *place, const json_t *value, const char *key, int64_t *out)
{
    double us = json_number_value(value);
    if (!json_is_number(value) || !(us >= 0 && us <= (double)HISTOGRAM_MAX_NS / 1e3))
        return refuse(place, key, "a time in microseconds, of at most an hour");
    *out = (int64_t)llround(us * 1e3);
    return 0;
}

/* Text, cut to fit: all of it is for display. */
static int get_text(const struct place *place, const json_t *object, const char *key, char *out, size_t size)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return refuse(place, key, "a text");
    size_t length = strlen(json_string_value(value));
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)json_string_value(value)[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, json_string_value(value), length);
    out[length] = '\0';
    return 0;
}

static int read_mode(const struct place *place, const json_t *object, struct result *result)
{
    const char *name = json_string_value(json_object_get(object, "mode"));
    for (result->mode = 0; result->mode < MODE_COUNT; result->mode++) {
        if (name && strcmp(mode_name(result->mode), name) == 0)
            return 0;
    }
    return refuse(place, "mode", "one that there is");
}

static int read_what(const struct place *place, const json_t *object, struct result *result)
{
    const char *schema = json_string_value(json_object_get(object, "schema"));
    const json_t *tls = json_object_get(object, "tls");
    struct tally_tls *out = &result->tally.tls;
    double entries = -1;
    if (!schema || strcmp(schema, RESULT_SCHEMA) != 0)
        return refuse(place, "schema",
                      RESULT_SCHEMA "; this is no result of postern-bench, or a newer one's");
    if (read_mode(place, object, result) != 0 ||
        get_text(place, object, "label", result->label, sizeof(result->label)) != 0 ||
        get_text(place, object, "scenario", result->scenario, sizeof(result->scenario)) != 0 ||
        get_text(place, object, "note", result->note, sizeof(result->note)) != 0 ||
        get_text(place, object, "url", result->url, sizeof(result->url)) != 0 ||
        get_text(place, tls, "version", out->version, sizeof(out->version)) != 0 ||
        get_text(place, tls, "cipher", out->cipher, sizeof(out->cipher)) != 0 ||
        get_text(place, tls, "group", out->group, sizeof(out->group)) != 0 ||
        get_text(place, tls, "server_key", out->server_key, sizeof(out->server_key)) != 0 ||
        get_real(place, object, "crl_entries", count_max, &entries) != 0)
        return -1;
    result->crl_entries = (int64_t)entries;
    result->is_client_bound = json_is_true(json_object_get(object, "client_bound"));
    return 0;
}

static int read_counts(const struct place *place, const json_t *object, struct result *result)
{
    const struct {
        const char *key;
        uint64_t *out;
    } counts[] = {
        {"connections", &result->connections},     {"threads", &result->threads},
        {"operations", &result->tally.operations}, {"behind", &result->tally.behind},
        {"handshakes", &result->tally.handshakes}, {"resumed", &result->tally.resumed},
        {"reconnects", &result->tally.reconnects}, {"holding", &result->tally.holding},
        {"content_bytes", &result->tally.content}, {"failures", &result->tally.failures.total},
    };
    for (size_t i = 0; i < LENGTH_OF(counts); i++) {
        if (get_count(place, object, counts[i].key, counts[i].out) != 0)
            return -1;
    }
    if (get_real(place, object, "seconds", real_max, &result->tally.seconds) != 0 ||
        get_real(place, object, "opening_s", real_max, &result->tally.opening_s) != 0)
        return -1;
    return get_real(place, object, "wanted_rate", real_max, &result->wanted_rate);
}

static int read_causes(const struct place *place, json_t *object, struct result *result)
{
    json_t *causes = json_object_get(object, "failures_by_cause"), *value;
    const char *label;
    json_object_foreach(causes, label, value)
    {
        if (result->cause_count == FAILURE_CAUSES_MAX)
            return 0;
        struct result_cause *cause = &result->causes[result->cause_count++];
        snprintf(cause->label, sizeof(cause->label), "%s", label);
        if (get_count(place, causes, label, &cause->count) != 0)
            return -1;
    }
    return 0;
}

static int read_buckets(const struct place *place, const json_t *pairs, const char *key,
                        struct histogram *histogram)
{
    size_t index;
    json_t *pair;
    json_array_foreach(pairs, index, pair)
    {
        int64_t value_ns = 0;
        double count = json_number_value(json_array_get(pair, 1));
        if (get_ns(place, json_array_get(pair, 0), key, &value_ns) != 0)
            return -1;
        if (!(count >= 1 && count <= count_max) || json_array_size(pair) != 2)
            return refuse(place, key, "a distribution: \"histogram\" holds pairs of a value and a count");
        histogram_record_many(histogram, value_ns, (uint64_t)count);
    }
    return 0;
}

/* The counters, and what they do not tell exactly: the smallest value and the mean. */
static int read_histogram(const struct place *place, const json_t *object, const char *key,
                          struct histogram *histogram)
{
    const json_t *source = json_object_get(object, key);
    uint64_t count = 0;
    double mean_us = 0;
    if (!source)
        return 0;
    if (read_buckets(place, json_object_get(source, "histogram"), key, histogram) != 0 ||
        get_count(place, source, "count", &count) != 0 ||
        get_real(place, source, "mean", (double)HISTOGRAM_MAX_NS / 1e3, &mean_us) != 0)
        return -1;
    if (count == 0 || count != histogram->total)
        return refuse(place, key, "a distribution whose \"histogram\" adds up to its \"count\"");
    int64_t min_ns = histogram->min_ns;
    if (get_ns(place, json_object_get(source, "min"), key, &min_ns) != 0)
        return -1;
    if (min_ns > histogram->min_ns)
        return refuse(place, key, "a distribution whose \"min\" is its smallest value");
    histogram->min_ns = min_ns;
    histogram->sum_ns = mean_us * 1e3 * (double)count;
    return 0;
}

static int read_slots(const struct place *place, const json_t *source, struct series *series)
{
    const json_t *operations = json_object_get(source, "operations"),
                 *failures = json_object_get(source, "failures"),
                 *slowest = json_object_get(source, "slowest_us");
    series->count = (unsigned)json_array_size(operations);
    for (unsigned i = 0; i < series->count; i++) {
        double done = json_number_value(json_array_get(operations, i));
        double failed = json_number_value(json_array_get(failures, i));
        if (!(done >= 0 && done <= count_max) || !(failed >= 0 && failed <= count_max))
            return refuse(place, "series", "made of counts");
        series->slots[i].operations = (uint64_t)done;
        series->slots[i].failures = (uint64_t)failed;
        if (slowest &&
            get_ns(place, json_array_get(slowest, i), "slowest_us", &series->slots[i].slowest_ns) != 0)
            return -1;
    }
    return 0;
}

static int read_series(const struct place *place, const json_t *object, struct series *series)
{
    const json_t *source = json_object_get(object, "series");
    double interval_s = 0;
    if (!source || json_is_null(source))
        return 0;
    if (get_real(place, source, "interval_s", 1e6, &interval_s) != 0)
        return -1;
    int64_t interval_ns = (int64_t)llround(interval_s * 1e9);
    while (series->interval_ns < interval_ns)
        series->interval_ns *= 2;
    if (series->interval_ns != interval_ns)
        return refuse(place, "interval_s", "0.1 doubled some times");
    if (json_array_size(json_object_get(source, "operations")) > SERIES_SLOTS)
        return refuse(place, "series", "of at most 256 intervals");
    return read_slots(place, source, series);
}

static int read_cpu(const struct place *place, const json_t *object, struct result *result)
{
    const json_t *client = json_object_get(object, "client_cpu"), *server = json_object_get(object, "server");
    struct tally *tally = &result->tally;
    if (get_real(place, client, "seconds", real_max, &tally->cpu_s) != 0 ||
        get_real(place, client, "share", real_max, &tally->cpu_share) != 0 ||
        get_real(place, client, "busy_share", real_max, &tally->busy_share) != 0)
        return -1;
    result->server.is_known = json_is_object(server);
    if (get_count(place, server, "memory_begin_kib", &result->server.memory_begin_kib) != 0 ||
        get_count(place, server, "memory_end_kib", &result->server.memory_end_kib) != 0)
        return -1;
    return get_real(place, server, "cpu_s", real_max, &result->server.cpu_s);
}

static int read_result(const struct place *place, json_t *object, struct result *result)
{
    if (read_what(place, object, result) != 0 || read_counts(place, object, result) != 0 ||
        read_causes(place, object, result) != 0 || read_cpu(place, object, result) != 0)
        return -1;
    for (size_t i = 0; i < RESULT_DISTRIBUTIONS; i++) {
        char *at = (char *)&result->tally + result_distributions[i].offset;
        if (read_histogram(place, object, result_distributions[i].key, (struct histogram *)(void *)at) != 0)
            return -1;
    }
    return read_series(place, object, &result->tally.series);
}

static int append(struct result_list *list, const struct place *place, json_t *object)
{
    if (list->count == RESULT_LIST_MAX)
        return err_set_at(place->err, place->name, 0, "more than %d results", RESULT_LIST_MAX);
    struct result *result = xcalloc(1, sizeof(*result));
    result_init(result);
    list->items = xreallocarray(list->items, list->count + 1, sizeof(struct result *));
    list->items[list->count++] = result;
    return read_result(place, object, result);
}

int result_list_parse(struct result_list *list, struct slice json, const char *name, struct err *err)
{
    const struct place place = {name, err};
    json_error_t error;
    int result = 0;
    json_t *top = json_loadb(json.data ? json.data : "", json.length, JSON_REJECT_DUPLICATES, &error);
    if (!top)
        return err_set_at(err, name, error.line > 0 ? (unsigned)error.line : 0, "is no JSON: %s", error.text);
    if (json_is_array(top)) {
        for (size_t i = 0; result == 0 && i < json_array_size(top); i++)
            result = append(list, &place, json_array_get(top, i));
    } else {
        result = append(list, &place, top);
    }
    json_decref(top);
    return result;
}

int result_list_load(struct result_list *list, const char *path, struct err *err)
{
    struct buffer text;
    buffer_init(&text, 0);
    int result = file_read(path, FILE_LIMIT, &text, NULL, err);
    if (result == 0)
        result = result_list_parse(list, buffer_view(&text), path, err);
    buffer_clear(&text);
    return result;
}

void result_list_clear(struct result_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        result_clear(list->items[i]);
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct result_list){0};
}
