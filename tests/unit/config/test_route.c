/* Longest prefix on whole segments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/config/route.h"

#define START                                                                                                \
    "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a\nprivate_key = b\n[client_auth]\ntrust = c\n" \
    "[backend one]\nserver = a:1\n[backend two]\nserver = a:2\n"

static void the_longest_prefix_on_whole_segments_wins(void **state)
{
    (void)state;
    static const struct {
        const char *path, *route;
    } rows[] = {
        {"/", "/"},
        {"/x", "/"},
        {"/api", "/api"},
        {"/api/", "/api"},
        {"/api/x", "/api"},
        {"/apix", "/"},
        {"/ap", "/"},
        {"/api/v1", "/api/v1"},
        {"/api/v1/a/b", "/api/v1"},
        {"/api/v2", "/api"},
        {"/api/v10", "/api"},
        {"//api", "/"},
        {"/API", "/"},
        {"/%61pi", "/"},
        {"*", "/"},
    };
    struct err err = {.line = 0};
    struct config *config = config_parse(
        "p.ini",
        slice_text(START "[route /api]\nbackend = two\n[route /]\nbackend = one\n[route /api/v1]\n"
                         "backend = one\n[route /aaaa]\nbackend = two\n"),
        &err);
    assert_non_null(config);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct config_route *route = config_route_find(config, slice_text(rows[i].path));
        assert_non_null(route);
        if (!slice_equal_text(route->path, rows[i].route))
            fail_msg("%s went to %.*s", rows[i].path, SLICE_ARG(route->path));
        assert_ptr_equal(route, &config->routes[route->index]);
        assert_string_equal(route->backend->name, route->backend_name.text);
        assert_ptr_equal(route->backend, &config->backends[route->backend->index]);
    }
    config_free(config);
}

static void without_a_root_route_the_rest_has_none(void **state)
{
    (void)state;
    struct err err = {.line = 0};
    struct config *config = config_parse("p.ini", slice_text(START "[route /api]\nbackend = two\n"), &err);
    assert_non_null(config);
    assert_null(config_route_find(config, slice_text("/")));
    assert_null(config_route_find(config, slice_text("/apix")));
    assert_null(config_route_find(config, slice_text("*")));
    assert_null(config_route_find(config, slice_text("")));
    assert_non_null(config_route_find(config, slice_text("/api/x")));
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_prefix_on_whole_segments_wins),
        cmocka_unit_test(without_a_root_route_the_rest_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
