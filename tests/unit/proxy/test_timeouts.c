#include "fixture.h"

/* Each wait has its timer, and the default of CONTRACT.md; one millisecond less, and nothing happens. */

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    pass_ms(&f, 59999);
    assert_false(is_closed(&f, f.client));
    pass_ms(&f, 1);
    assert_true(is_closed(&f, f.client));
    fixture_clear(&f);
}

/* R1: the whole of a head, however steadily it trickles. */
static void a_head_has_to_come_in_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, "GET / HT");
    for (int i = 0; i < 9; i++) {
        pass_ms(&f, 1000);
        put_text(&f, f.client, "T");
    }
    pass_ms(&f, 999);
    assert_int_equal(proxy_sessions(f.proxy), 1);
    expect_text(&f, f.client, "", NULL);
    pass_ms(&f, 1);
    expect_text(&f, f.client, "HTTP/1.1 408 Request Timeout\r\n", "head_timeout");
    fixture_clear(&f);
}

static void content_has_to_keep_coming(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", "POST");
    pass_ms(&f, 59999);
    put_text(&f, f.client, "w");
    pass_ms(&f, 59999);
    expect_text(&f, f.client, "", NULL);
    pass_ms(&f, 1);
    expect_text(&f, f.client, "HTTP/1.1 408 Request Timeout\r\n", "client_stalled");
    assert_true(is_closed(&f, f.upstream));
    fixture_clear(&f);
}

static void a_response_may_take_ten_minutes_to_begin(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    pass_ms(&f, 600 * 1000 - 1);
    expect_text(&f, f.client, "", NULL);
    pass_ms(&f, 1);
    expect_text(&f, f.client, "HTTP/1.1 504 Gateway Timeout\r\n", "first_byte_timeout");
    assert_true(is_closed(&f, f.upstream));
    fixture_clear(&f);
}

static void a_response_has_to_keep_coming(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    pass_ms(&f, 59999);
    put_text(&f, f.upstream, "1\r\na\r\n");
    pass_ms(&f, 59999);
    assert_int_equal(proxy_sessions(f.proxy), 1);
    pass_ms(&f, 1);
    char *text = take(&f, f.client, &closed, NULL);
    assert_true(closed);
    expect_lacks(strstr(text, "\r\n\r\n") + 4, "0\r\n\r\n");
    free(text);
    expect_logged(&f, "\"reason\":\"upstream_stalled\"");
    fixture_clear(&f);
}

/* R2: a client that does not read holds its session no longer than this. */
static void a_client_has_to_keep_reading(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    char *filler = calloc(1, 1 << 20);
    assert_non_null(filler);
    for (int i = 0; i < 40; i++) {
        (void)send(f.upstream, filler, 1 << 20, MSG_NOSIGNAL);
        turns(&f);
    }
    free(filler);
    pass_ms(&f, 59999);
    assert_int_equal(proxy_sessions(f.proxy), 1);
    pass_ms(&f, 1);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    expect_logged(&f, "\"reason\":\"client_stalled\"");
    fixture_clear(&f);
}

/* A listener whose queue is full does not answer: the connection stays in SYN-SENT. */
static void a_connect_has_to_succeed_in_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    assert_return_code(listen(f.listener, 0), errno);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(f.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fillers[4];
    for (size_t i = 0; i < LENGTH_OF(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    put_text(&f, f.client, GET);
    pass_ms(&f, 4999);
    expect_text(&f, f.client, "", NULL);
    pass_ms(&f, 1);
    expect_text(&f, f.client, "HTTP/1.1 504 Gateway Timeout\r\n", "connect_timeout");
    for (size_t i = 0; i < LENGTH_OF(fillers); i++)
        close_fd(&fillers[i]);
    fixture_clear(&f);
}

static void idle_upstream_connections_are_closed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    free(take(&f, f.client, NULL, NULL));
    assert_false(is_closed(&f, f.upstream));
    for (int i = 0; i < 6; i++)
        pass_ms(&f, 5000);
    assert_true(is_closed(&f, f.upstream));
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(a_head_has_to_come_in_time),
        cmocka_unit_test(content_has_to_keep_coming),
        cmocka_unit_test(a_response_may_take_ten_minutes_to_begin),
        cmocka_unit_test(a_response_has_to_keep_coming),
        cmocka_unit_test(a_client_has_to_keep_reading),
        cmocka_unit_test(a_connect_has_to_succeed_in_time),
        cmocka_unit_test(idle_upstream_connections_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
