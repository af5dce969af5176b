#include "parsing.h"

static const enum http_result all[] = {
#define ENUMERATOR(enumerator, name, status, text) enumerator,
    HTTP_RESULTS(ENUMERATOR)
#undef ENUMERATOR
};

static void every_result_has_a_name_of_its_own_and_a_text(void **state)
{
    (void)state;
    assert_int_equal(LENGTH_OF(all), HTTP_RESULT_COUNT);
    for (size_t i = 0; i < LENGTH_OF(all); i++) {
        const char *name = http_result_name(all[i]);
        assert_true(strlen(http_result_text(all[i])) > 5);
        assert_true(strlen(name) > 1);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(name, http_result_name(all[j]));
    }
}

static void every_refusal_has_an_error_status_and_nothing_else_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(all); i++) {
        int status = http_result_status(all[i]);
        if (all[i] == HTTP_OK || all[i] == HTTP_INCOMPLETE || all[i] == HTTP_DONE)
            assert_int_equal(status, 0);
        else
            assert_in_range(status, 400, 505);
    }
}

static void statuses_that_clients_rely_on(void **state)
{
    (void)state;
    assert_int_equal(http_result_status(HTTP_TARGET_TOO_LONG), 414);
    assert_int_equal(http_result_status(HTTP_HEAD_TOO_LARGE), 431);
    assert_int_equal(http_result_status(HTTP_TOO_MANY_FIELDS), 431);
    assert_int_equal(http_result_status(HTTP_CODING_UNKNOWN), 501);
    assert_int_equal(http_result_status(HTTP_VERSION_UNSUPPORTED), 505);
    assert_int_equal(http_result_status(HTTP_EXPECT_UNKNOWN), 417);
    assert_int_equal(http_result_status(HTTP_LENGTH_WITH_CODING), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_a_name_of_its_own_and_a_text),
        cmocka_unit_test(every_refusal_has_an_error_status_and_nothing_else_has),
        cmocka_unit_test(statuses_that_clients_rely_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
