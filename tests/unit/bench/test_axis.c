/* Ends are round, ticks stand between them, and their text is short. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "axis.h"
#include "postern/base/attributes.h"

static bool is_near(double left, double right)
{
    return fabs(left - right) < 1e-6 * fmax(1, fabs(right));
}

static void ends_are_round_and_ticks_lie_between(void **state)
{
    static const struct {
        const char *name;
        enum axis_scale scale;
        double values[2], low, high;
        size_t ticks;
    } cases[] = {
        {"linear from zero", AXIS_LINEAR, {330, 905}, 0, 1000, 6},
        {"linear, small", AXIS_LINEAR, {0.1, 0.23}, 0, 0.25, 6},
        {"linear, nothing", AXIS_LINEAR, {0, 0}, 0, 1, 6},
        {"log, one decade", AXIS_LOG, {1.2e6, 8e6}, 1e6, 1e7, 4},
        {"log, many decades", AXIS_LOG, {3e3, 4e9}, 2e3, 5e9, 6},
        {"log, one value", AXIS_LOG, {100, 100}, 100, 1000, 4},
        {"log with zero", AXIS_LOG_AND_ZERO, {0, 1e6}, 1e6, 1e7, 3},
        {"nines", AXIS_NINES, {0, 4.2}, 0, 4.2, 6},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        double ticks[AXIS_TICKS_MAX];
        struct axis axis = {cases[i].scale, 1, 0, NULL, axis_format_number};
        print_message("%s\n", cases[i].name);
        axis_include(&axis, cases[i].values[0]);
        axis_include(&axis, cases[i].values[1]);
        axis_round(&axis);
        assert_true(is_near(axis.low, cases[i].low) && is_near(axis.high, cases[i].high));
        size_t count = axis_ticks(&axis, ticks);
        assert_int_equal(count, cases[i].ticks);
        for (size_t j = 0; j < count; j++) {
            assert_true(axis_place(&axis, ticks[j]) > -1e-9 && axis_place(&axis, ticks[j]) < 1 + 1e-9);
            assert_true(j == 0 || ticks[j] > ticks[j - 1]);
        }
        assert_true(is_near(axis_place(&axis, axis.high), 1));
    }
}

static void ticks_are_written_short(void **state)
{
    static const struct {
        void (*format)(double, char[AXIS_TEXT_SIZE]);
        double value;
        const char *text;
    } cases[] = {
        {axis_format_number, 0, "0"},          {axis_format_number, 0.25, "0.25"},
        {axis_format_number, 999, "999"},      {axis_format_number, 1000, "1,000"},
        {axis_format_number, 42050, "42,050"}, {axis_format_number, 1e6, "1 M"},
        {axis_format_number, 1.5e9, "1.5 G"},  {axis_format_ns, 5e6, "5 ms"},
        {axis_format_ns, 2e9, "2 s"},          {axis_format_ns, 200e3, "200 \xc2\xb5s"},
        {axis_format_ns, 999.9e3, "1 ms"},     {axis_format_nines, 0, "0 %"},
        {axis_format_nines, 2, "99 %"},        {axis_format_nines, 3, "99.9 %"},
        {axis_format_nines, 5, "99.999 %"},    {axis_format_nines, 0.30103, "50 %"},
        {axis_format_seconds, 2.5, "2.5 s"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        char text[AXIS_TEXT_SIZE];
        cases[i].format(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_round_and_ticks_lie_between),
        cmocka_unit_test(ticks_are_written_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
