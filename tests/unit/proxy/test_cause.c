#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cause.h"

static void each_row_is_whole_and_its_code_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < CAUSE_COUNT; i++) {
        struct cause cause = cause_of((enum proxy_cause)i);
        assert_true(cause_is_set(&cause));
        assert_int_equal(strspn(cause.code, "abcdefghijklmnopqrstuvwxyz_"), strlen(cause.code));
        assert_true(strlen(cause.text) > 0);
        assert_true(cause.status == 0 || (cause.status >= 400 && cause.status < 600));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(cause.code, cause_of((enum proxy_cause)j).code);
    }
}

static void each_refusal_of_grammar_and_verdict_can_be_answered(void **state)
{
    (void)state;
    for (int i = HTTP_TRUNCATED; i < HTTP_RESULT_COUNT; i++)
        assert_in_range(cause_of_http((enum http_result)i).status, 400, 505);
    for (int i = TRUST_ADMITTED + 1; i <= TRUST_INTERNAL; i++)
        assert_in_range(cause_of_trust((enum trust_reason)i).status, 400, 500);
}

static void the_first_cause_stays(void **state)
{
    (void)state;
    struct cause cause = {0};
    assert_false(cause_is_set(&cause));
    cause_set(&cause, cause_of(CAUSE_UPSTREAM_CLOSED));
    cause_set(&cause, cause_of(CAUSE_CLIENT_GONE));
    assert_string_equal(cause.code, "upstream_closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_whole_and_its_code_its_own),
        cmocka_unit_test(each_refusal_of_grammar_and_verdict_can_be_answered),
        cmocka_unit_test(the_first_cause_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
