#include "fixture.h"

/* What two servers could read differently is refused, and nothing of it goes upstream (P6). */
struct refused {
    const char *name, *request, *status, *reason;
};

#define HOST "Host: a\r\n"
static const struct refused REFUSED[] = {
    {"H1: length and coding",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
     "length_with_coding"},
    {"H1: coding and length",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400",
     "length_with_coding"},
    {"H1: two lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400",
     "length_repeated"},
    {"H1: a list of lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", "400",
     "length_bad"},
    {"H1: signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", "400", "length_bad"},
    {"H1: huge length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", "400",
     "length_bad"},
    {"H2: empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", "400", "length_bad"},
    {"H3: empty name", "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", "400", "field_name"},
    {"H4: coding in 1.0", "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
     "coding_in_10"},
    {"H4: two codings", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
     "501", "coding_unknown"},
    {"H4: coding twice",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400",
     "coding_repeated"},
    {"H4: quoted coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", "501",
     "coding_unknown"},
    {"H4: gzip", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", "501", "coding_unknown"},
    {"H5: unknown expectation", "POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n",
     "417", "expect_unknown"},
    {"H7: folding", "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", "400", "obs_fold"},
    {"H7: space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400", "field_name"},
    {"H7: bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400", "b"},
    {"H7: control byte", "GET / HTTP/1.1\r\n" HOST "X: a\001b\r\n\r\n", "400", "field_value"},
    {"H7: bare CR", "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", "400", "field_value"},
    {"H10: CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "501", "method_connect"},
    {"H16: two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400", "host_repeated"},
    {"H16: no Host", "GET / HTTP/1.1\r\n\r\n", "400", "host_missing"},
    {"H16: list in Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400", "host_bad"},
    {"H16: absolute-form disagrees", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "400", "host_disagrees"},
    {"H17: userinfo", "GET @evil/ HTTP/1.1\r\n" HOST "\r\n", "400", "bad_target"},
    {"H17: fragment", "GET /#x HTTP/1.1\r\n" HOST "\r\n", "400", "bad_target"},
    {"H17: asterisk", "GET * HTTP/1.1\r\n" HOST "\r\n", "400", "bad_target"},
    {"version 2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", "505", "version_unsupported"},
    {"not HTTP at all", "\026\003\001\002\r\n\r\n", "400", "bad_"},
};

static void ambiguous_requests_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(REFUSED); i++) {
        struct fixture f;
        bool closed;
        char status[32], reason[64];
        fixture_init(&f, "");
        print_message("%s\n", REFUSED[i].name);
        put_text(&f, f.client, REFUSED[i].request);
        assert_int_equal(upstream_accept(&f), -1);
        char *text = take(&f, f.client, &closed, NULL);
        (void)snprintf(status, sizeof(status), "HTTP/1.1 %s ", REFUSED[i].status);
        (void)snprintf(reason, sizeof(reason), "\"reason\":\"%s", REFUSED[i].reason);
        expect_starts(text, status);
        expect_contains(text, reason);
        expect_contains(text, "Connection: close\r\n");
        assert_true(closed);
        expect_logged(&f, reason);
        free(text);
        fixture_clear(&f);
    }
}

/* A request hidden behind a refused one is never read. */
static void what_stands_behind_a_refused_request_is_dropped(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n" GET GET);
    assert_int_equal(upstream_accept(&f), -1);
    char *text = take(&f, f.client, NULL, NULL);
    expect_starts(text, "HTTP/1.1 400 ");
    assert_null(strstr(text + 1, "HTTP/1.1"));
    free(text);
    fixture_clear(&f);
}

/* By then the request's head is upstream: it must see that the rest is missing. */
static void malformed_chunks_cut_the_request_off(void **state)
{
    (void)state;
    static const char *const CHUNKS[] = {
        "0x5\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n", "-1\r\n", "\r\n",
        "1000000000000000\r\n",      "5;a=\"\r\nhello\r\n",   "0\r\nX\r\n\r\n"};
    for (size_t i = 0; i < LENGTH_OF(CHUNKS); i++) {
        struct fixture f;
        bool closed, reset;
        fixture_init(&f, "");
        put_text(&f, f.client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        upstream_expect(&f);
        put_text(&f, f.client, CHUNKS[i]);
        char *text = take(&f, f.upstream, &closed, &reset);
        expect_lacks(text, "0\r\n\r\n");
        assert_true(closed);
        free(text);
        expect_text(&f, f.client, "HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n");
        fixture_clear(&f);
    }
}

/* ---- limits, at the boundary ---- */

static char *filled(const char *before, size_t count, char byte, const char *after)
{
    size_t length = strlen(before);
    char *text = malloc(length + count + strlen(after) + 1);
    assert_non_null(text);
    memcpy(text, before, length);
    memset(text + length, byte, count);
    memcpy(text + length + count, after, strlen(after) + 1);
    return text;
}

static void expect_answer(const char *more, char *request, const char *refusal)
{
    struct fixture f;
    fixture_init(&f, more);
    put_text(&f, f.client, request);
    int upstream = upstream_accept(&f);
    assert_int_equal(upstream >= 0, refusal == NULL);
    if (refusal != NULL)
        expect_text(&f, f.client, refusal, "Connection: close\r\n");
    close_fd(&upstream);
    free(request);
    fixture_clear(&f);
}

static void the_head_is_limited(void **state)
{
    (void)state;
    static const char BEFORE[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ", AFTER[] = "\r\n\r\n";
    size_t room = 2048 - strlen(BEFORE) - strlen(AFTER);
    static const char LIMIT[] = "[limits]\nhead_size = 2KiB\n";
    expect_answer(LIMIT, filled(BEFORE, room, 'x', AFTER), NULL);
    expect_answer(LIMIT, filled(BEFORE, room + 1, 'x', AFTER), "HTTP/1.1 431 ");
    /* Also when its end never comes. */
    expect_answer(LIMIT, filled(BEFORE, 5000, 'x', ""), "HTTP/1.1 431 ");
}

static void the_default_head_size_is_16_kib(void **state)
{
    (void)state;
    static const char BEFORE[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ", AFTER[] = "\r\n\r\n";
    size_t room = 16384 - strlen(BEFORE) - strlen(AFTER);
    expect_answer("", filled(BEFORE, room, 'x', AFTER), NULL);
    expect_answer("", filled(BEFORE, room + 1, 'x', AFTER), "HTTP/1.1 431 ");
}

static void the_target_is_limited(void **state)
{
    (void)state;
    static const char LIMIT[] = "[limits]\ntarget_size = 1KiB\n";
    expect_answer(LIMIT, filled("GET /", 1023, 'x', " HTTP/1.1\r\nHost: a\r\n\r\n"), NULL);
    expect_answer(LIMIT, filled("GET /", 1024, 'x', " HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 414 ");
}

static void the_number_of_fields_is_limited(void **state)
{
    (void)state;
    struct buffer request;
    buffer_init(&request, 4096);
    assert_true(buffer_append_text(&request, "GET / HTTP/1.1\r\nHost: a\r\n"));
    for (int i = 1; i < 100; i++)
        assert_true(buffer_append_text(&request, "X: 1\r\n"));
    assert_true(buffer_append(&request, "", 1));
    expect_answer("", filled(buffer_view(&request).data, 0, ' ', "\r\n"), NULL);
    expect_answer("", filled(buffer_view(&request).data, 0, ' ', "Y: 1\r\n\r\n"), "HTTP/1.1 431 ");
    buffer_clear(&request);
}

static void a_connection_carries_so_many_requests(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "[limits]\nrequests_per_connection = 2\n");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    assert_int_equal(proxy_sessions(f.proxy), 1);
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n");
    assert_int_equal(proxy_sessions(f.proxy), 0);
    fixture_clear(&f);
}

/* ---- answers ---- */

static void a_path_without_route_is_not_found(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    struct config *config = parse_config(f.port, "");
    config->route_count = 0;
    proxy_set_serving(f.proxy, serving_of(config, 2));
    put_text(&f, f.client, GET GET);
    char *text = take(&f, f.client, &closed, NULL);
    expect_starts(text, "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\n");
    expect_contains(strstr(text, "no_route") + 1, "no_route");
    /* The connection is still good: both were answered. */
    assert_false(closed);
    free(text);
    fixture_clear(&f);
    config_free(config);
}

static void an_answer_to_head_has_no_content(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *config = parse_config(f.port, "");
    config->route_count = 0;
    proxy_set_serving(f.proxy, serving_of(config, 2));
    put_text(&f, f.client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    char *text = take(&f, f.client, NULL, NULL);
    expect_starts(text, "HTTP/1.1 404 Not Found\r\n");
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    expect_lacks(text, "Content-Length: 0");
    free(text);
    fixture_clear(&f);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ambiguous_requests_are_refused),
        cmocka_unit_test(what_stands_behind_a_refused_request_is_dropped),
        cmocka_unit_test(malformed_chunks_cut_the_request_off),
        cmocka_unit_test(the_head_is_limited),
        cmocka_unit_test(the_default_head_size_is_16_kib),
        cmocka_unit_test(the_target_is_limited),
        cmocka_unit_test(the_number_of_fields_is_limited),
        cmocka_unit_test(a_connection_carries_so_many_requests),
        cmocka_unit_test(a_path_without_route_is_not_found),
        cmocka_unit_test(an_answer_to_head_has_no_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
