#include "unit.h"

#include "backoff.h"

static void it_doubles_to_five_seconds_and_stays(void **state)
{
    (void)state;
    static const int64_t expected[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct backoff backoff = {0};
    for (size_t i = 0; i < LENGTH_OF(expected); i++)
        assert_int_equal(backoff_next(&backoff, 0), expected[i]);
}

static void a_long_life_starts_it_anew(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    for (int i = 0; i < 8; i++)
        (void)backoff_next(&backoff, 0);
    assert_int_equal(backoff_next(&backoff, BACKOFF_RESET_MS - 1), 5000);
    assert_int_equal(backoff_next(&backoff, BACKOFF_RESET_MS), 100);
    assert_int_equal(backoff_next(&backoff, 0), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_doubles_to_five_seconds_and_stays),
        cmocka_unit_test(a_long_life_starts_it_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
