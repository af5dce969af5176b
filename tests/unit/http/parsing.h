/* Heads for the tests of this room: parsed from literals, with room for their fields. */
#ifndef POSTERN_TESTS_HTTP_PARSING_H
#define POSTERN_TESTS_HTTP_PARSING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/http/head.h"

#define FIELD_ROOM 32

static const struct http_limits wide_limits = {.head_size = 16384, .target_size = 8192, .field_count = 32};

struct parsed_request {
    struct http_field items[FIELD_ROOM];
    struct http_request head;
    size_t consumed;
};

struct parsed_response {
    struct http_field items[FIELD_ROOM];
    struct http_response head;
    size_t consumed;
};

static inline enum http_result parse_request(struct parsed_request *out, struct slice text,
                                             const struct http_limits *limits)
{
    size_t scanned = 0;
    *out = (struct parsed_request){.consumed = 0};
    out->head.fields = (struct http_fields){.items = out->items, .capacity = FIELD_ROOM};
    return http_request_parse(text.data, text.length, limits, &scanned, &out->head, &out->consumed);
}

static inline enum http_result parse_response(struct parsed_response *out, struct slice text,
                                              const struct http_limits *limits)
{
    size_t scanned = 0;
    *out = (struct parsed_response){.consumed = 0};
    out->head.fields = (struct http_fields){.items = out->items, .capacity = FIELD_ROOM};
    return http_response_parse(text.data, text.length, limits, &scanned, &out->head, &out->consumed);
}

/* For tests of what comes behind the head: it must parse. */
static inline const struct http_request *request_of(struct parsed_request *out, const char *text)
{
    assert_int_equal(parse_request(out, slice_text(text), &wide_limits), HTTP_OK);
    return &out->head;
}

static inline const struct http_response *response_of(struct parsed_response *out, const char *text)
{
    assert_int_equal(parse_response(out, slice_text(text), &wide_limits), HTTP_OK);
    return &out->head;
}

/* Prints what differs, by name, so that a row of a table is found. */
static inline void assert_result(const char *row, enum http_result actual, enum http_result expected)
{
    if (actual != expected)
        fail_msg("%s: %s instead of %s", row, http_result_name(actual), http_result_name(expected));
}

static inline void assert_slice(const char *row, struct slice actual, struct slice expected)
{
    if (!slice_equal(actual, expected))
        fail_msg("%s: \"%.*s\" instead of \"%.*s\"", row, SLICE_ARG(actual), SLICE_ARG(expected));
}

#endif
