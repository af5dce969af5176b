#include "parsing.h"

static const char request_text[] = "GET / HTTP/1.1\r\n"
                                   "Host: a\r\n"
                                   "X-One: 1\r\n"
                                   "Connection: keep-alive, X-One ,,\r\n"
                                   "x-oNE: 2\r\n"
                                   "connection: , Host\t\r\n"
                                   "Empty:\r\n"
                                   "Connection:\r\n"
                                   "\r\n";

static void names_are_found_in_any_case_and_the_first_comes_first(void **state)
{
    (void)state;
    struct parsed_request parsed;
    const struct http_fields *fields = &request_of(&parsed, request_text)->fields;
    assert_slice("first", http_fields_value(fields, SLICE_LITERAL("X-ONE")), slice_text("1"));
    assert_int_equal(http_fields_count_of(fields, SLICE_LITERAL("X-ONE")), 2);
    assert_int_equal(http_fields_count_of(fields, SLICE_LITERAL("X-On")), 0);
    assert_null(http_fields_first(fields, SLICE_LITERAL("X-One-")));
    assert_int_equal(http_fields_value(fields, SLICE_LITERAL("Absent")).length, 0);
    assert_non_null(http_fields_first(fields, SLICE_LITERAL("empty")));
    assert_int_equal(http_fields_value(fields, SLICE_LITERAL("empty")).length, 0);
}

static void a_list_goes_over_all_fields_and_leaves_out_empty_elements(void **state)
{
    (void)state;
    static const char *const expected[] = {"keep-alive", "X-One", "Host"};
    struct parsed_request parsed;
    struct http_list list;
    struct slice element;
    size_t count = 0;
    http_list_init(&list, &request_of(&parsed, request_text)->fields, SLICE_LITERAL("CONNECTION"));
    while (http_list_next(&list, &element)) {
        assert_in_range(count, 0, LENGTH_OF(expected) - 1);
        assert_slice("element", element, slice_text(expected[count++]));
    }
    assert_int_equal(count, LENGTH_OF(expected));
    assert_false(http_list_next(&list, &element));
}

static void connection_nominates_whole_tokens_in_any_case(void **state)
{
    (void)state;
    struct parsed_request parsed;
    const struct http_fields *fields = &request_of(&parsed, request_text)->fields;
    assert_true(http_fields_connection_nominates(fields, SLICE_LITERAL("x-one")));
    assert_true(http_fields_connection_nominates(fields, SLICE_LITERAL("HOST")));
    assert_false(http_fields_connection_nominates(fields, SLICE_LITERAL("x-on")));
    assert_false(http_fields_connection_nominates(fields, SLICE_LITERAL("x-one ")));
    assert_false(http_fields_connection_nominates(fields, SLICE_LITERAL("")));
    assert_false(http_fields_connection_nominates(fields, SLICE_LITERAL("X-Other")));
}

static void hop_by_hop_and_framing_fields_are_known_also_by_underscore(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool hop_by_hop, framing;
    } rows[] = {
        {"Connection", true, false},
        {"keep-alive", true, false},
        {"Proxy-Connection", true, false},
        {"TE", true, false},
        {"Trailer", true, false},
        {"TRANSFER-ENCODING", true, true},
        {"Transfer_Encoding", true, true},
        {"Upgrade", true, false},
        {"HTTP2-Settings", true, false},
        {"Proxy-Authenticate", true, false},
        {"Proxy_Authorization", true, false},
        {"Content-Length", false, true},
        {"content_length", false, true},
        {"Content-Type", false, false},
        {"Host", false, false},
        {"TEE", false, false},
        {"", false, false},
        {"Authorization", false, false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        assert_int_equal(http_field_is_hop_by_hop(slice_text(rows[i].name)), rows[i].hop_by_hop);
        assert_int_equal(http_field_is_framing(slice_text(rows[i].name)), rows[i].framing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_case_and_the_first_comes_first),
        cmocka_unit_test(a_list_goes_over_all_fields_and_leaves_out_empty_elements),
        cmocka_unit_test(connection_nominates_whole_tokens_in_any_case),
        cmocka_unit_test(hop_by_hop_and_framing_fields_are_known_also_by_underscore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
