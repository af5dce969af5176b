#include "postern/base/clock.h"
#include "unit.h"

static int64_t given_time(void *context)
{
    return *(int64_t *)context;
}

static void times_are_written_as_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1772366400, "2026-03-01T12:00:00Z"},
        {951782399, "2000-02-28T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {4102444800, "2100-01-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {INT64_MIN, "0000-01-01T00:00:00Z"},
    };
    char out[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_string_equal(clock_format(rows[i].seconds, out), rows[i].text);
    assert_string_equal(clock_format_ms(1772366400007, out), "2026-03-01T12:00:00.007Z");
    assert_string_equal(clock_format_ms(-1, out), "1969-12-31T23:59:59.999Z");
    assert_string_equal(clock_format_ms(-1000, out), "1969-12-31T23:59:59.000Z");
}

static void only_what_is_a_time_is_read_as_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_time;
        int64_t seconds;
    } rows[] = {
        {"2026-03-01T12:00:00Z", true, 1772366400},
        {"2026-03-01", true, 1772323200},
        {"1969-12-31T23:59:59Z", true, -1},
        {"9999-12-31T23:59:59Z", true, 253402300799},
        {"0000-01-01", true, -62167219200},
        {"", false, 0},
        {"2026-03-01T12:00:00", false, 0},
        {"2026-03-01T12:00:00z", false, 0},
        {"2026-03-01 12:00:00Z", false, 0},
        {"2026-02-29", false, 0},
        {"2024-02-30", false, 0},
        {"2026-13-01", false, 0},
        {"2026-00-01", false, 0},
        {"2026-03-00", false, 0},
        {"2026-03-01T24:00:00Z", false, 0},
        {"2026-03-01T12:60:00Z", false, 0},
        {"2026-03-01T12:00:60Z", false, 0},
        {"2026-3-1", false, 0},
        {"-026-03-01", false, 0},
        {"2026-03-01T12:00:00Zx", false, 0},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int64_t seconds = 0;
        assert_int_equal(clock_parse(slice_text(rows[i].text), &seconds), rows[i].is_time);
        assert_int_equal(seconds, rows[i].seconds);
    }
}

static void spans_are_rounded_down_to_a_unit_of_which_there_are_two(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "0 s"},         {1, "1 s"},          {40, "40 s"},  {119, "119 s"},
        {120, "2 min"},     {7199, "119 min"},   {7200, "2 h"}, {172799, "47 h"},
        {172800, "2 days"}, {-259200, "3 days"}, {-40, "40 s"}, {INT64_MIN, "106751991167300 days"},
    };
    char out[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_string_equal(clock_span(rows[i].seconds, out), rows[i].text);
}

static void a_clock_can_be_replaced(void **state)
{
    (void)state;
    int64_t now = 1234567;
    const struct clock clock = {given_time, given_time, &now};
    assert_int_equal(clock_wall_ms(&clock), 1234567);
    assert_int_equal(clock_wall_s(&clock), 1234);
    assert_int_equal(clock_monotonic_us(&clock), 1234567);
    assert_int_equal(clock_monotonic_ms(&clock), 1234);
    now = -1;
    assert_int_equal(clock_wall_s(&clock), -1);
    now = -1000;
    assert_int_equal(clock_wall_s(&clock), -1);
}

static void the_system_clock_is_of_this_century_and_does_not_go_back(void **state)
{
    (void)state;
    const struct clock *clock = clock_system();
    assert_true(clock_wall_s(clock) > 946684800);
    int64_t before = clock_monotonic_us(clock);
    assert_true(clock_monotonic_us(clock) >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_as_rfc_3339),
        cmocka_unit_test(only_what_is_a_time_is_read_as_one),
        cmocka_unit_test(spans_are_rounded_down_to_a_unit_of_which_there_are_two),
        cmocka_unit_test(a_clock_can_be_replaced),
        cmocka_unit_test(the_system_clock_is_of_this_century_and_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
