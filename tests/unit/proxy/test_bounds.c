#include "exchange.h"
#include "fixture.h"

#define MEGABYTE ((size_t)1 << 20)

/* Push zeros until fd takes no more, though the loop turns. Returns how many went. */
static size_t push(struct fixture *f, int fd, size_t most)
{
    char *filler = calloc(1, MEGABYTE);
    size_t sent = 0;
    assert_non_null(filler);
    for (int idle = 0; idle < 5 && sent < most;) {
        size_t part = most - sent < MEGABYTE ? most - sent : MEGABYTE;
        ssize_t count = send(fd, filler, part, MSG_NOSIGNAL);
        idle = count > 0 ? 0 : idle + 1;
        sent += count > 0 ? (size_t)count : 0;
        turns(f);
    }
    free(filler);
    return sent;
}

static size_t pull(struct fixture *f, int fd)
{
    char *filler = malloc(MEGABYTE);
    size_t got = 0;
    assert_non_null(filler);
    for (int idle = 0; idle < 5;) {
        ssize_t count = recv(fd, filler, MEGABYTE, 0);
        idle = count > 0 ? 0 : idle + 1;
        got += count > 0 ? (size_t)count : 0;
        turns(f);
    }
    free(filler);
    return got;
}

static size_t held(const struct fixture *f)
{
    const struct exchange *exchange = f->session->exchange;
    size_t ours = exchange == NULL ? 0 : exchange->in.capacity + exchange->out.capacity;
    return ours + f->session->in.capacity + f->session->out.capacity;
}

/* Small kernel buffers, so that it is ours that count. */
static void shrink(int fd, int option)
{
    int size = 16384;
    assert_return_code(setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size)), errno);
}

/* P5: a slow reader stops its writer; nothing is buffered whole. */
static void a_client_that_does_not_read_stops_the_upstream(void **state)
{
    (void)state;
    static const char *const HEADS[] = {"HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n",
                                        "HTTP/1.1 200 OK\r\n\r\n"};
    for (size_t i = 0; i < LENGTH_OF(HEADS); i++) {
        struct fixture f;
        fixture_init(&f, "");
        shrink(f.client, SO_RCVBUF);
        request_arrives(&f, GET, "GET");
        shrink(f.upstream, SO_SNDBUF);
        put_text(&f, f.upstream, HEADS[i]);
        size_t sent = push(&f, f.upstream, 32 * MEGABYTE);
        assert_true(sent < 16 * MEGABYTE);
        assert_true(held(&f) <= f.config->limits.connection_memory_bytes);
        /* And goes on when it reads, to the last byte. */
        size_t got = pull(&f, f.client);
        while (sent < 32 * MEGABYTE) {
            sent += push(&f, f.upstream, 32 * MEGABYTE - sent);
            got += pull(&f, f.client);
        }
        assert_true(got > 32 * MEGABYTE);
        assert_true(held(&f) <= f.config->limits.connection_memory_bytes);
        fixture_clear(&f);
    }
}

static void an_upstream_that_does_not_read_stops_the_client(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n");
    upstream_expect(&f);
    shrink(f.upstream, SO_RCVBUF);
    size_t sent = push(&f, f.client, 32 * MEGABYTE);
    assert_true(sent < 16 * MEGABYTE);
    assert_true(held(&f) <= f.config->limits.connection_memory_bytes);
    size_t got = pull(&f, f.upstream);
    while (sent < 32 * MEGABYTE) {
        sent += push(&f, f.client, 32 * MEGABYTE - sent);
        got += pull(&f, f.upstream);
    }
    assert_true(got > 32 * MEGABYTE);
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    fixture_clear(&f);
}

/* A client that pipelines without reading is not read for ever either. */
static void pipelined_requests_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    size_t sent = push(&f, f.client, 8 * MEGABYTE);
    assert_true(sent < 8 * MEGABYTE);
    assert_true(held(&f) <= f.config->limits.connection_memory_bytes);
    fixture_clear(&f);
}

static void the_limit_of_memory_is_kept_when_it_is_small(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "[limits]\nconnection_memory = 64KiB\n");
    shrink(f.client, SO_RCVBUF);
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\n\r\n");
    (void)push(&f, f.upstream, 8 * MEGABYTE);
    assert_true(held(&f) <= f.config->limits.connection_memory_bytes);
    fixture_clear(&f);
}

/* The two buffers of a response may be of different generations: its head has to fit the smaller. */
static void a_response_head_is_bounded_also_over_a_reload(void **state)
{
    (void)state;
    static char head[32768];
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, GET GET);
    upstream_expect(&f);
    expect_text(&f, f.upstream, "GET", NULL);
    struct config *small = parse_config(f.port, "[limits]\nconnection_memory = 64KiB\n");
    proxy_set_serving(f.proxy, serving_of(small, 2));
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    expect_text(&f, f.upstream, "GET", NULL);
    int length = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nA: ");
    memset(head + length, 'a', sizeof(head) - (size_t)length);
    put(&f, f.upstream, head, 17000);
    expect_text(&f, f.client, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_malformed");
    fixture_clear(&f);
    config_free(small);
}

/* Clients that go from backend to backend would leave idle connections to all of them: descriptors are for
 * who is served, and for the next generation. */
static void idle_upstream_connections_make_room_for_those_of_other_backends(void **state)
{
    (void)state;
    char more[128];
    struct fixture f;
    fixture_init(&f, "");
    (void)snprintf(more, sizeof(more),
                   "[backend other]\nserver = 127.0.0.1:%u\n[route /b]\nbackend = other\n", (unsigned)f.port);
    struct config *two = parse_config(f.port, more);
    proxy_set_serving(f.proxy, serving_of(two, 2));
    f.proxy->pool.open_max = 1;
    request_arrives(&f, GET, "GET /a");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    int idle = f.upstream;
    f.upstream = -1;
    request_arrives(&f, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /b");
    assert_true(is_closed(&f, idle));
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    close_fd(&idle);
    fixture_clear(&f);
    config_free(two);
}

/* R4: 2,000 idle connections are 2,000 small structs. */
static void an_idle_connection_holds_no_buffers(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    free(take(&f, f.client, NULL, NULL));
    assert_null(f.session->in.data);
    assert_null(f.session->out.data);
    assert_null(f.session->arena.blocks);
    assert_null(f.session->exchange);
    assert_true(sizeof(struct session) < 1024);
    fixture_clear(&f);
}

static void a_full_proxy_says_so(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "[limits]\nconnections = 2\n");
    assert_false(f.full);
    int second = client_new(&f, NULL);
    assert_true(f.full);
    /* What is accepted all the same is closed at once. */
    int pair[2];
    struct address peer;
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), errno);
    assert_int_equal(address_parse(SLICE_LITERAL("192.0.2.1:1"), &peer), 0);
    proxy_accept(f.proxy, pair[0], &peer, &peer);
    assert_true(is_closed(&f, pair[1]));
    assert_int_equal(metric_get(&f.metrics, METRIC_connections_refused_limit), 1);
    close_fd(&pair[1]);
    close_fd(&second);
    turns(&f);
    assert_false(f.full);
    assert_int_equal(f.full_calls, 2);
    fixture_clear(&f);
}

/* More exchanges than the backend may have connections: they wait their turn. */
static void exchanges_wait_for_an_upstream_connection(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "connections = 1\n");
    int second = client_new(&f, NULL);
    request_arrives(&f, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /1");
    put_text(&f, second, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(upstream_accept(&f), -1);
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", NULL);
    expect_text(&f, f.upstream, "GET /2", NULL);
    put_text(&f, f.upstream, OK);
    expect_text(&f, second, "HTTP/1.1 200 OK\r\n", NULL);
    close_fd(&second);
    fixture_clear(&f);
}

static void who_waits_too_long_is_told(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "connections = 1\n");
    int second = client_new(&f, NULL), third = client_new(&f, NULL);
    request_arrives(&f, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /1");
    put_text(&f, second, GET);
    put_text(&f, third, GET);
    close_fd(&third);
    pass_ms(&f, 5000);
    expect_text(&f, second, "HTTP/1.1 503 Service Unavailable\r\n", "upstream_busy");
    /* The next that becomes free is not lost on those who left the queue. */
    put_text(&f, second, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    close_fd(&f.upstream);
    turns(&f);
    upstream_expect(&f);
    expect_text(&f, f.upstream, "GET /2", NULL);
    close_fd(&second);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_does_not_read_stops_the_upstream),
        cmocka_unit_test(an_upstream_that_does_not_read_stops_the_client),
        cmocka_unit_test(pipelined_requests_are_bounded),
        cmocka_unit_test(the_limit_of_memory_is_kept_when_it_is_small),
        cmocka_unit_test(a_response_head_is_bounded_also_over_a_reload),
        cmocka_unit_test(idle_upstream_connections_make_room_for_those_of_other_backends),
        cmocka_unit_test(an_idle_connection_holds_no_buffers),
        cmocka_unit_test(a_full_proxy_says_so),
        cmocka_unit_test(exchanges_wait_for_an_upstream_connection),
        cmocka_unit_test(who_waits_too_long_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
