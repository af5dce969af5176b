#include "fixture.h"

#define UPGRADE                                                                                              \
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"   \
    "Sec-WebSocket-Version: 13\r\n\r\n"
#define SWITCHED "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"

static void open_tunnel(struct fixture *f)
{
    fixture_init(f, "");
    put_text(f, f->client, UPGRADE);
    upstream_expect(f);
    expect_text(f, f->upstream, "GET /ws HTTP/1.1\r\n", "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n");
    put_text(f, f->upstream, SWITCHED);
    expect_text(f, f->client,
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", NULL);
}

static void bytes_pass_both_ways_after_the_101(void **state)
{
    (void)state;
    struct fixture f;
    open_tunnel(&f);
    assert_int_equal(metric_get(&f.metrics, METRIC_tunnels_open), 1);
    put_text(&f, f.client, "\201\002hi GET / HTTP/1.1\r\n\r\n");
    expect_text(&f, f.upstream, "\201\002hi GET / HTTP/1.1\r\n\r\n", NULL);
    put_text(&f, f.upstream, "\201\002yo");
    expect_text(&f, f.client, "\201\002yo", NULL);
    fixture_clear(&f);
}

static void bytes_behind_the_101_are_not_lost(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, UPGRADE);
    upstream_expect(&f);
    put_text(&f, f.upstream, SWITCHED "first");
    expect_text(&f, f.client, "HTTP/1.1 101 ", "\r\n\r\nfirst");
    fixture_clear(&f);
}

/* H24: what a client sends before the upstream has agreed is a request, and is held back. */
static void nothing_is_tunnelled_before_the_101(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, UPGRADE "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n");
    upstream_expect(&f);
    char *text = take(&f, f.upstream, NULL, NULL);
    expect_lacks(text, "admin");
    free(text);
    /* It declines: an ordinary response, and the next request is judged as one. */
    put_text(&f, f.upstream, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    expect_text(&f, f.client, "HTTP/1.1 403 No\r\n", NULL);
    expect_text(&f, f.upstream, "GET /admin HTTP/1.1\r\n", IDENTITY);
    fixture_clear(&f);
}

static void a_101_that_agrees_to_something_else_is_502(void **state)
{
    (void)state;
    static const char *const RESPONSES[] = {
        "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
    };
    for (size_t i = 0; i < LENGTH_OF(RESPONSES); i++) {
        struct fixture f;
        fixture_init(&f, "");
        put_text(&f, f.client, UPGRADE);
        upstream_expect(&f);
        put_text(&f, f.upstream, RESPONSES[i]);
        expect_text(&f, f.client, "HTTP/1.1 502 Bad Gateway\r\n", "upstream_malformed");
        assert_true(is_closed(&f, f.upstream));
        fixture_clear(&f);
    }
}

static void each_side_ends_for_itself(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    open_tunnel(&f);
    put_text(&f, f.client, "bye");
    assert_return_code(shutdown(f.client, SHUT_WR), errno);
    char *text = take(&f, f.upstream, &closed, NULL);
    assert_string_equal(text, "bye");
    assert_true(closed);
    free(text);
    put_text(&f, f.upstream, "late");
    expect_text(&f, f.client, "late", NULL);
    close_fd(&f.upstream);
    assert_true(is_closed(&f, f.client));
    turns(&f);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    assert_int_equal(metric_get(&f.metrics, METRIC_tunnels_open), 0);
    expect_logged(&f, "\"status\":101");
    fixture_clear(&f);
}

static void a_silent_tunnel_is_closed(void **state)
{
    (void)state;
    struct fixture f;
    open_tunnel(&f);
    int64_t limit_ms = f.config->timeouts.tunnel_ms;
    pass_ms(&f, limit_ms - 1);
    put_text(&f, f.upstream, "ping");
    pass_ms(&f, limit_ms - 1);
    assert_int_equal(proxy_sessions(f.proxy), 1);
    pass_ms(&f, 1);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    assert_true(is_closed(&f, f.upstream));
    expect_logged(&f, "\"reason\":\"tunnel_idle\"");
    fixture_clear(&f);
}

/* T5 */
static void a_revoked_clients_tunnel_is_cut(void **state)
{
    (void)state;
    struct fixture f;
    open_tunnel(&f);
    struct config *config = parse_config(f.port, "");
    config->client_auth.on_revoke = CONFIG_REVOKE_FINISH_EXCHANGE; /* a tunnel may never finish */
    f.verdict = TRUST_REVOKED;
    proxy_set_serving(f.proxy, serving_of(config, 2));
    turns(&f);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    assert_true(is_closed(&f, f.client));
    assert_true(is_closed(&f, f.upstream));
    fixture_clear(&f);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_both_ways_after_the_101),
        cmocka_unit_test(bytes_behind_the_101_are_not_lost),
        cmocka_unit_test(nothing_is_tunnelled_before_the_101),
        cmocka_unit_test(a_101_that_agrees_to_something_else_is_502),
        cmocka_unit_test(each_side_ends_for_itself),
        cmocka_unit_test(a_silent_tunnel_is_closed),
        cmocka_unit_test(a_revoked_clients_tunnel_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
