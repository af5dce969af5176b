#include "guard.h"
#include "parsing.h"

/* NUL stands in some inputs, so a row's text is a slice. */
struct row {
    const char *name;
    struct slice text;
    enum http_result expected;
};
#define ROW(name, text, expected)                                                                            \
    {                                                                                                        \
        name, {"" text, sizeof(text) - 1}, expected                                                          \
    }
#define GET "GET / HTTP/1.1\r\n"

/* RFC 9112 §2.2, §3, §5; threats H3, H7, H17. */
static const struct row requests[] = {
    ROW("plain", GET "Host: a\r\n\r\n", HTTP_OK),
    ROW("without_fields", GET "\r\n", HTTP_OK),
    ROW("version_1_0", "GET / HTTP/1.0\r\n\r\n", HTTP_OK),
    ROW("one_empty_line_before", "\r\n" GET "Host: a\r\n\r\n", HTTP_OK),
    ROW("two_empty_lines_before", "\r\n\r\n" GET "\r\n", HTTP_BAD_METHOD),
    ROW("cr_alone_before", "\rGET / HTTP/1.1\r\n\r\n", HTTP_BAD_METHOD),
    ROW("lf_alone_before", "\n" GET "\r\n", HTTP_BARE_LF),
    ROW("space_before", " GET / HTTP/1.1\r\n\r\n", HTTP_BAD_METHOD),
    ROW("method_of_any_token", "M-SEARCH!~ / HTTP/1.1\r\n\r\n", HTTP_OK),
    ROW("method_with_separator", "GE(T / HTTP/1.1\r\n\r\n", HTTP_BAD_METHOD),
    ROW("method_longest", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\n\r\n", HTTP_OK),
    ROW("method_too_long", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n\r\n", HTTP_BAD_METHOD),
    ROW("tls_client_hello", "\x16\x03\x01\x02", HTTP_BAD_METHOD),
    ROW("two_spaces_before_target", "GET  / HTTP/1.1\r\n\r\n", HTTP_BAD_TARGET),
    ROW("two_spaces_before_version", "GET /  HTTP/1.1\r\n\r\n", HTTP_BAD_VERSION),
    ROW("tab_for_space", "GET\t/ HTTP/1.1\r\n\r\n", HTTP_BAD_METHOD),
    ROW("tab_behind_target", "GET /\tHTTP/1.1\r\n\r\n", HTTP_BAD_TARGET),
    ROW("space_in_target", "GET /a b HTTP/1.1\r\n\r\n", HTTP_BAD_VERSION),
    ROW("nul_in_target", "GET /a\0b HTTP/1.1\r\n\r\n", HTTP_BAD_TARGET),
    ROW("utf8_in_target", "GET /\xC3\xA4 HTTP/1.1\r\n\r\n", HTTP_BAD_TARGET),
    ROW("http_0_9", "GET /\r\n\r\n", HTTP_BAD_TARGET),
    ROW("without_target", "GET HTTP/1.1\r\n\r\n", HTTP_BAD_TARGET),
    ROW("version_2_0_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP_VERSION_UNSUPPORTED),
    ROW("version_1_2", "GET / HTTP/1.2\r\n\r\n", HTTP_VERSION_UNSUPPORTED),
    ROW("version_0_9", "GET / HTTP/0.9\r\n\r\n", HTTP_VERSION_UNSUPPORTED),
    ROW("version_of_three_digits", "GET / HTTP/1.10\r\n\r\n", HTTP_BAD_VERSION),
    ROW("version_short", "GET / HTTP/1\r\n\r\n", HTTP_BAD_VERSION),
    ROW("version_short_of_all", "GET / H\r\n\r\n", HTTP_BAD_VERSION),
    ROW("version_in_lower_case", "GET / http/1.1\r\n\r\n", HTTP_BAD_VERSION),
    ROW("version_of_letters", "GET / HTTP/x.y\r\n\r\n", HTTP_BAD_VERSION),
    ROW("space_behind_version", "GET / HTTP/1.1 \r\n\r\n", HTTP_BAD_VERSION),
    ROW("bare_lf_in_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", HTTP_BARE_LF),
    ROW("bare_lf_behind_field", GET "Host: a\nB: c\r\n\r\n", HTTP_BARE_LF),
    ROW("bare_lf_for_empty_line", GET "Host: a\r\n\n", HTTP_BARE_LF),
    ROW("bare_cr_in_request_line", "GET / HTTP/1.1\rHost: a\r\n\r\n", HTTP_BAD_VERSION),
    ROW("bare_cr_in_value", GET "A: b\rc\r\n\r\n", HTTP_FIELD_VALUE),
    ROW("bare_cr_in_name", GET "A\r: b\r\n\r\n", HTTP_FIELD_NAME),
    ROW("two_crs", GET "A: b\r\r\n\r\n", HTTP_FIELD_VALUE),
    ROW("cr_for_empty_line", GET "A: b\r\n\r\r\n\r\n", HTTP_FIELD_NAME),
    ROW("name_empty", GET ": x\r\n\r\n", HTTP_FIELD_NAME),
    ROW("name_without_colon", GET "Host\r\n\r\n", HTTP_FIELD_NAME),
    ROW("space_before_colon", GET "Host : a\r\n\r\n", HTTP_FIELD_NAME),
    ROW("tab_before_colon", GET "Host\t: a\r\n\r\n", HTTP_FIELD_NAME),
    ROW("nul_in_name", GET "Ho\0st: a\r\n\r\n", HTTP_FIELD_NAME),
    ROW("utf8_in_name", GET "H\xC3\xB6st: a\r\n\r\n", HTTP_FIELD_NAME),
    ROW("separator_in_name", GET "Host(: a\r\n\r\n", HTTP_FIELD_NAME),
    ROW("folded_by_space", GET "A: b\r\n c\r\n\r\n", HTTP_OBS_FOLD),
    ROW("folded_by_tab", GET "A: b\r\n\tc\r\n\r\n", HTTP_OBS_FOLD),
    ROW("folded_first_line", GET " A: b\r\n\r\n", HTTP_OBS_FOLD),
    ROW("blank_last_line", GET "A: b\r\n \r\n\r\n", HTTP_OBS_FOLD),
    ROW("nul_in_value", GET "A: b\0c\r\n\r\n", HTTP_FIELD_VALUE),
    ROW("vertical_tab_in_value",
        GET "Transfer-Encoding: \x0B"
            "chunked\r\n\r\n",
        HTTP_FIELD_VALUE),
    ROW("del_in_value", GET "A: \x7F\r\n\r\n", HTTP_FIELD_VALUE),
    ROW("tab_and_high_bytes_in_value", GET "A: b\tc\x80\xFF\r\n\r\n", HTTP_OK),
    ROW("value_empty", GET "A:\r\nB: \t \r\n\r\n", HTTP_OK),
    ROW("value_at_once", GET "A:b\r\n\r\n", HTTP_OK),
    ROW("colon_in_value", GET "A:b:c\r\n\r\n", HTTP_OK),
};

/* RFC 9112 §4; threat H20. */
static const struct row responses[] = {
    ROW("plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", HTTP_OK),
    ROW("phrase_empty", "HTTP/1.1 200 \r\n\r\n", HTTP_OK),
    ROW("phrase_absent_lenient", "HTTP/1.0 200\r\n\r\n", HTTP_OK),
    ROW("phrase_of_words", "HTTP/1.1 404 Not \xC3\xA4 Found\r\n\r\n", HTTP_OK),
    ROW("phrase_with_control",
        "HTTP/1.1 404 Not\x01"
        "Found\r\n\r\n",
        HTTP_BAD_STATUS),
    ROW("interim", "HTTP/1.1 100 Continue\r\n\r\n", HTTP_OK),
    ROW("status_599", "HTTP/1.1 599 X\r\n\r\n", HTTP_OK),
    ROW("status_600", "HTTP/1.1 600 X\r\n\r\n", HTTP_BAD_STATUS),
    ROW("status_099", "HTTP/1.1 099 X\r\n\r\n", HTTP_BAD_STATUS),
    ROW("status_of_two_digits", "HTTP/1.1 20 OK\r\n\r\n", HTTP_BAD_STATUS),
    ROW("status_of_four_digits", "HTTP/1.1 2000 OK\r\n\r\n", HTTP_BAD_STATUS),
    ROW("status_absent", "HTTP/1.1\r\n\r\n", HTTP_BAD_STATUS),
    ROW("status_cut", "HTTP/1.1 2\r\n\r\n", HTTP_BAD_STATUS),
    ROW("two_spaces", "HTTP/1.1  200 OK\r\n\r\n", HTTP_BAD_STATUS),
    ROW("negative", "HTTP/1.1 -20 OK\r\n\r\n", HTTP_BAD_STATUS),
    ROW("version_2", "HTTP/2.0 200 OK\r\n\r\n", HTTP_VERSION_UNSUPPORTED),
    ROW("version_absent", "HTTP 200 OK\r\n\r\n", HTTP_BAD_VERSION),
    ROW("empty_line_before", "\r\nHTTP/1.1 200 OK\r\n\r\n", HTTP_BAD_VERSION),
    ROW("not_http", "220 smtp ready\r\n", HTTP_BAD_VERSION),
    ROW("bare_lf", "HTTP/1.1 200 OK\nA: b\n\n", HTTP_BARE_LF),
    ROW("bare_cr", "HTTP/1.1 200 OK\rA: b\r\n\r\n", HTTP_BAD_STATUS),
    ROW("folded", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", HTTP_OBS_FOLD),
    ROW("space_before_colon", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", HTTP_FIELD_NAME),
    ROW("nul_in_value", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", HTTP_FIELD_VALUE),
};

static void requests_are_understood_or_refused_by_the_grammar(void **state)
{
    (void)state;
    struct parsed_request parsed;
    for (size_t i = 0; i < LENGTH_OF(requests); i++)
        assert_result(requests[i].name, parse_request(&parsed, requests[i].text, &wide_limits),
                      requests[i].expected);
}

static void responses_are_understood_or_refused_by_the_grammar(void **state)
{
    (void)state;
    struct parsed_response parsed;
    for (size_t i = 0; i < LENGTH_OF(responses); i++)
        assert_result(responses[i].name, parse_response(&parsed, responses[i].text, &wide_limits),
                      responses[i].expected);
}

static void a_request_is_taken_apart_into_views(void **state)
{
    (void)state;
    struct parsed_request parsed;
    const struct slice text = SLICE_LITERAL("\r\nPOST /a?b HTTP/1.0\r\nOne:  1 \t\r\nTwo:\r\n\r\nbody");
    assert_int_equal(parse_request(&parsed, text, &wide_limits), HTTP_OK);
    assert_slice("method", parsed.head.method, slice_text("POST"));
    assert_slice("target", parsed.head.target, slice_text("/a?b"));
    assert_int_equal(parsed.head.minor, 0);
    assert_int_equal(parsed.head.fields.count, 2);
    assert_slice("name", parsed.items[0].name, slice_text("One"));
    assert_slice("value", parsed.items[0].value, slice_text("1"));
    assert_slice("name", parsed.items[1].name, slice_text("Two"));
    assert_slice("value", parsed.items[1].value, slice_text(""));
    assert_slice("rest", slice_after(text, parsed.consumed), slice_text("body"));
    assert_ptr_equal(parsed.items[0].name.data, text.data + 22);
}

static void a_response_is_taken_apart_into_views(void **state)
{
    (void)state;
    struct parsed_response parsed;
    const struct slice text = SLICE_LITERAL("HTTP/1.1 503 Go away \r\nRetry-After: 1\r\n\r\nHTTP");
    assert_int_equal(parse_response(&parsed, text, &wide_limits), HTTP_OK);
    assert_int_equal(parsed.head.status, 503);
    assert_int_equal(parsed.head.minor, 1);
    assert_slice("phrase", parsed.head.phrase, slice_text("Go away "));
    assert_int_equal(parsed.head.fields.count, 1);
    assert_slice("rest", slice_after(text, parsed.consumed), slice_text("HTTP"));
}

/* Runs one row as it grows byte by byte, each time in a fresh copy before an unreadable page, with the hint
 * kept. The answer must be the one of the whole, never an early HTTP_OK, and what precedes it "incomplete".
 */
static void check_growing(const struct row *row, bool is_request)
{
    size_t scanned = 0;
    enum http_result result = HTTP_INCOMPLETE;
    for (size_t length = 0; length <= row->text.length && result == HTTP_INCOMPLETE; length++) {
        struct parsed_request request = {.head.fields = {.items = request.items, .capacity = FIELD_ROOM}};
        struct parsed_response response = {.head.fields = {.items = response.items, .capacity = FIELD_ROOM}};
        char *copy = guard_copy(row->text.data, length);
        if (is_request)
            result = http_request_parse(copy, length, &wide_limits, &scanned, &request.head,
                                        &request.consumed);
        else
            result = http_response_parse(copy, length, &wide_limits, &scanned, &response.head,
                                         &response.consumed);
        guard_free(copy, length);
    }
    assert_result(row->name, result, row->expected);
}

static void heads_mean_the_same_when_they_come_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(requests); i++)
        check_growing(&requests[i], true);
    for (size_t i = 0; i < LENGTH_OF(responses); i++)
        check_growing(&responses[i], false);
}

static void a_cut_head_is_incomplete_and_never_ok(void **state)
{
    (void)state;
    const struct slice text = SLICE_LITERAL(GET "Host: a\r\nAccept: */*\r\n\r\n");
    for (size_t length = 0; length < text.length; length++) {
        struct parsed_request parsed;
        char *copy = guard_copy(text.data, length);
        assert_result("cut", parse_request(&parsed, slice_of(copy, length), &wide_limits), HTTP_INCOMPLETE);
        guard_free(copy, length);
    }
}

/* The hint makes it linear: what was scanned is not looked at again, which shows when it is changed. */
static void scanned_bytes_are_not_scanned_again(void **state)
{
    (void)state;
    char text[] = "GET / HTTP/1.1\r\nA: b\r\n";
    size_t scanned = 0, consumed;
    struct parsed_request parsed = {.head.fields = {.items = parsed.items, .capacity = FIELD_ROOM}};
    assert_int_equal(
        http_request_parse(text, sizeof(text) - 1, &wide_limits, &scanned, &parsed.head, &consumed),
        HTTP_INCOMPLETE);
    assert_int_equal(scanned, sizeof(text) - 1);
    text[5] = '\n';
    assert_int_equal(
        http_request_parse(text, sizeof(text) - 1, &wide_limits, &scanned, &parsed.head, &consumed),
        HTTP_INCOMPLETE);
}

/* Fills a request of just this head size. */
static struct slice request_of_size(char *text, size_t size)
{
    static const char begin[] = GET "A: ", end[] = "\r\n\r\n";
    memset(text, 'x', size);
    memcpy(text, begin, sizeof(begin) - 1);
    memcpy(text + size - (sizeof(end) - 1), end, sizeof(end) - 1);
    return slice_of(text, size);
}

static void a_head_of_the_limit_is_read_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    char text[1024];
    struct parsed_request parsed;
    struct http_limits limits = {.head_size = 512, .target_size = 100, .field_count = 4};
    assert_int_equal(parse_request(&parsed, request_of_size(text, 512), &limits), HTTP_OK);
    assert_int_equal(parse_request(&parsed, request_of_size(text, 513), &limits), HTTP_HEAD_TOO_LARGE);
    assert_int_equal(parse_request(&parsed, slice_of(text, 511), &limits), HTTP_INCOMPLETE);
    assert_int_equal(parse_request(&parsed, slice_of(text, 512), &limits), HTTP_HEAD_TOO_LARGE);
}

static void a_response_head_over_the_limit_is_refused(void **state)
{
    (void)state;
    char text[600];
    struct parsed_response parsed;
    struct http_limits limits = {.head_size = 512, .target_size = 100, .field_count = 4};
    memset(text, 'H', sizeof(text));
    assert_int_equal(parse_response(&parsed, slice_of(text, 511), &limits), HTTP_INCOMPLETE);
    assert_int_equal(parse_response(&parsed, slice_of(text, 512), &limits), HTTP_HEAD_TOO_LARGE);
}

static void a_target_of_the_limit_is_read_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    struct parsed_request parsed;
    struct http_limits limits = {.head_size = 4096, .target_size = 4, .field_count = 4};
    assert_int_equal(parse_request(&parsed, slice_text("GET /abc HTTP/1.1\r\n\r\n"), &limits), HTTP_OK);
    assert_int_equal(parse_request(&parsed, slice_text("GET /abcd HTTP/1.1\r\n\r\n"), &limits),
                     HTTP_TARGET_TOO_LONG);
}

static void a_first_line_without_end_is_refused_before_the_head_limit(void **state)
{
    (void)state;
    char text[200];
    struct parsed_request parsed;
    struct http_limits limits = {.head_size = 4096, .target_size = 16, .field_count = 4};
    memset(text, 'x', sizeof(text));
    memcpy(text, "GET /", 5);
    assert_int_equal(parse_request(&parsed, slice_of(text, 20), &limits), HTTP_INCOMPLETE);
    assert_int_equal(parse_request(&parsed, slice_of(text, sizeof(text)), &limits), HTTP_TARGET_TOO_LONG);
    /* And the same where the limit of the head comes first. */
    limits = (struct http_limits){.head_size = 100, .target_size = 4096, .field_count = 4};
    assert_int_equal(parse_request(&parsed, slice_of(text, sizeof(text)), &limits), HTTP_TARGET_TOO_LONG);
}

static void fields_are_counted_against_the_limit_and_the_room(void **state)
{
    (void)state;
    struct parsed_request parsed;
    struct http_limits limits = {.head_size = 4096, .target_size = 16, .field_count = 2};
    const struct slice two = SLICE_LITERAL(GET "A: b\r\nC: d\r\n\r\n");
    const struct slice three = SLICE_LITERAL(GET "A: b\r\nC: d\r\nE: f\r\n\r\n");
    size_t scanned = 0, consumed;
    assert_int_equal(parse_request(&parsed, two, &limits), HTTP_OK);
    assert_int_equal(parse_request(&parsed, three, &limits), HTTP_TOO_MANY_FIELDS);
    limits.field_count = 10;
    parsed.head.fields.capacity = 2;
    assert_int_equal(http_request_parse(three.data, three.length, &limits, &scanned, &parsed.head, &consumed),
                     HTTP_TOO_MANY_FIELDS);
}

/* H7: each byte at each place of a name and of a value, against the grammar. */
static void every_byte_at_every_place_of_a_field_is_judged(void **state)
{
    (void)state;
    static const char before[] = GET, line[] = "Ab: cd\r\n\r\n";
    for (size_t at = 0; at < 6; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof(before) + sizeof(line)];
            struct parsed_request parsed;
            size_t length = sizeof(before) - 1 + sizeof(line) - 1;
            memcpy(text, before, sizeof(before) - 1);
            memcpy(text + sizeof(before) - 1, line, sizeof(line) - 1);
            text[sizeof(before) - 1 + at] = (char)byte;
            enum http_result result = parse_request(&parsed, slice_of(text, length), &wide_limits);
            bool token = http_is_token(slice_of(&text[sizeof(before) - 1 + at], 1));
            bool value = http_is_field_value(slice_of(&text[sizeof(before) - 1 + at], 1));
            bool fine = at < 2 ? token || (byte == ':' && at > 0) : at == 2 ? byte == ':' : value;
            assert_int_equal(result == HTTP_OK, fine);
        }
    }
}

/* No answer is expected of garbage, but the same one from the same bytes, and no byte beyond. */
static void mutated_heads_stay_within_their_bytes(void **state)
{
    (void)state;
    const struct slice text = SLICE_LITERAL("\r\nPOST /x?y HTTP/1.1\r\nHost: a\r\nA: b, c\r\n\r\n");
    char *copy = guard_copy(text.data, text.length);
    for (size_t bit = 0; bit < text.length * 8; bit++) {
        struct parsed_request once, twice;
        struct parsed_response response;
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << (bit % 8)));
        enum http_result result = parse_request(&once, slice_of(copy, text.length), &wide_limits);
        assert_int_equal(parse_request(&twice, slice_of(copy, text.length), &wide_limits), result);
        assert_int_equal(once.consumed, twice.consumed);
        assert_true(once.consumed <= text.length);
        assert_int_not_equal(parse_response(&response, slice_of(copy, text.length), &wide_limits), HTTP_OK);
        copy[bit / 8] = text.data[bit / 8];
    }
    guard_free(copy, text.length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_understood_or_refused_by_the_grammar),
        cmocka_unit_test(responses_are_understood_or_refused_by_the_grammar),
        cmocka_unit_test(a_request_is_taken_apart_into_views),
        cmocka_unit_test(a_response_is_taken_apart_into_views),
        cmocka_unit_test(heads_mean_the_same_when_they_come_byte_by_byte),
        cmocka_unit_test(a_cut_head_is_incomplete_and_never_ok),
        cmocka_unit_test(scanned_bytes_are_not_scanned_again),
        cmocka_unit_test(a_head_of_the_limit_is_read_and_one_byte_more_is_refused),
        cmocka_unit_test(a_response_head_over_the_limit_is_refused),
        cmocka_unit_test(a_target_of_the_limit_is_read_and_one_byte_more_is_refused),
        cmocka_unit_test(a_first_line_without_end_is_refused_before_the_head_limit),
        cmocka_unit_test(fields_are_counted_against_the_limit_and_the_room),
        cmocka_unit_test(every_byte_at_every_place_of_a_field_is_judged),
        cmocka_unit_test(mutated_heads_stay_within_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
