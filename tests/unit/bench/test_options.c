/* A command line is either understood whole or refused with what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "postern/base/attributes.h"

enum { ARGUMENTS_MAX = 80 };

/* Parse a line whose words are parted by single spaces. The words live in copy. */
static int parse(const char *line, char copy[2048], struct options *out, struct err *err)
{
    char *argv[ARGUMENTS_MAX] = {copy}, *rest = copy;
    int argc = 0;
    assert_true(strlen(line) < 2048);
    memcpy(copy, line, strlen(line) + 1);
    while (rest && *rest) {
        argv[argc++] = rest;
        assert_true(argc < ARGUMENTS_MAX);
        rest = strchr(rest, ' ');
        if (rest)
            *rest++ = '\0';
    }
    err_clear(err);
    return options_parse(out, argc, argv, err);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *line, *complaint;
    } cases[] = {
        {"b", "a mode and a URL are needed"},
        {"b request", "a mode and a URL are needed"},
        {"b knock https://h/", "knock: unknown mode"},
        {"b request https://h/ https://i/", "one argument too many"},
        {"b request https://h/ --nope", "--nope: unknown option"},
        {"b request https://h/ --conn 1", "--conn: unknown option"},
        {"b request https://h/ --connections", "--connections: needs a value, N"},
        {"b request https://h/ --connections 0", "is not a number from 1 to 100000"},
        {"b request https://h/ --connections 100001", "is not a number from 1 to 100000"},
        {"b request https://h/ --connections ten", "is not a number"},
        {"b request https://h/ --connections=-1", "is not a number"},
        {"b request https://h/ --duration 10", "is not a time"},
        {"b request https://h/ --duration 10h", "is not a time"},
        {"b request https://h/ --duration s", "is not a time"},
        {"b request https://h/ --duration 86401s", "is not a time"},
        {"b request https://h/ --duration 99999999999999999999s", "is not a time"},
        {"b request https://h/ --tls 1.1", "is neither 1.2 nor 1.3"},
        {"b request https://h/ --cert c.pem", "belong together"},
        {"b request https://h/ --key c.pem", "belong together"},
        {"b request https://h/ --bare", "is for handshake and idle"},
        {"b request https://h/ --quiet=yes", "takes no value"},
        {"b request https://h/ --json", "--json: needs a value, FILE|-"},
        {"b request https://h/ --json --quiet", "--json: needs a value"},
        {"b request https://h/ --crl-entries x", "is not a number up to"},
        {"b request https://h/ --header nothing", "has no name and colon"},
        {"b request https://h/ --header :nothing", "has no name and colon"},
        {"b request https://h/ --connections 2 --threads 3", "more threads than connections"},
        {"b request https://h/ --connections 20 --requests 19", "fewer than connections"},
        {"b idle https://h/ --requests 20", "idle connections send none"},
    };
    char copy[2048], text[2048];
    struct options options;
    struct err err;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        print_message("%s\n", cases[i].line);
        assert_int_equal(parse(cases[i].line, copy, &options, &err), -1);
        assert_non_null(strstr(err_format(&err, text, sizeof(text)), cases[i].complaint));
    }
}

static void a_full_line_is_understood(void **state)
{
    char copy[2048];
    struct options options;
    struct err err;
    (void)state;
    assert_int_equal(
        parse("b handshake https://h:1/x --cert c --key k --ca a --connections 7 --threads=2 "
              "--duration 1500ms --warmup 250us --timeout 2m --tls 1.2 --groups X25519 --resume --bare "
              "--header A:1 --header=B:2 --json - --server-name n --connect 127.0.0.1:2",
              copy, &options, &err),
        0);
    assert_int_equal(options.mode, MODE_HANDSHAKE);
    assert_string_equal(options.url, "https://h:1/x");
    assert_string_equal(options.cert, "c");
    assert_string_equal(options.key, "k");
    assert_string_equal(options.ca, "a");
    assert_string_equal(options.connect, "127.0.0.1:2");
    assert_string_equal(options.server_name, "n");
    assert_string_equal(options.json, "-");
    assert_string_equal(options.groups, "X25519");
    assert_int_equal(options.connections, 7);
    assert_int_equal(options.threads, 2);
    assert_int_equal(options.duration_ns, 1500000000);
    assert_int_equal(options.warmup_ns, 250000);
    assert_int_equal(options.timeout_ns, 120000000000);
    assert_int_equal(options.header_count, 2);
    assert_string_equal(options.headers[1], "B:2");
    assert_true(options.resume && options.bare && !options.insecure && !options.quiet);
}

static void what_is_not_given_has_a_default(void **state)
{
    static const struct {
        const char *line;
        uint64_t connections, requests;
        int64_t duration_ns, warmup_ns;
        const char *method;
    } cases[] = {
        {"b request https://h/", 16, 0, 10000000000, 1000000000, "GET"},
        {"b request https://h/ --warmup 0s", 16, 0, 10000000000, 0, "GET"},
        {"b request https://h/ --requests 100", 16, 100, 0, 0, "GET"},
        {"b stream https://h/ --requests 1", 1, 1, 0, 0, "GET"},
        {"b request https://h/ --requests 100 --duration 1s", 16, 100, 1000000000, 0, "GET"},
        {"b request https://h/ --body x", 16, 0, 10000000000, 1000000000, "POST"},
        {"b request https://h/ --body x --method PUT", 16, 0, 10000000000, 1000000000, "PUT"},
        {"b idle https://h/", 16, 0, 10000000000, 0, "GET"},
    };
    char copy[2048];
    struct options options;
    struct err err;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        print_message("%s\n", cases[i].line);
        assert_int_equal(parse(cases[i].line, copy, &options, &err), 0);
        assert_int_equal(options.connections, cases[i].connections);
        assert_int_equal(options.requests, cases[i].requests);
        assert_int_equal(options.duration_ns, cases[i].duration_ns);
        assert_int_equal(options.warmup_ns, cases[i].warmup_ns);
        assert_string_equal(options.method, cases[i].method);
        assert_int_equal(options.timeout_ns, 10000000000);
        assert_int_equal(options.threads, 1);
    }
}

static void help_asks_for_nothing_else(void **state)
{
    char copy[2048];
    struct options options;
    struct err err;
    (void)state;
    assert_int_equal(parse("b --help", copy, &options, &err), 0);
    assert_true(options.help);
    assert_int_equal(parse("b --version", copy, &options, &err), 0);
    assert_true(options.version);
}

static void headers_are_bounded(void **state)
{
    char program[] = "b", mode[] = "request", url[] = "https://h/", header[] = "--header=A: 1";
    char *argv[3 + OPTIONS_HEADERS_MAX + 1] = {program, mode, url};
    struct options options;
    struct err err = {0};
    (void)state;
    for (size_t i = 3; i < LENGTH_OF(argv); i++)
        argv[i] = header;
    assert_int_equal(options_parse(&options, (int)LENGTH_OF(argv) - 1, argv, &err), 0);
    assert_int_equal(options_parse(&options, (int)LENGTH_OF(argv), argv, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_full_line_is_understood),
        cmocka_unit_test(what_is_not_given_has_a_default),
        cmocka_unit_test(help_asks_for_nothing_else),
        cmocka_unit_test(headers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
