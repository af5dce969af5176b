/* URLs are taken apart as RFC 3986 §3 has it, and what is no https URL is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "target.h"

static void a_url_has_its_parts(void **state)
{
    static const struct {
        const char *url, *authority, *host;
        unsigned port;
        const char *target;
    } cases[] = {
        {"https://localhost", "localhost", "localhost", 443, "/"},
        {"https://localhost/", "localhost", "localhost", 443, "/"},
        {"https://localhost:8443/a/b?c=d", "localhost:8443", "localhost", 8443, "/a/b?c=d"},
        {"https://127.0.0.1:1", "127.0.0.1:1", "127.0.0.1", 1, "/"},
        {"https://[::1]:65535/x", "[::1]:65535", "::1", 65535, "/x"},
        {"https://[::1]", "[::1]", "::1", 443, "/"},
    };
    struct url url;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        print_message("%s\n", cases[i].url);
        assert_int_equal(url_parse(cases[i].url, &url, &err), 0);
        assert_true(slice_equal_text(url.authority, cases[i].authority));
        assert_true(slice_equal_text(url.host, cases[i].host));
        assert_int_equal(url.port, cases[i].port);
        assert_true(slice_equal_text(url.target, cases[i].target));
    }
}

static void what_is_no_https_url_is_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "localhost",
        "http://localhost/",
        "https://",
        "https:///path",
        "https://:8443/",
        "https://localhost:0/",
        "https://localhost:65536/",
        "https://localhost:/",
        "https://localhost:x/",
        "https://user@localhost/",
        "https://localhost/#part",
        "https://localhost?query",
        "https://[::1/",
        "https://local host/",
    };
    struct url url;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(urls); i++) {
        struct err err = {0};
        print_message("%s\n", urls[i]);
        assert_int_equal(url_parse(urls[i], &url, &err), -1);
        assert_true(err_is_set(&err));
    }
}

static struct target *make(struct options *options, struct err *err)
{
    *err = (struct err){0};
    if (!options->method)
        options->method = "GET";
    return target_new(options, err);
}

static void the_request_is_written_once_with_what_was_asked_for(void **state)
{
    struct options options = {.mode = MODE_REQUEST,
                              .url = "https://127.0.0.1:4/x?y",
                              .insecure = true,
                              .method = "POST",
                              .body = "four",
                              .headers = {"A: 1", "B:2 "},
                              .header_count = 2};
    struct err err;
    (void)state;
    struct target *target = make(&options, &err);
    assert_non_null(target);
    assert_true(slice_equal_text(
        buffer_view(&target->request),
        "POST /x?y HTTP/1.1\r\nHost: 127.0.0.1:4\r\nUser-Agent: postern-bench/" POSTERN_VERSION
        "\r\nA: 1\r\nB: 2\r\nContent-Length: 4\r\n\r\nfour"));
    target_free(target);
}

static void a_handshake_s_request_ends_its_connection(void **state)
{
    struct options options = {.mode = MODE_HANDSHAKE, .url = "https://127.0.0.1:4/", .insecure = true};
    struct err err;
    (void)state;
    struct target *target = make(&options, &err);
    assert_non_null(target);
    assert_non_null(strstr(buffer_view(&target->request).data, "\r\nConnection: close\r\n"));
    target_free(target);
}

static void what_cannot_be_used_is_named(void **state)
{
    static const struct {
        struct options options;
        const char *complaint;
    } cases[] = {
        {{.cert = "/nonexistent.pem", .key = "/nonexistent.key"}, "--cert /nonexistent.pem"},
        {{.ca = "/nonexistent.pem"}, "--ca /nonexistent.pem"},
        {{.groups = "X25520"}, "--groups X25520"},
        {{.ciphers = "NO-SUCH"}, "--ciphers NO-SUCH"},
        {{.ciphers = "TLS_NO_SUCH"}, "--ciphers TLS_NO_SUCH"},
        {{.sigalgs = "rot13"}, "--sigalgs rot13"},
        {{.body = "@/nonexistent"}, "/nonexistent"},
        {{.connect = "localhost"}, "--connect localhost"},
        {{.headers = {"A: b\r\nC: d"}, .header_count = 1}, "HTTP does not allow"},
        {{.method = "GE T"}, "HTTP does not allow"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct options options = cases[i].options;
        struct err err;
        char text[2048];
        options.mode = MODE_REQUEST;
        options.url = "https://127.0.0.1:4/";
        print_message("%s\n", cases[i].complaint);
        assert_null(make(&options, &err));
        assert_non_null(strstr(err_format(&err, text, sizeof(text)), cases[i].complaint));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_its_parts),
        cmocka_unit_test(what_is_no_https_url_is_refused),
        cmocka_unit_test(the_request_is_written_once_with_what_was_asked_for),
        cmocka_unit_test(a_handshake_s_request_ends_its_connection),
        cmocka_unit_test(what_cannot_be_used_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
