/* Nothing that happened is lost when a run outlasts the slots, or when threads are added up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "series.h"

static const int64_t second = 1000000000;

static uint64_t sum_of(const struct series *series)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < series->count; i++)
        sum += series->slots[i].operations;
    return sum;
}

static void a_long_run_has_wider_intervals(void **state)
{
    struct series series;
    (void)state;
    series_init(&series);
    for (int64_t at = 0; at < 100 * second; at += second / 10)
        series_at(&series, at)->operations++;
    series_at(&series, 3 * second)->slowest_ns = 77;
    assert_int_equal(series.interval_ns, 4 * SERIES_FIRST_NS);
    assert_int_equal(series.count, 250);
    assert_int_equal(sum_of(&series), 1000);
    assert_int_equal(series.slots[0].operations, 4);
    assert_int_equal(series.slots[7].slowest_ns, 77);
}

static void threads_of_different_intervals_add_up(void **state)
{
    struct series sum, one, two;
    (void)state;
    series_init(&sum);
    series_init(&one);
    series_init(&two);
    series_at(&one, second)->operations = 5;
    series_at(&two, 60 * second)->operations = 7;
    series_at(&two, second)->slowest_ns = 9;
    series_merge(&sum, &one);
    series_merge(&sum, &two);
    assert_int_equal(sum.interval_ns, two.interval_ns);
    assert_int_equal(series_at(&sum, second)->operations, 5);
    assert_int_equal(series_at(&sum, second)->slowest_ns, 9);
    assert_int_equal(series_at(&sum, 60 * second)->operations, 7);
    assert_int_equal(sum_of(&sum), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_run_has_wider_intervals),
        cmocka_unit_test(threads_of_different_intervals_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
