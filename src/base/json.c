#include "postern/base/json.h"

#include <math.h>
#include <stdio.h>

#include "postern/base/text.h"

void json_init(struct json *json, struct buffer *buffer)
{
    *json = (struct json){.buffer = buffer};
}

static void put(struct json *json, const char *text)
{
    if (!json->overflow && !buffer_append_text(json->buffer, text))
        json->overflow = true;
}

static void put_quoted(struct json *json, struct slice text)
{
    put(json, "\"");
    if (!json->overflow && !text_append_json(json->buffer, text))
        json->overflow = true;
    put(json, "\"");
}

static void put_name(struct json *json, const char *name)
{
    if (json->comma)
        put(json, ",");
    json->comma = true;
    if (name != NULL) {
        put_quoted(json, slice_text(name));
        put(json, ":");
    }
}

static void begin(struct json *json, const char *name, const char *bracket)
{
    put_name(json, name);
    put(json, bracket);
    json->comma = false;
}

static void end(struct json *json, const char *bracket)
{
    put(json, bracket);
    json->comma = true;
}

void json_object_begin(struct json *json, const char *name)
{
    begin(json, name, "{");
}

void json_object_end(struct json *json)
{
    end(json, "}");
}

void json_array_begin(struct json *json, const char *name)
{
    begin(json, name, "[");
}

void json_array_end(struct json *json)
{
    end(json, "]");
}

void json_slice(struct json *json, const char *name, struct slice value)
{
    put_name(json, name);
    put_quoted(json, value);
}

void json_text(struct json *json, const char *name, const char *value)
{
    if (value == NULL)
        json_null(json, name);
    else
        json_slice(json, name, slice_text(value));
}

/* At least width digits, written from the end; printf() would take longer than all else of a log line. */
static const char *decimal(uint64_t value, int width, char out[24])
{
    char *at = out + 23;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || at > out + 23 - width);
    return at;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void json_int(struct json *json, const char *name, int64_t value)
{
    char text[24];
    put_name(json, name);
    put(json, value < 0 ? "-" : "");
    put(json, decimal(magnitude(value), 1, text));
}

void json_uint(struct json *json, const char *name, uint64_t value)
{
    char text[24];
    put_name(json, name);
    put(json, decimal(value, 1, text));
}

void json_thousandths(struct json *json, const char *name, int64_t value)
{
    char text[24];
    put_name(json, name);
    put(json, value < 0 ? "-" : "");
    put(json, decimal(magnitude(value) / 1000, 1, text));
    put(json, ".");
    put(json, decimal(magnitude(value) % 1000, 3, text));
}

void json_bool(struct json *json, const char *name, bool value)
{
    put_name(json, name);
    put(json, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
    put_name(json, name);
    put(json, "null");
}

void json_double(struct json *json, const char *name, double value, int decimals)
{
    char text[352]; /* DBL_MAX has 309 digits */
    if (!isfinite(value)) {
        json_null(json, name);
        return;
    }
    snprintf(text, sizeof(text), "%.*f", decimals < 0 ? 0 : decimals > 9 ? 9 : decimals, value);
    put_name(json, name);
    put(json, text);
}

bool json_end(const struct json *json)
{
    return !json->overflow;
}
