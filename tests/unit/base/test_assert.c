#include <signal.h>

#include "aborts.h"
#include "postern/base/assert.h"
#include "unit.h"

static void fail_an_assertion(void)
{
    ASSERT(1 + 1 == 3);
}

static void hold_an_assertion(void)
{
    ASSERT(1 + 1 == 2);
}

static void a_failed_assertion_says_what_and_where_and_aborts(void **state)
{
    (void)state;
    char text[512];
    assert_int_equal(signal_of(fail_an_assertion, text, sizeof(text)), SIGABRT);
    assert_non_null(strstr(text, "1 + 1 == 3"));
    assert_non_null(strstr(text, "test_assert.c:"));
}

static void an_assertion_that_holds_does_nothing(void **state)
{
    (void)state;
    char text[512];
    assert_int_equal(signal_of(hold_an_assertion, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_assertion_says_what_and_where_and_aborts),
        cmocka_unit_test(an_assertion_that_holds_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
