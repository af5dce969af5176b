#include "fixture.h"

static void expect_error(struct fixture *f, const char *status, const char *reason)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "\"reason\":\"%s\"", reason);
    expect_text(f, f->client, status, text);
    expect_logged(f, text);
}

static void an_unreachable_upstream_is_502(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    close_fd(&f.listener);
    put_text(&f, f.client, GET);
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/problem+json\r\n",
                 "upstream_unreachable");
    /* The client may go on. */
    put_text(&f, f.client, GET);
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_unreachable");
    fixture_clear(&f);
}

static void a_name_that_does_not_resolve_is_502(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "[backend other]\nserver = nowhere.invalid:80\n[route /b]\nbackend = other\n");
    put_text(&f, f.client, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_unresolved");
    fixture_clear(&f);
}

/* Another server of the backend is tried, and the one that failed is left alone for a while. */
static void the_next_server_serves_when_one_is_down(void **state)
{
    (void)state;
    struct fixture f;
    uint16_t dead_port;
    int dead = listen_on_loopback(&dead_port);
    close_fd(&dead);
    fixture_init(&f, "");
    char more[128];
    (void)snprintf(more, sizeof(more), "server = 127.0.0.1:%u\n", (unsigned)f.port);
    struct config *config = parse_config(dead_port, more);
    proxy_set_serving(f.proxy, serving_of(config, 2));
    for (int i = 0; i < 3; i++) {
        request_arrives(&f, GET, "GET");
        put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        close_fd(&f.upstream);
        expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    }
    fixture_clear(&f);
    config_free(config);
}

/* H20: the same strict parser for upstreams; the answer is 502, and their connection is closed. */
static void malformed_responses_are_502(void **state)
{
    (void)state;
    static const char *const RESPONSES[] = {
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 99 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        "HTTP/1.1 200 OK\r\nSet-Cookie: a\rb\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    };
    for (size_t i = 0; i < LENGTH_OF(RESPONSES); i++) {
        struct fixture f;
        fixture_init(&f, "");
        request_arrives(&f, GET, "GET");
        put_text(&f, f.upstream, RESPONSES[i]);
        print_message("%s\n", RESPONSES[i]);
        expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_malformed");
        assert_true(is_closed(&f, f.upstream));
        fixture_clear(&f);
    }
}

static void a_response_head_is_limited(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nX: ");
    char *filler = malloc(40000);
    assert_non_null(filler);
    memset(filler, 'x', 40000);
    (void)send(f.upstream, filler, 40000, MSG_NOSIGNAL);
    free(filler);
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_malformed");
    fixture_clear(&f);
}

static void an_upstream_that_closes_unanswered_is_502(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    close_fd(&f.upstream);
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_closed");
    /* Not tried again: it had its chance on a fresh connection. */
    assert_int_equal(upstream_accept(&f), -1);
    fixture_clear(&f);
}

/* T22: what was cut off must not look complete. */
static void a_truncated_response_is_passed_on_as_truncated(void **state)
{
    (void)state;
    static const char *const RESPONSES[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    for (size_t i = 0; i < LENGTH_OF(RESPONSES); i++) {
        struct fixture f;
        bool closed;
        fixture_init(&f, "");
        request_arrives(&f, GET, "GET");
        put_text(&f, f.upstream, RESPONSES[i]);
        close_fd(&f.upstream);
        char *text = take(&f, f.client, &closed, NULL);
        assert_true(closed);
        const char *content = strstr(text, "\r\n\r\n");
        assert_true(content == NULL || strstr(content + 4, "0\r\n\r\n") == NULL);
        assert_int_equal(metric_get(&f.metrics, METRIC_upstream_failures), 1);
        expect_logged(&f, i == 3 ? "upstream_malformed" : "upstream_truncated");
        free(text);
        fixture_clear(&f);
    }
}

/* H20, H21: bytes behind a response would be taken for the response to somebody else's request. */
static void bytes_behind_a_response_end_the_upstream_connection(void **state)
{
    (void)state;
    static const char *const RESPONSES[] = {
        OK "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    };
    for (size_t i = 0; i < LENGTH_OF(RESPONSES); i++) {
        struct fixture f;
        fixture_init(&f, "");
        request_arrives(&f, GET, "GET");
        put_text(&f, f.upstream, RESPONSES[i]);
        char *text = take(&f, f.client, NULL, NULL);
        expect_lacks(text, "evil");
        free(text);
        assert_true(is_closed(&f, f.upstream));
        close_fd(&f.upstream);
        request_arrives(&f, GET, "GET");
        fixture_clear(&f);
    }
}

/* The same, when they come while the connection is idle. */
static void bytes_on_an_idle_upstream_connection_end_it(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    assert_true(is_closed(&f, f.upstream));
    close_fd(&f.upstream);
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    fixture_clear(&f);
}

/* ... and when they arrive in the very turn in which the connection is taken again. */
static void bytes_that_nobody_asked_for_are_not_taken_for_a_response(void **state)
{
    (void)state;
    struct fixture f;
    static const char EVIL[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    assert_int_equal(send(f.client, GET, strlen(GET), MSG_NOSIGNAL), strlen(GET));
    assert_int_equal(send(f.upstream, EVIL, strlen(EVIL), MSG_NOSIGNAL), strlen(EVIL));
    upstream_expect(&f);
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    fixture_clear(&f);
}

/* NTLM binds a connection to a user (H21). */
static void a_connection_that_was_authenticated_is_not_shared(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM abc\r\n\r\n", "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    assert_true(is_closed(&f, f.upstream));
    fixture_clear(&f);
}

/* ---- H22: a second try ---- */

/* The upstream closes a kept connection when the next request is on its way. */
static void close_kept_connection_under(struct fixture *f, const char *request)
{
    request_arrives(f, GET, "GET");
    put_text(f, f->upstream, OK);
    expect_text(f, f->client, "HTTP/1.1 200 OK\r\n", NULL);
    put_text(f, f->client, request);
    free(take(f, f->upstream, NULL, NULL));
    close_fd(&f->upstream);
}

static void a_harmless_request_is_tried_once_more(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    close_kept_connection_under(&f, "GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
    upstream_expect(&f);
    expect_text(&f, f.upstream, "GET /again HTTP/1.1\r\n", IDENTITY);
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    fixture_clear(&f);
}

static void it_is_not_tried_a_third_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    close_kept_connection_under(&f, GET);
    upstream_expect(&f);
    close_fd(&f.upstream);
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_closed");
    assert_int_equal(upstream_accept(&f), -1);
    fixture_clear(&f);
}

static void what_may_have_had_an_effect_is_not_tried_again(void **state)
{
    (void)state;
    static const char *const REQUESTS[] = {
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
        "PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
        /* Its content is gone. */
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
    };
    for (size_t i = 0; i < LENGTH_OF(REQUESTS); i++) {
        struct fixture f;
        fixture_init(&f, "");
        close_kept_connection_under(&f, REQUESTS[i]);
        assert_int_equal(upstream_accept(&f), -1);
        expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_closed");
        fixture_clear(&f);
    }
}

static void nothing_is_tried_again_after_the_first_byte_of_a_response(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "H");
    close_fd(&f.upstream);
    assert_int_equal(upstream_accept(&f), -1);
    expect_error(&f, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_closed");
    fixture_clear(&f);
}

/* A connection that the upstream closed while it was idle is not even tried. */
static void a_closed_idle_connection_is_not_used(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    close_fd(&f.upstream);
    request_arrives(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "POST / HTTP/1.1\r\n");
    fixture_clear(&f);
}

/* ---- clients that go away ---- */

static void a_client_that_leaves_takes_its_upstream_request_along(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    close_fd(&f.client);
    turns(&f);
    (void)send(f.upstream, "more", 4, MSG_NOSIGNAL);
    assert_true(is_closed(&f, f.upstream));
    assert_int_equal(proxy_sessions(f.proxy), 0);
    expect_logged(&f, "\"reason\":\"client_gone\"");
    fixture_clear(&f);
}

static void a_request_that_is_cut_off_is_cut_off_upstream(void **state)
{
    (void)state;
    static const char *const REQUESTS[] = {
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    };
    for (size_t i = 0; i < LENGTH_OF(REQUESTS); i++) {
        struct fixture f;
        bool closed;
        fixture_init(&f, "");
        request_arrives(&f, REQUESTS[i], "POST");
        close_fd(&f.client);
        char *text = take(&f, f.upstream, &closed, NULL);
        assert_true(closed);
        expect_lacks(text, "0\r\n\r\n");
        free(text);
        expect_logged(&f, "\"reason\":\"client_truncated\"");
        fixture_clear(&f);
    }
}

/* One that ends its side only, and waits, is answered. */
static void a_client_that_half_closes_is_answered(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    assert_return_code(shutdown(f.client, SHUT_WR), errno);
    turns(&f);
    put_text(&f, f.upstream, OK);
    char *text = take(&f, f.client, &closed, NULL);
    expect_starts(text, "HTTP/1.1 200 OK\r\n");
    assert_true(closed);
    free(text);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unreachable_upstream_is_502),
        cmocka_unit_test(a_name_that_does_not_resolve_is_502),
        cmocka_unit_test(the_next_server_serves_when_one_is_down),
        cmocka_unit_test(malformed_responses_are_502),
        cmocka_unit_test(a_response_head_is_limited),
        cmocka_unit_test(an_upstream_that_closes_unanswered_is_502),
        cmocka_unit_test(a_truncated_response_is_passed_on_as_truncated),
        cmocka_unit_test(bytes_behind_a_response_end_the_upstream_connection),
        cmocka_unit_test(bytes_on_an_idle_upstream_connection_end_it),
        cmocka_unit_test(bytes_that_nobody_asked_for_are_not_taken_for_a_response),
        cmocka_unit_test(a_connection_that_was_authenticated_is_not_shared),
        cmocka_unit_test(a_harmless_request_is_tried_once_more),
        cmocka_unit_test(it_is_not_tried_a_third_time),
        cmocka_unit_test(what_may_have_had_an_effect_is_not_tried_again),
        cmocka_unit_test(nothing_is_tried_again_after_the_first_byte_of_a_response),
        cmocka_unit_test(a_closed_idle_connection_is_not_used),
        cmocka_unit_test(a_client_that_leaves_takes_its_upstream_request_along),
        cmocka_unit_test(a_request_that_is_cut_off_is_cut_off_upstream),
        cmocka_unit_test(a_client_that_half_closes_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
