#include "exchange.h"
#include "fixture.h"

static void a_request_and_its_response_are_forwarded(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, "POST /a?b=c HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\n\r\nabc",
                    "POST /a?b=c HTTP/1.1\r\nHost: example.org\r\n");
    put_text(&f, f.upstream, "HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-It: yes\r\n\r\nhello");
    char *text = take(&f, f.client, NULL, NULL);
    expect_starts(text, "HTTP/1.1 201 Made\r\nX-It: yes\r\nContent-Length: 5\r\nX-Request-ID: ");
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\nhello");
    free(text);
    expect_logged(&f, "\"status\":201");
    fixture_clear(&f);
}

/* The end of content of known length needs no further event: neither from the upstream nor from the client.
 */
static void a_response_whose_content_comes_later_ends_with_it(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET /a HTTP/1.1\r\n");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    put_text(&f, f.upstream, "hello");
    turns(&f);
    /* Before the client takes it, which would be an event. */
    assert_int_equal(metric_get(&f.metrics, METRIC_bytes_sent), 5);
    char *text = take(&f, f.client, NULL, NULL);
    assert_string_equal(text, "hello");
    free(text);
    fixture_clear(&f);
}

/* Keep-alive on both sides: two requests, one upstream connection. */
static void connections_are_kept_on_both_sides(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    for (int i = 0; i < 3; i++) {
        request_arrives(&f, GET, "GET /a HTTP/1.1\r\n");
        put_text(&f, f.upstream, OK);
        expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "\r\n\r\nhello");
    }
    assert_int_equal(upstream_accept(&f), -1);
    assert_int_equal(metric_get(&f.metrics, METRIC_upstream_connects), 1);
    assert_int_equal(metric_get(&f.metrics, METRIC_upstream_reused), 2);
    fixture_clear(&f);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client,
             "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
             "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    upstream_expect(&f);
    for (int i = 1; i <= 3; i++) {
        char start[32], answer[64];
        (void)snprintf(start, sizeof(start), "%s /%d ", i == 2 ? "POST" : "GET", i);
        (void)snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", i);
        expect_text(&f, f.upstream, start, i == 2 ? "\r\n\r\nhi" : NULL);
        put_text(&f, f.upstream, answer);
    }
    char *text = take(&f, f.client, NULL, NULL);
    char *one = strstr(text, "\r\n\r\n1"), *two = strstr(text, "\r\n\r\n2"),
         *three = strstr(text, "\r\n\r\n3");
    assert_true(one != NULL && two > one && three > two);
    free(text);
    fixture_clear(&f);
}

/* Framing is ours on each side, whatever it was on the other. RFC 9112 §6. */
static void responses_are_framed_anew(void **state)
{
    (void)state;
    static const struct {
        const char *name, *request, *response, *framing, *content;
        bool upstream_closes, client_is_closed;
    } CASES[] = {
        {"length", GET, OK, "Content-Length: 5\r\n", "hello", false, false},
        {"chunked", GET,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: 1\r\n\r\n",
         "Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", false, false},
        {"until close", GET, "HTTP/1.1 200 OK\r\n\r\nhello", "Transfer-Encoding: chunked\r\n",
         "5\r\nhello\r\n0\r\n\r\n", true, false},
        {"until close to 1.0", "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nhello",
         "Connection: close\r\n", "hello", true, true},
        {"chunked to 1.0", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
         "Connection: close\r\n", "hello", false, true},
        {"length to 1.0 that keeps alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", OK,
         "Connection: keep-alive\r\n", "hello", false, false},
        {"204", GET, "HTTP/1.1 204 No Content\r\n\r\n", "X-Request-ID", "", false, false},
        {"304 with a length", GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
         "Content-Length: 7\r\n", "", false, false},
        {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
         "Content-Length: 7\r\n", "", false, false},
        {"client wants to close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", OK,
         "Connection: close\r\n", "hello", false, true},
    };
    for (size_t i = 0; i < LENGTH_OF(CASES); i++) {
        struct fixture f;
        bool closed;
        fixture_init(&f, "");
        request_arrives(&f, CASES[i].request, "");
        put_text(&f, f.upstream, CASES[i].response);
        if (CASES[i].upstream_closes)
            close_fd(&f.upstream);
        char *text = take(&f, f.client, &closed, NULL);
        print_message("%s\n", CASES[i].name);
        expect_contains(text, CASES[i].framing);
        assert_string_equal(strstr(text, "\r\n\r\n") + 4, CASES[i].content);
        assert_int_equal(closed, CASES[i].client_is_closed);
        free(text);
        fixture_clear(&f);
    }
}

static void request_content_is_framed_anew(void **state)
{
    (void)state;
    static const struct {
        const char *name, *request, *framing, *content;
    } CASES[] = {
        {"length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n",
         "hello"},
        {"length zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "Content-Length: 0\r\n",
         ""},
        {"chunked",
         "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
         "CHUNKED\r\n\r\n2;a=\"b\"\r\nhe\r\n03\r\nllo\r\n0\r\nX-Client-CN: "
         "mallory\r\n\r\n",
         "Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"},
    };
    for (size_t i = 0; i < LENGTH_OF(CASES); i++) {
        struct fixture f;
        fixture_init(&f, "");
        put_text(&f, f.client, CASES[i].request);
        upstream_expect(&f);
        char *text = take(&f, f.upstream, NULL, NULL);
        expect_contains(text, CASES[i].framing);
        assert_string_equal(strstr(text, "\r\n\r\n") + 4, CASES[i].content);
        expect_lacks(text, "mallory");
        free(text);
        fixture_clear(&f);
    }
}

/* A token that a model has just produced must not wait for the next. */
static void each_piece_reaches_the_client_at_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET /a");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    put_text(&f, f.upstream, "4\r\n{}1\n\r\n");
    expect_text(&f, f.client, "4\r\n{}1\n\r\n", NULL);
    put_text(&f, f.upstream, "4\r\n{}");
    expect_text(&f, f.client, "2\r\n{}\r\n", NULL);
    put_text(&f, f.upstream, "2\n\r\n0\r\n\r\n");
    expect_text(&f, f.client, "2\r\n2\n\r\n0\r\n\r\n", NULL);
    fixture_clear(&f);
}

/* The last piece ends the exchange, without waiting for anything else to happen. */
static void the_last_piece_ends_the_exchange(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", "POST /a");
    put_text(&f, f.client, "llo");
    expect_text(&f, f.upstream, "llo", NULL);
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "he");
    assert_non_null(f.session->exchange);
    assert_true(f.session->exchange->request_done);
    put_text(&f, f.upstream, "llo");
    expect_text(&f, f.client, "llo", NULL);
    assert_null(f.session->exchange);
    expect_logged(&f, "\"bytes_in\":5,\"bytes_out\":5");
    fixture_clear(&f);
}

static void interim_responses_pass_to_who_understands_them(void **state)
{
    (void)state;
    static const char HINTS[] = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET /a");
    put_text(&f, f.upstream, HINTS);
    expect_text(&f, f.client, HINTS, NULL);
    put_text(&f, f.upstream, "HTTP/1.1 100 Continue\r\n\r\n" OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    request_arrives(&f, "GET / HTTP/1.0\r\n\r\n", "GET /");
    put_text(&f, f.upstream, "HTTP/1.1 103 Early Hints\r\n\r\n" OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    fixture_clear(&f);
}

/* H20: what it announces is not there, or is what stands behind it: the connection tells no more. */
static void an_interim_response_with_content_ends_the_upstream_connection(void **state)
{
    (void)state;
    static const char *const ODD[] = {"Content-Length: 19", "Transfer-Encoding: chunked",
                                      "Connection: close"};
    for (size_t i = 0; i < LENGTH_OF(ODD); i++) {
        char odd[128];
        struct fixture f;
        fixture_init(&f, "");
        request_arrives(&f, GET, "GET");
        (void)snprintf(odd, sizeof(odd), "HTTP/1.1 103 Early Hints\r\n%s\r\n\r\n" OK, ODD[i]);
        put_text(&f, f.upstream, odd);
        expect_text(&f, f.client, "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 ");
        assert_true(is_closed(&f, f.upstream));
        fixture_clear(&f);
    }
}

static void endless_interim_responses_are_an_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET /a");
    for (int i = 0; i <= 16; i++)
        put_text(&f, f.upstream, "HTTP/1.1 102 Processing\r\n\r\n");
    expect_text(&f, f.client, "HTTP/1.1 102 Processing\r\n", "HTTP/1.1 502 Bad Gateway\r\n");
    fixture_clear(&f);
}

/* RFC 9110 §10.1.1. */
static void an_expectation_is_answered_by_us(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
    upstream_expect(&f);
    char *text = take(&f, f.client, NULL, NULL);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    free(text);
    text = take(&f, f.upstream, NULL, NULL);
    expect_lacks(text, "expect");
    free(text);
    put_text(&f, f.client, "hello");
    expect_text(&f, f.upstream, "hello", NULL);
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    fixture_clear(&f);
}

static void content_that_came_unasked_needs_no_continue(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(
        &f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", "POST /");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    fixture_clear(&f);
}

/* The upstream answers before it has read the request: the client gets it, and both connections close, since
 * what is left of the request stands in both (H5). */
static void an_early_response_reaches_the_client(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    request_arrives(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\npart", "POST /");
    put_text(&f, f.upstream, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    char *text = take(&f, f.client, &closed, NULL);
    expect_starts(text, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n");
    expect_contains(text, "\r\n\r\nno");
    assert_true(closed);
    free(text);
    assert_true(is_closed(&f, f.upstream));
    /* What the client still sends is read, and goes nowhere. */
    put_text(&f, f.client, "more of it");
    assert_int_equal(proxy_sessions(f.proxy), 1);
    pass_ms(&f, SESSION_LINGER_MS);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    fixture_clear(&f);
}

/* It may even end the connection without reading. */
static void an_early_response_before_a_reset_reaches_the_client(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n");
    upstream_expect(&f);
    static const char ANSWER[] = "HTTP/1.1 401 Who\r\nContent-Length: 2\r\n\r\nno";
    assert_int_equal(send(f.upstream, ANSWER, strlen(ANSWER), MSG_NOSIGNAL), strlen(ANSWER));
    close_fd(&f.upstream);
    expect_text(&f, f.client, "HTTP/1.1 401 Who\r\n", "\r\n\r\nno");
    fixture_clear(&f);
}

/* Wherever the bytes are cut, the result is the same. */
static void messages_may_come_byte_by_byte(void **state)
{
    (void)state;
    static const char REQUEST[] =
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    static const char RESPONSE[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    struct fixture f;
    fixture_init(&f, "");
    for (const char *byte = REQUEST; *byte != '\0'; byte++)
        put(&f, f.client, byte, 1);
    upstream_expect(&f);
    expect_text(&f, f.upstream, "POST /x HTTP/1.1\r\n",
                "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n");
    for (const char *byte = RESPONSE; *byte != '\0'; byte++)
        put(&f, f.upstream, byte, 1);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n",
                "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n");
    request_arrives(&f, GET, "GET /a");
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_response_are_forwarded),
        cmocka_unit_test(a_response_whose_content_comes_later_ends_with_it),
        cmocka_unit_test(connections_are_kept_on_both_sides),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(responses_are_framed_anew),
        cmocka_unit_test(request_content_is_framed_anew),
        cmocka_unit_test(each_piece_reaches_the_client_at_once),
        cmocka_unit_test(the_last_piece_ends_the_exchange),
        cmocka_unit_test(interim_responses_pass_to_who_understands_them),
        cmocka_unit_test(an_interim_response_with_content_ends_the_upstream_connection),
        cmocka_unit_test(endless_interim_responses_are_an_error),
        cmocka_unit_test(an_expectation_is_answered_by_us),
        cmocka_unit_test(content_that_came_unasked_needs_no_continue),
        cmocka_unit_test(an_early_response_reaches_the_client),
        cmocka_unit_test(an_early_response_before_a_reset_reaches_the_client),
        cmocka_unit_test(messages_may_come_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
