#include "parsing.h"
#include "postern/http/status.h"

static void registered_codes_have_their_phrase_and_others_that_of_their_class(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *phrase;
    } rows[] = {{100, "Continue"},
                {101, "Switching Protocols"},
                {199, "Informational"},
                {200, "OK"},
                {299, "Success"},
                {304, "Not Modified"},
                {399, "Redirection"},
                {417, "Expectation Failed"},
                {431, "Request Header Fields Too Large"},
                {499, "Client Error"},
                {504, "Gateway Timeout"},
                {599, "Server Error"},
                {99, "Unknown"},
                {600, "Unknown"},
                {-1, "Unknown"}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_string_equal(http_status_phrase(rows[i].status), rows[i].phrase);
}

static void every_status_of_a_refusal_is_a_registered_one(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_RESULT_COUNT; i++) {
        int status = http_result_status((enum http_result)i);
        assert_string_not_equal(http_status_phrase(status), "Client Error");
        assert_string_not_equal(http_status_phrase(status), "Server Error");
    }
}

static void interim_no_content_and_not_modified_have_no_content(void **state)
{
    (void)state;
    for (int status = 100; status < 600; status++)
        assert_int_equal(http_status_has_content(status), status >= 200 && status != 204 && status != 304);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registered_codes_have_their_phrase_and_others_that_of_their_class),
        cmocka_unit_test(every_status_of_a_refusal_is_a_registered_one),
        cmocka_unit_test(interim_no_content_and_not_modified_have_no_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
