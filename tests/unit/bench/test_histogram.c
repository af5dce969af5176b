/* Percentiles come out right to three digits, whatever the distribution. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "histogram.h"
#include "postern/base/attributes.h"

enum { SAMPLES = 20000 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int64_t small_integer(uint64_t *state)
{
    return (int64_t)(next_random(state) % 2000);
}

static int64_t uniform(uint64_t *state)
{
    return (int64_t)(next_random(state) % 1000000000);
}

static int64_t long_tailed(uint64_t *state)
{
    double unit = ((double)(next_random(state) % 1000000) + 1) / 1000001;
    return (int64_t)(20000 / pow(unit, 1.2));
}

static int64_t bimodal(uint64_t *state)
{
    return next_random(state) % 100 < 98 ? 50000 + small_integer(state) : INT64_C(5000000000);
}

static int64_t constant(uint64_t *state)
{
    (void)state;
    return 123456789;
}

static const struct {
    const char *name;
    int64_t (*draw)(uint64_t *state);
} distributions[] = {
    {"exact counters", small_integer}, {"uniform to a second", uniform},
    {"long tail", long_tailed},        {"two humps", bimodal},
    {"one value", constant},
};

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The value at rank ceil(percent / 100 * n) of the sorted samples: the definition in histogram.h. */
static int64_t exact(const int64_t *sorted, double percent)
{
    size_t rank = (size_t)ceil(percent / 100 * SAMPLES - 1e-9);
    return sorted[rank == 0 ? 0 : rank - 1];
}

static void check_percentiles(const struct histogram *histogram, const int64_t *sorted)
{
    static const double percents[] = {0.001, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100};
    for (size_t i = 0; i < LENGTH_OF(percents); i++) {
        int64_t expected = exact(sorted, percents[i]);
        int64_t found = histogram_percentile(histogram, percents[i]);
        assert_true(found >= expected);
        assert_true((double)(found - expected) <= (double)expected / 1024);
    }
}

static void percentiles_are_right_to_three_digits(void **state)
{
    (void)state;
    int64_t *samples = calloc(SAMPLES, sizeof(*samples));
    assert_non_null(samples);
    for (size_t d = 0; d < LENGTH_OF(distributions); d++) {
        uint64_t seed = 88172645463325252u + d;
        double sum = 0;
        struct histogram histogram;
        print_message("%s\n", distributions[d].name);
        histogram_init(&histogram);
        for (size_t i = 0; i < SAMPLES; i++) {
            samples[i] = distributions[d].draw(&seed);
            sum += (double)samples[i];
            histogram_record(&histogram, samples[i]);
        }
        qsort(samples, SAMPLES, sizeof(*samples), compare);
        check_percentiles(&histogram, samples);
        assert_int_equal(histogram.total, SAMPLES);
        assert_int_equal(histogram.min_ns, samples[0]);
        assert_int_equal(histogram.max_ns, samples[SAMPLES - 1]);
        assert_int_equal(histogram_percentile(&histogram, 100), samples[SAMPLES - 1]);
        assert_true(fabs(histogram_mean(&histogram) - sum / SAMPLES) <= sum / SAMPLES * 1e-9);
        histogram_clear(&histogram);
    }
    free(samples);
}

static void every_power_of_two_and_its_neighbours_have_a_place(void **state)
{
    (void)state;
    for (int bit = 0; bit < 63; bit++) {
        for (int64_t offset = -1; offset <= 1; offset++) {
            int64_t value = (INT64_C(1) << bit) + offset;
            int64_t kept = value > HISTOGRAM_MAX_NS ? HISTOGRAM_MAX_NS : value;
            struct histogram histogram;
            histogram_init(&histogram);
            histogram_record(&histogram, value);
            histogram_record(&histogram, HISTOGRAM_MAX_NS);
            int64_t found = histogram_percentile(&histogram, 50);
            assert_true(found >= kept && found - kept <= kept / 1024);
            histogram_clear(&histogram);
        }
    }
}

static void what_is_out_of_range_counts_at_its_end(void **state)
{
    (void)state;
    struct histogram histogram;
    histogram_init(&histogram);
    histogram_record(&histogram, -5);
    assert_int_equal(histogram_percentile(&histogram, 50), 0);
    histogram_record(&histogram, INT64_MAX);
    assert_int_equal(histogram_percentile(&histogram, 100), HISTOGRAM_MAX_NS);
    histogram_clear(&histogram);
}

static void an_empty_one_says_zero(void **state)
{
    (void)state;
    struct histogram histogram;
    histogram_init(&histogram);
    assert_int_equal(histogram_percentile(&histogram, 99), 0);
    assert_true(histogram_mean(&histogram) >= 0 && histogram_mean(&histogram) <= 0);
    histogram_clear(&histogram);
}

static void a_merged_one_is_as_if_all_had_been_recorded_in_one(void **state)
{
    (void)state;
    struct histogram all, parts[3];
    uint64_t seed = 4711;
    histogram_init(&all);
    for (size_t i = 0; i < LENGTH_OF(parts); i++)
        histogram_init(&parts[i]);
    for (size_t i = 0; i < 3000; i++) {
        int64_t value = long_tailed(&seed);
        histogram_record(&all, value);
        histogram_record(&parts[i % 2 + 1], value); /* the first stays empty */
    }
    histogram_merge(&parts[0], &parts[1]);
    histogram_merge(&parts[0], &parts[2]);
    assert_int_equal(parts[0].total, all.total);
    assert_int_equal(parts[0].min_ns, all.min_ns);
    assert_int_equal(parts[0].max_ns, all.max_ns);
    for (double percent = 1; percent <= 100; percent += 1)
        assert_int_equal(histogram_percentile(&parts[0], percent), histogram_percentile(&all, percent));
    for (size_t i = 0; i < LENGTH_OF(parts); i++)
        histogram_clear(&parts[i]);
    histogram_clear(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_right_to_three_digits),
        cmocka_unit_test(every_power_of_two_and_its_neighbours_have_a_place),
        cmocka_unit_test(what_is_out_of_range_counts_at_its_end),
        cmocka_unit_test(an_empty_one_says_zero),
        cmocka_unit_test(a_merged_one_is_as_if_all_had_been_recorded_in_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
