/* Operations are due at a steady rate, also after hours, and the threads of a run take turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schedule.h"

static const int64_t second = 1000000000;

static void operations_are_due_one_after_the_other(void **state)
{
    struct schedule schedule;
    (void)state;
    schedule_init(&schedule, 100, 0, 1, 5 * second);
    assert_int_equal(schedule_due_ns(&schedule, 0), 5 * second);
    assert_int_equal(schedule_due_ns(&schedule, 100), 6 * second);
    schedule.begun = 360000 * 3;
    assert_int_equal(schedule_due_ns(&schedule, 0), (5 + 3 * 3600) * second);
}

static void threads_share_the_rate_evenly(void **state)
{
    struct schedule first, second_one;
    (void)state;
    schedule_init(&first, 100, 0, 2, 0);
    schedule_init(&second_one, 100, 1, 2, 0);
    assert_int_equal(schedule_due_ns(&first, 1), 20 * second / 1000);
    assert_int_equal(schedule_due_ns(&second_one, 0), 10 * second / 1000);
    assert_int_equal(schedule_due_ns(&second_one, 1), 30 * second / 1000);
}

static void what_is_due_and_has_not_begun_waits(void **state)
{
    struct schedule schedule;
    (void)state;
    schedule_init(&schedule, 10, 0, 1, second);
    assert_int_equal(schedule_waiting(&schedule, 0), 0);
    assert_int_equal(schedule_waiting(&schedule, second), 0);
    assert_int_equal(schedule_waiting(&schedule, second + 1), 1);
    assert_int_equal(schedule_waiting(&schedule, 2 * second), 10);
    schedule.begun = 7;
    assert_int_equal(schedule_waiting(&schedule, 2 * second), 3);
    schedule.begun = 17;
    assert_int_equal(schedule_waiting(&schedule, 2 * second), 0);
}

static void a_closed_loop_has_nothing_due(void **state)
{
    struct schedule schedule;
    (void)state;
    schedule_init(&schedule, 0, 0, 1, 0);
    assert_int_equal(schedule_waiting(&schedule, 100 * second), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_due_one_after_the_other),
        cmocka_unit_test(threads_share_the_rate_evenly),
        cmocka_unit_test(what_is_due_and_has_not_begun_waits),
        cmocka_unit_test(a_closed_loop_has_nothing_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
