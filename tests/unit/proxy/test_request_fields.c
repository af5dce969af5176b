#include "fixture.h"

/* What reaches the upstream of these field lines, between the request line and Host before, and the fields of
 * ours behind. Gives. */
static char *forwarded(const char *request)
{
    struct fixture f;
    fixture_init(&f, "");
    put_text(&f, f.client, request);
    upstream_expect(&f);
    char *text = take(&f, f.upstream, NULL, NULL);
    fixture_clear(&f);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strcasestr(at, part)) != NULL; at++)
        count++;
    return count;
}

/* P2: no field that carries identity reaches a backend unless Postern wrote it. */
static void a_clients_identity_fields_are_dropped(void **state)
{
    (void)state;
    static const char *const LINES[] = {
        "X-Client-CN: mallory",
        "x-client-cn: mallory",
        "X-CLIENT-CN: mallory",
        "X_Client_CN: mallory",
        "X-Client_CN: mallory",
        "x_client-cn: mallory",
        "X-Client-CN: mallory\r\nX-Client-CN: mallory",
        "X-Client-Verify: mallory",
        "X-Client-DN: mallory",
        "X-Client-Serial: mallory",
        "X-Client-Fingerprint: mallory",
        "X-Client-Not-After: mallory",
        "X-Client-Domain: mallory",
        "X-Client-Cert-Subject: mallory",
        "X_Client_Cert_Issuer: mallory",
        "X-Forwarded-Client-Cert: mallory",
        "x_forwarded_client_cert: mallory",
        "Client-Cert: mallory",
        "client_cert: mallory",
        "Client-Cert-Chain: mallory",
        "X-Team: mallory",
        "x_team: mallory",
        "X-Forwarded-For: mallory",
        "X_Forwarded_For: mallory",
        "X-Forwarded-Proto: mallory",
        "X-Forwarded-Host: mallory",
        "X-Forwarded-Port: mallory",
        "x_forwarded_ssl: mallory",
        "X-Real-IP: mallory",
        "X_Real_IP: mallory",
        "X-Request-ID: mallory",
        "Forwarded: for=mallory",
        "Early-Data: mallory",
        "Connection: x-it\r\nX-It: mallory",
        "Connection: close, X-It\r\nX-It: mallory",
        "Keep-Alive: mallory",
        "Proxy-Authorization: mallory",
        "Proxy-Connection: mallory",
        "TE: mallory",
        "Upgrade: mallory",
        "HTTP2-Settings: mallory",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: mallory",
        "Transfer_Encoding: mallory",
        "Content_Length: mallory",
        "Transfer.Encoding: mallory",
        "Content.Length: mallory",
        "X.Forwarded.Port: mallory",
        "X-Forwarded!Port: mallory",
        "Early.Data: mallory",
        "Trailer: mallory",
    };
    for (size_t i = 0; i < LENGTH_OF(LINES); i++) {
        char request[512];
        (void)snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\nX-Mine: kept\r\n\r\n",
                       LINES[i]);
        char *text = forwarded(request);
        print_message("%s\n", LINES[i]);
        expect_lacks(text, "mallory");
        expect_lacks(text, "h2c");
        expect_contains(text, "\r\nX-Mine: kept\r\n");
        expect_contains(text, "\r\n" IDENTITY "\r\n");
        assert_int_equal(count_of(text, "\r\nX-Client-CN:"), 1);
        free(text);
    }
}

/* P2: a nomination takes nothing of ours away. CONTRACT: it is dropped, ours stands behind it. */
static void nominating_our_fields_has_no_effect(void **state)
{
    (void)state;
    char *text = forwarded("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Client-CN, X-Client-Verify, Host, "
                           "X-Forwarded-For, X-Real-IP\r\n\r\n");
    expect_contains(text, "\r\n" IDENTITY "\r\n");
    expect_contains(text, "\r\nHost: a\r\n");
    expect_contains(text, "\r\nX-Forwarded-For: 192.0.2.7\r\n");
    expect_lacks(text, "\r\nConnection:");
    free(text);
}

/* P2: trailers are dropped, whatever they hold. */
static void an_identity_field_in_a_trailer_is_dropped(void **state)
{
    (void)state;
    char *text = forwarded(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Client-CN\r\n\r\n"
        "1\r\na\r\n0\r\nX-Client-CN: mallory\r\nX_Client_CN: mallory\r\n\r\n");
    expect_lacks(text, "mallory");
    expect_contains(text, "\r\n\r\n1\r\na\r\n0\r\n\r\n");
    free(text);
}

static void what_is_forwarded_tells_of_the_client(void **state)
{
    (void)state;
    char *text = forwarded("GET /a?b HTTP/1.1\r\nHost: Example.org:8443\r\nVia: 1.1 other\r\nX_Y: z\r\n\r\n");
    expect_starts(text, "GET /a?b HTTP/1.1\r\nHost: Example.org:8443\r\nVia: 1.1 other\r\nX_Y: z\r\n"
                        "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
                        "X-Forwarded-Host: Example.org:8443\r\nX-Real-IP: 192.0.2.7\r\nX-Request-ID: ");
    expect_contains(text, "\r\nVia: 1.1 postern\r\n");
    free(text);
}

static void targets_pass_unchanged(void **state)
{
    (void)state;
    static const struct {
        const char *target, *forwarded;
    } CASES[] = {{"/", "/"},   {"//x", "//x"},           {"/a/../b", "/a/../b"}, {"/%2e%2F", "/%2e%2F"},
                 {"/?", "/?"}, {"http://a/p?q", "/p?q"}, {"https://a", "/"}};
    for (size_t i = 0; i < LENGTH_OF(CASES); i++) {
        char request[256], start[256];
        (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", CASES[i].target);
        (void)snprintf(start, sizeof(start), "GET %s HTTP/1.1\r\n", CASES[i].forwarded);
        char *text = forwarded(request);
        expect_starts(text, start);
        free(text);
    }
}

static void host_is_as_configured(void **state)
{
    (void)state;
    static const struct {
        const char *key, *request, *host;
    } CASES[] = {
        {"host = preserve\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "Host: a\r\n"},
        {"host = localhost\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "Host: localhost\r\n"},
        {"host = upstream\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "Host: 127.0.0.1:"},
        {"host = preserve\n", "GET / HTTP/1.0\r\n\r\n", "Host: 127.0.0.1:"},
    };
    for (size_t i = 0; i < LENGTH_OF(CASES); i++) {
        struct fixture f;
        fixture_init(&f, CASES[i].key);
        put_text(&f, f.client, CASES[i].request);
        upstream_expect(&f);
        char *text = take(&f, f.upstream, NULL, NULL);
        expect_contains(text, CASES[i].host);
        assert_int_equal(count_of(text, "\r\nHost:"), 1);
        free(text);
        fixture_clear(&f);
    }
}

/* RFC 9440 §3.1, and what was for our connection to the upstream. */
static void a_response_is_rid_of_what_is_not_for_the_client(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "");
    request_arrives(&f, GET, "GET");
    put_text(&f, f.upstream,
             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: mallory\r\nX_Client_CN: mallory\r\n"
             "Client-Cert: mallory\r\nConnection: x-it\r\nX-It: mallory\r\nUpgrade: mallory\r\n"
             "X-Request-ID: mallory\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n");
    char *text = take(&f, f.client, NULL, NULL);
    expect_lacks(text, "mallory");
    expect_contains(text, "Set-Cookie: a\r\nSet-Cookie: b\r\n");
    free(text);
    fixture_clear(&f);
}

/* One id in the request that goes upstream, the response and the log. */
static void the_request_id_is_the_same_everywhere(void **state)
{
    (void)state;
    struct fixture f;
    char id[64];
    fixture_init(&f, "");
    put_text(&f, f.client, GET);
    upstream_expect(&f);
    char *text = take(&f, f.upstream, NULL, NULL);
    const char *field = strstr(text, "X-Request-ID: ");
    assert_non_null(field);
    (void)snprintf(id, sizeof(id), "%.32s", field + strlen("X-Request-ID: "));
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    put_text(&f, f.upstream, OK);
    expect_text(&f, f.client, "HTTP/1.1 200 OK\r\n", id);
    expect_logged(&f, id);
    free(text);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clients_identity_fields_are_dropped),
        cmocka_unit_test(nominating_our_fields_has_no_effect),
        cmocka_unit_test(an_identity_field_in_a_trailer_is_dropped),
        cmocka_unit_test(what_is_forwarded_tells_of_the_client),
        cmocka_unit_test(targets_pass_unchanged),
        cmocka_unit_test(host_is_as_configured),
        cmocka_unit_test(a_response_is_rid_of_what_is_not_for_the_client),
        cmocka_unit_test(the_request_id_is_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
