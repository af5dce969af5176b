#include "guard.h"
#include "parsing.h"
#include "postern/http/target.h"

#define NAME_OF_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* RFC 9112 §3.2; threats H16, H17. */
static const struct {
    const char *name;
    const char *request;
    enum http_result expected;
    const char *forward, *path, *authority;
} rows[] = {
    {"origin_form", "GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/a/b?c=d", "/a/b", "x"},
    {"host_with_port", "GET / HTTP/1.1\r\nHost: x.y:81\r\n\r\n", HTTP_OK, "/", "/", "x.y:81"},
    {"two_slashes_pass_unchanged", "GET //x/../y HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "//x/../y",
     "//x/../y", "x"},
    {"encoding_passes_unchanged", "GET /%2e%2E/%zz?%00 HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK,
     "/%2e%2E/%zz?%00", "/%2e%2E/%zz", "x"},
    {"second_question_mark_is_query", "GET /?a?b HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/?a?b", "/", "x"},
    {"unwise_characters_pass", "GET /a|b{c}\"^` HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/a|b{c}\"^`",
     "/a|b{c}\"^`", "x"},
    {"asterisk_with_options", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "*", "*", "x"},
    {"asterisk_with_get", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"asterisk_and_more", "OPTIONS *a HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"absolute_form", "GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/a?b", "/a", "x"},
    {"absolute_form_https", "GET HTTPS://X/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/", "/", "x"},
    {"absolute_form_of_default_port", "GET https://x:443/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/", "/",
     "x"},
    {"absolute_form_without_path", "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "/", "/", "x"},
    {"absolute_form_options_without_path", "OPTIONS http://x HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_OK, "*", "*",
     "x"},
    {"absolute_form_in_1_0", "GET http://y:8/a HTTP/1.0\r\n\r\n", HTTP_OK, "/a", "/a", "y:8"},
    {"absolute_form_with_query_but_no_path", "GET http://x?a HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET,
     "", "", ""},
    {"absolute_form_of_other_host", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_HOST_DISAGREES, "", "",
     ""},
    {"absolute_form_of_other_port", "GET http://x:81/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_HOST_DISAGREES, "",
     "", ""},
    {"absolute_form_with_other_default_port", "GET http://x/ HTTP/1.1\r\nHost: x:443\r\n\r\n",
     HTTP_HOST_DISAGREES, "", "", ""},
    {"absolute_form_with_userinfo", "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "",
     ""},
    {"absolute_form_without_authority", "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "",
     ""},
    {"absolute_form_without_host_field", "GET http://x/ HTTP/1.1\r\n\r\n", HTTP_HOST_MISSING, "", "", ""},
    {"other_scheme", "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"scheme_cut", "GET http:/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"authority_form", "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"target_begins_with_at", "GET @evil/ HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"target_without_slash", "GET a/b HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"target_begins_with_query", "GET ?a HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"fragment_in_query", "GET /a?b#c HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_BAD_TARGET, "", "", ""},
    {"connect", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", HTTP_METHOD_CONNECT, "", "", ""},
    {"connect_of_path", "CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_METHOD_CONNECT, "", "", ""},
    {"host_absent_in_1_1", "GET / HTTP/1.1\r\n\r\n", HTTP_HOST_MISSING, "", "", ""},
    {"host_absent_in_1_0", "GET / HTTP/1.0\r\n\r\n", HTTP_OK, "/", "/", ""},
    {"host_twice_the_same", "GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", HTTP_HOST_REPEATED, "", "", ""},
    {"host_twice_in_1_0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", HTTP_HOST_REPEATED, "", "", ""},
    {"host_empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", HTTP_HOST_BAD, "", "", ""},
    {"host_list", "GET / HTTP/1.1\r\nHost: x,y\r\n\r\n", HTTP_HOST_BAD, "", "", ""},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", HTTP_HOST_BAD, "", "", ""},
};

static void targets_and_hosts_are_understood_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct parsed_request parsed;
        struct http_target target;
        const struct http_request *request = request_of(&parsed, rows[i].request);
        assert_result(rows[i].name, http_request_target(request, &target), rows[i].expected);
        if (rows[i].expected != HTTP_OK)
            continue;
        assert_slice(rows[i].name, target.forward, slice_text(rows[i].forward));
        assert_slice(rows[i].name, target.path, slice_text(rows[i].path));
        assert_slice(rows[i].name, target.authority, slice_text(rows[i].authority));
    }
}

/* A head that was not parsed here could hold anything; what is forwarded must not. */
static void a_target_with_a_control_byte_is_refused_wherever_it_comes_from(void **state)
{
    (void)state;
    struct http_field host = {SLICE_LITERAL("Host"), SLICE_LITERAL("x")};
    struct http_target target;
    for (int byte = 0; byte < 256; byte++) {
        char text[] = {'/', (char)byte, 'a'};
        struct http_request request = {.method = SLICE_LITERAL("GET"),
                                       .target = slice_of(text, sizeof(text)),
                                       .minor = 1,
                                       .fields = {&host, 1, 1}};
        bool fine = byte > 0x20 && byte < 0x7F && byte != '#';
        assert_int_equal(http_request_target(&request, &target) == HTTP_OK, fine);
    }
}

static const struct {
    const char *authority;
    bool valid;
    const char *host;
    unsigned port;
} authorities[] = {
    {"a", true, "a", 0},
    {"A-b_c~d.example.", true, "A-b_c~d.example.", 0},
    {"127.0.0.1:8443", true, "127.0.0.1", 8443},
    {"[::1]", true, "[::1]", 0},
    {"[2001:db8::1]:65535", true, "[2001:db8::1]", 65535},
    {"[::ffff:1.2.3.4]:1", true, "[::ffff:1.2.3.4]", 1},
    {"a:1", true, "a", 1},
    {"a:00080", true, "a", 80},
    {"", false, "", 0},
    {":80", false, "", 0},
    {"a:", false, "", 0},
    {"a:0", false, "", 0},
    {"a:65536", false, "", 0},
    {"a:000080", false, "", 0},
    {"a:+1", false, "", 0},
    {"a: 1", false, "", 0},
    {"a:1:2", false, "", 0},
    {"a b", false, "", 0},
    {"a,b", false, "", 0},
    {"a%41", false, "", 0},
    {"u@a", false, "", 0},
    {"a/", false, "", 0},
    {"a\\b", false, "", 0},
    {"a\tb", false, "", 0},
    {"\xC3\xA4", false, "", 0},
    {"[", false, "", 0},
    {"[]", false, "", 0},
    {"[:]", false, "", 0},
    {"[::1", false, "", 0},
    {"[::1]x", false, "", 0},
    {"[::1]]", false, "", 0},
    {"[::1%25eth0]", false, "", 0},
    {"[v1.a]", false, "", 0},
    {"[1.2.3.4]", false, "", 0},
    {"[1:2:3:4:5:6:7:8:9]", false, "", 0},
    {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", false, "", 0},
    {"::1", false, "", 0},
    {NAME_OF_64 NAME_OF_64 NAME_OF_64 NAME_OF_64, false, "", 0},
};

static void authorities_are_names_or_addresses_with_a_port_or_without(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(authorities); i++) {
        struct slice text = slice_text(authorities[i].authority), host;
        unsigned port;
        char *copy = guard_copy(text.data, text.length);
        text.data = copy;
        bool valid = http_authority_parse(text, &host, &port);
        if (valid != authorities[i].valid)
            fail_msg("\"%s\" is %d", authorities[i].authority, valid);
        if (valid) {
            assert_slice(authorities[i].authority, host, slice_text(authorities[i].host));
            assert_int_equal(port, authorities[i].port);
            assert_true(http_authority_parse(text, NULL, NULL));
        }
        guard_free(copy, text.length);
    }
    /* NUL within brackets, where a C string would end. */
    assert_false(http_authority_parse(SLICE_LITERAL("[::1\0]"), NULL, NULL));
    assert_false(http_authority_parse(SLICE_LITERAL("a\0"), NULL, NULL));
}

/* Threat H18. */
static const struct {
    const char *path;
    bool plain;
} paths[] = {
    {"/", true},        {"/a/b", true},     {"/a/", true},     {"/a.b/..c/d..", true}, {"/...", true},
    {"/%41%20", true},  {"/a%c3%a4", true}, {"*", true},       {"/.", false},          {"/..", false},
    {"/a/../b", false}, {"/a/./b", false},  {"/a/..", false},  {"/%2e%2e/a", false},   {"/a%2Fb", false},
    {"/a%2fb", false},  {"/a%5Cb", false},  {"/a%5cb", false}, {"/a%00", false},       {"/a%2Eb", false},
    {"/a\\b", false},   {"//a", false},     {"/a//b", false},  {"/a//", false},        {"/a;b/../c", false},
    {"/a;b", false},    {"/a%", false},     {"/a%4", false},   {"/a%zz", false},       {"/a%4z", false},
    {"", false},        {"a", false},
};

static void paths_that_two_readers_could_take_apart_differently_are_not_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(paths); i++) {
        struct slice text = slice_text(paths[i].path);
        char *copy = guard_copy(text.data, text.length);
        if (http_target_path_is_plain(slice_of(copy, text.length)) != paths[i].plain)
            fail_msg("\"%s\" is not %d", paths[i].path, paths[i].plain);
        guard_free(copy, text.length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_and_hosts_are_understood_or_refused),
        cmocka_unit_test(a_target_with_a_control_byte_is_refused_wherever_it_comes_from),
        cmocka_unit_test(authorities_are_names_or_addresses_with_a_port_or_without),
        cmocka_unit_test(paths_that_two_readers_could_take_apart_differently_are_not_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
