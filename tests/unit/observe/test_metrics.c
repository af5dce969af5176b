#include "postern/observe/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_restarted_slot_keeps_its_counters_and_forgets_its_gauges(void **state)
{
    (void)state;
    static struct metrics metrics;
    metric_add(&metrics, METRIC_requests, 3);
    metric_add(&metrics, METRIC_requests, 2);
    metric_add(&metrics, METRIC_connections_open, 2);
    metric_subtract(&metrics, METRIC_connections_open, 1);
    metric_refusal(&metrics, 4);
    assert_int_equal(metric_get(&metrics, METRIC_connections_open), 1);
    metrics_forget_gauges(&metrics);
    assert_int_equal(metric_get(&metrics, METRIC_requests), 5);
    assert_int_equal(metric_get(&metrics, METRIC_connections_open), 0);
    assert_int_equal(metric_get_refusals(&metrics, 4), 1);
}

static void each_metric_has_a_name_of_its_own_and_help(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        assert_true(strlen(metric_help((enum metric)i)) > 10);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(metric_name((enum metric)i), metric_name((enum metric)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restarted_slot_keeps_its_counters_and_forgets_its_gauges),
        cmocka_unit_test(each_metric_has_a_name_of_its_own_and_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
