#include "fixture.h"

/* The judge of the fixture says who is admitted; another serving stands for another generation. */
static void next_generation(struct fixture *f, enum trust_reason verdict)
{
    f->verdict = verdict;
    f->config = parse_config(f->port, "");
    proxy_set_serving(f->proxy, serving_of(f->config, f->proxy->serving->number + 1));
}

static void finish(struct fixture *f, struct config *first)
{
    fixture_clear(f);
    if (first != f->config)
        config_free(first);
}

/* P1: no byte of a request goes upstream unless the generation in force admits. */
static void a_revoked_clients_next_request_is_not_forwarded(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    free(take(&f, f.client, NULL, NULL));
    /* Sent before, read after: the sweep has not come to it yet. */
    assert_int_equal(send(f.client, GET, strlen(GET), MSG_NOSIGNAL), strlen(GET));
    next_generation(&f, TRUST_REVOKED);
    assert_int_equal(upstream_accept(&f), -1);
    expect_text(&f, f.upstream, "", NULL);
    assert_true(is_closed(&f, f.client));
    assert_int_equal(metric_get(&f.metrics, METRIC_connections_cut), 1);
    expect_logged(&f, "\"verdict\":\"refused\",\"reason\":\"revoked\"");
    finish(&f, first);
}

/* P1: also when half of its content is upstream already. */
static void a_revoked_clients_upload_is_cut(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", "POST");
    assert_int_equal(send(f.client, "world", 5, MSG_NOSIGNAL), 5);
    next_generation(&f, TRUST_REVOKED);
    char *text = take(&f, f.upstream, NULL, NULL);
    expect_lacks(text, "world");
    free(text);
    assert_true(is_closed(&f, f.upstream));
    assert_true(is_closed(&f, f.client));
    finish(&f, first);
}

static void a_revoked_clients_download_is_cut(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    next_generation(&f, TRUST_REVOKED);
    char *text = take(&f, f.client, &closed, NULL);
    assert_true(closed);
    expect_lacks(strstr(text, "\r\n\r\n") + 4, "0\r\n\r\n");
    free(text);
    assert_true(is_closed(&f, f.upstream));
    finish(&f, first);
}

static void an_idle_revoked_client_is_closed_by_the_sweep(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    int others[100];
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        others[i] = client_new(&f, NULL);
    next_generation(&f, TRUST_REVOKED);
    turns(&f);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    assert_int_equal(metric_get(&f.metrics, METRIC_connections_cut), 101);
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        close_fd(&others[i]);
    finish(&f, first);
}

/* Whoever asked for the generation is told once, when all have been asked, also if there was nobody. */
static void the_end_of_a_sweep_is_told_with_what_it_did(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    turns(&f);
    assert_int_equal(f.swept_calls, 1);
    assert_int_equal(f.swept.generation, 1);
    assert_int_equal(f.swept.cut, 0);
    int others[40];
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        others[i] = client_new(&f, NULL);
    next_generation(&f, TRUST_DENIED);
    turns(&f);
    assert_int_equal(f.swept_calls, 2);
    assert_int_equal(f.swept.generation, 2);
    assert_int_equal(f.swept.cut, 41);
    assert_int_equal(f.swept.put_off, 0);
    assert_int_equal(metric_get_cuts(&f.metrics, TRUST_DENIED), 41);
    assert_int_equal(metric_get_cuts(&f.metrics, TRUST_REVOKED), 0);
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        close_fd(&others[i]);
    finish(&f, first);
}

/* A sweep of thousands must not do the work of those that it asks. */
static void a_sweep_asks_and_steps_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    assert_int_equal(send(f.client, GET, strlen(GET), MSG_NOSIGNAL), strlen(GET));
    unsigned asked = f.judged;
    f.session->recheck_at_s = 0;
    session_sweep(f.session);
    assert_int_equal(f.judged, asked + 1);
    assert_int_equal(f.session->state, SESSION_IDLE);
    assert_int_equal(f.session->requests, 0);
    upstream_expect(&f);
    fixture_clear(&f);
}

/* P1: it has its answer, still sends, and waits for nothing but its end: no reason to let it. */
static void a_client_that_is_only_closing_is_cut_too(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", "POST");
    put_text(&f, f.upstream, OK);
    assert_int_equal(f.session->state, SESSION_LINGER);
    next_generation(&f, TRUST_REVOKED);
    turns(&f);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    assert_int_equal(metric_get_cuts(&f.metrics, TRUST_REVOKED), 1);
    expect_logged(&f, "\"verdict\":\"refused\",\"reason\":\"revoked\"");
    finish(&f, first);
}

/* P7: who is still admitted notices nothing, and the old generation is let go. */
static void an_admitted_client_goes_on_under_the_next_generation(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    f.serving->references++;
    next_generation(&f, TRUST_ADMITTED);
    turns(&f);
    assert_int_equal(f.serving->references, 1);
    put_text(&f, f.upstream, "llo");
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    expect_logged(&f, "\"generation\":2");
    serving_unref(f.serving);
    finish(&f, first);
}

/* The unchanged backend keeps its connections. */
static void upstream_connections_outlive_a_generation(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    free(take(&f, f.client, NULL, NULL));
    next_generation(&f, TRUST_ADMITTED);
    request_arrives(&f, GET, "GET /a");
    assert_int_equal(upstream_accept(&f), -1);
    finish(&f, first);
}

/* A backend that is gone closes what is idle; what is in flight ends there. */
static void a_backend_that_is_gone_finishes_what_it_has(void **state)
{
    (void)state;
    struct fixture f;
    uint16_t port;
    fixture_init(&f, "");
    struct config *first = f.config;
    int other = listen_on_loopback(&port);
    request_arrives(&f, GET, "GET");
    f.config = parse_config(port, "");
    proxy_set_serving(f.proxy, serving_of(f.config, 2));
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "hello");
    assert_true(is_closed(&f, f.upstream));
    put_text(&f, f.client, GET);
    assert_int_equal(upstream_accept(&f), -1);
    close_fd(&f.listener);
    f.listener = other;
    close_fd(&f.upstream);
    upstream_expect(&f);
    expect_text(&f, f.upstream, "GET /a", NULL);
    finish(&f, first);
}

static void with_finish_exchange_only_the_exchange_is_finished(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, GET, "GET");
    put_text(&f, f.client, GET);
    f.verdict = TRUST_REVOKED;
    f.config = parse_config(f.port, "");
    f.config->client_auth.on_revoke = CONFIG_REVOKE_FINISH_EXCHANGE;
    proxy_set_serving(f.proxy, serving_of(f.config, 2));
    turns(&f);
    assert_int_equal(f.swept.put_off, 1);
    assert_int_equal(metric_get(&f.metrics, METRIC_connections_cut), 0);
    put_text(&f, f.upstream, OK);
    char *text = take(&f, f.client, &closed, NULL);
    expect_starts(text, "HTTP/1.1 200 OK\r\n");
    expect_contains(text, "Connection: close\r\n");
    assert_null(strstr(text + 1, "HTTP/1.1"));
    free(text);
    expect_text(&f, f.upstream, "", NULL);
    finish(&f, first);
}

/* P1: a second try would be a request that begins under a verdict that is lost. */
static void with_finish_exchange_nothing_is_tried_again(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    free(take(&f, f.client, NULL, NULL));
    request_arrives(&f, GET, "GET");
    f.verdict = TRUST_REVOKED;
    f.config = parse_config(f.port, "");
    f.config->client_auth.on_revoke = CONFIG_REVOKE_FINISH_EXCHANGE;
    proxy_set_serving(f.proxy, serving_of(f.config, 2));
    turns(&f);
    close_fd(&f.upstream);
    assert_int_equal(upstream_accept(&f), -1);
    assert_true(is_closed(&f, f.client));
    finish(&f, first);
}

/* The buffer of a head that is under way was made for the limits of its time. */
static void a_head_that_outgrows_its_buffer_under_larger_limits_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    struct config *first = f.config;
    put_text(&f, f.client, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    f.config = parse_config(f.port, "[limits]\nhead_size = 128KiB\nconnection_memory = 512KiB\n");
    proxy_set_serving(f.proxy, serving_of(f.config, 2));
    turns(&f);
    char *filler = malloc(100000);
    assert_non_null(filler);
    memset(filler, 'x', 100000);
    (void)send(f.client, filler, 100000, MSG_NOSIGNAL);
    free(filler);
    expect_text(&f, f.client, "HTTP/1.1 431 ", NULL);
    finish(&f, first);
}

/* A CRL's deadline or a notAfter passes while nothing else happens. */
static void the_verdict_is_asked_again_when_its_time_has_come(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    f.session->recheck_at_s = fixture_wall_ms(&f) / 1000 + 10;
    proxy_note_recheck(f.proxy, f.session->recheck_at_s);
    pass_ms(&f, 9000);
    assert_int_equal(f.judged, 0);
    f.recheck_at_s = fixture_wall_ms(&f) / 1000 + 10;
    pass_ms(&f, 1000);
    assert_int_equal(f.judged, 1);
    assert_int_equal(proxy_sessions(f.proxy), 1);
    f.verdict = TRUST_EXPIRED;
    for (int i = 0; i < 10; i++)
        pass_ms(&f, 1000);
    assert_int_equal(proxy_sessions(f.proxy), 0);
    expect_logged(&f, "\"reason\":\"expired\"");
    fixture_clear(&f);
}

/* The sweep for one session's time leaves the times of the others standing. */
static void each_session_has_its_own_time(void **state)
{
    (void)state;
    struct fixture f;
    struct session *later;
    fixture_init(&f, "");
    int other = client_new(&f, &later);
    int64_t now_s = fixture_wall_ms(&f) / 1000;
    f.session->recheck_at_s = now_s + 5;
    later->recheck_at_s = now_s + 10;
    proxy_note_recheck(f.proxy, now_s + 5);
    proxy_note_recheck(f.proxy, now_s + 10);
    f.recheck_at_s = now_s + 3600;
    for (int i = 0; i < 6; i++)
        pass_ms(&f, 1000);
    assert_int_equal(f.judged, 1);
    for (int i = 0; i < 5; i++)
        pass_ms(&f, 1000);
    assert_int_equal(f.judged, 2);
    close_fd(&other);
    fixture_clear(&f);
}

/* ---- refused by page ---- */

static void expect_page(const char *request, const char *type, const char *part)
{
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    f.session->verdict = TRUST_REVOKED;
    f.session->refusal = xstrdup("<b>serial 1 & co</b>");
    f.session->close_after = true;
    put_text(&f, f.client, request);
    assert_int_equal(upstream_accept(&f), -1);
    char *text = take(&f, f.client, &closed, NULL);
    expect_starts(text, "HTTP/1.1 400 Bad Request\r\n");
    expect_contains(text, type);
    expect_contains(text, part);
    assert_null(strstr(text + 1, "HTTP/1.1"));
    assert_true(closed);
    expect_logged(&f, "\"verdict\":\"refused\",\"reason\":\"revoked\"");
    free(text);
    fixture_clear(&f);
}

static void a_refused_client_is_told_why_and_closed(void **state)
{
    (void)state;
    static const char JSON[] = "Content-Type: application/problem+json\r\n";
    static const char HTML[] = "Content-Type: text/html; charset=utf-8\r\n";
    static const char REASON[] = "\"reason\":\"revoked\",\"detail\":\"<b>serial 1 & co</b>\"";
    expect_page(GET, JSON, REASON);
    expect_page(GET GET, JSON, REASON);
    expect_page("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi", JSON, REASON);
    expect_page("GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", JSON, REASON);
    expect_page("GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json, text/html\r\n\r\n", JSON, REASON);
    expect_page("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html;q=0, */*\r\n\r\n", JSON, REASON);
    expect_page("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n\r\n",
                HTML, "&lt;b&gt;serial 1 &amp; co&lt;/b&gt;");
}

/* ---- drain ---- */

static void a_drain_finishes_exchanges_and_closes_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    bool closed;
    fixture_init(&f, "");
    int idle = client_new(&f, NULL);
    put_text(&f, idle, GET);
    upstream_expect(&f);
    put_text(&f, f.upstream, OK);
    free(take(&f, idle, NULL, NULL));
    request_arrives(&f, GET, "GET");
    proxy_drain(f.proxy);
    assert_true(is_closed(&f, idle));
    assert_false(f.drained);
    put_text(&f, f.upstream, OK);
    char *text = take(&f, f.client, &closed, NULL);
    expect_contains(text, "Connection: close\r\n");
    expect_contains(text, "\r\n\r\nhello");
    assert_true(closed);
    free(text);
    assert_true(f.drained);
    assert_true(is_closed(&f, f.upstream));
    close_fd(&idle);
    fixture_clear(&f);
}

static void who_had_just_connected_gets_one_request_through(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    int silent = client_new(&f, NULL);
    proxy_drain(f.proxy);
    turns(&f);
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n");
    assert_false(f.drained);
    pass_ms(&f, SESSION_DRAIN_MS);
    assert_true(is_closed(&f, silent));
    assert_true(f.drained);
    close_fd(&silent);
    fixture_clear(&f);
}

static void a_drain_ends_in_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    proxy_drain(f.proxy);
    pass_ms(&f, 29999);
    assert_false(f.drained);
    pass_ms(&f, 1);
    assert_true(f.drained);
    expect_logged(&f, "\"reason\":\"stopped\"");
    fixture_clear(&f);
}

static void a_drain_without_sessions_is_done_at_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    close_fd(&f.client);
    turns(&f);
    proxy_drain(f.proxy);
    assert_false(f.drained);
    turns(&f);
    assert_true(f.drained);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revoked_clients_next_request_is_not_forwarded),
        cmocka_unit_test(a_revoked_clients_upload_is_cut),
        cmocka_unit_test(a_revoked_clients_download_is_cut),
        cmocka_unit_test(an_idle_revoked_client_is_closed_by_the_sweep),
        cmocka_unit_test(the_end_of_a_sweep_is_told_with_what_it_did),
        cmocka_unit_test(a_sweep_asks_and_steps_nothing),
        cmocka_unit_test(a_client_that_is_only_closing_is_cut_too),
        cmocka_unit_test(an_admitted_client_goes_on_under_the_next_generation),
        cmocka_unit_test(upstream_connections_outlive_a_generation),
        cmocka_unit_test(a_backend_that_is_gone_finishes_what_it_has),
        cmocka_unit_test(with_finish_exchange_only_the_exchange_is_finished),
        cmocka_unit_test(with_finish_exchange_nothing_is_tried_again),
        cmocka_unit_test(a_head_that_outgrows_its_buffer_under_larger_limits_is_refused),
        cmocka_unit_test(the_verdict_is_asked_again_when_its_time_has_come),
        cmocka_unit_test(each_session_has_its_own_time),
        cmocka_unit_test(a_refused_client_is_told_why_and_closed),
        cmocka_unit_test(a_drain_finishes_exchanges_and_closes_the_rest),
        cmocka_unit_test(who_had_just_connected_gets_one_request_through),
        cmocka_unit_test(a_drain_ends_in_time),
        cmocka_unit_test(a_drain_without_sessions_is_done_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
