/* Sizes and durations, there and back; and what somebody may have meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "format.h"
#include "nearest.h"

static void sizes_are_parsed_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum format_problem problem;
        uint64_t bytes;
        const char *written;
    } rows[] = {
        {"0", FORMAT_OK, 0, "0"},
        {"1023", FORMAT_OK, 1023, "1023"},
        {"1024", FORMAT_OK, 1024, "1KiB"},
        {"16KiB", FORMAT_OK, 16384, "16KiB"},
        {"3072KiB", FORMAT_OK, 3145728, "3MiB"},
        {"2GiB", FORMAT_OK, UINT64_C(2147483648), "2GiB"},
        {"18446744073709551615", FORMAT_OK, UINT64_MAX, "18446744073709551615"},
        {"18446744073709551616", FORMAT_TOO_LARGE, 0, NULL},
        {"17179869184GiB", FORMAT_TOO_LARGE, 0, NULL},
        {"16 KiB", FORMAT_BAD_UNIT, 0, NULL},
        {"16kib", FORMAT_BAD_UNIT, 0, NULL},
        {"1.5MiB", FORMAT_BAD_UNIT, 0, NULL},
        {"KiB", FORMAT_NO_NUMBER, 0, NULL},
        {"-1", FORMAT_NO_NUMBER, 0, NULL},
        {"+1", FORMAT_NO_NUMBER, 0, NULL},
        {"", FORMAT_NO_NUMBER, 0, NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint64_t bytes = 0;
        char text[FORMAT_SIZE];
        assert_int_equal(size_parse(slice_text(rows[i].text), &bytes), rows[i].problem);
        if (rows[i].problem != FORMAT_OK)
            continue;
        assert_true(bytes == rows[i].bytes);
        assert_string_equal(size_format(bytes, text), rows[i].written);
    }
}

static void durations_are_parsed_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum format_problem problem;
        uint64_t ms;
        const char *written;
    } rows[] = {
        {"0", FORMAT_OK, 0, "0ms"},
        {"0s", FORMAT_OK, 0, "0ms"},
        {"250ms", FORMAT_OK, 250, "250ms"},
        {"1000ms", FORMAT_OK, 1000, "1s"},
        {"90s", FORMAT_OK, 90000, "90s"},
        {"60m", FORMAT_OK, 3600000, "1h"},
        {"24h", FORMAT_OK, 86400000, "1d"},
        {"7d", FORMAT_OK, 604800000, "7d"},
        {"7", FORMAT_NO_UNIT, 0, NULL},
        {"7w", FORMAT_BAD_UNIT, 0, NULL},
        {"7 s", FORMAT_BAD_UNIT, 0, NULL},
        {"s", FORMAT_NO_NUMBER, 0, NULL},
        {"213503982335d", FORMAT_TOO_LARGE, 0, NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint64_t ms = 0;
        char text[FORMAT_SIZE];
        assert_int_equal(duration_parse(slice_text(rows[i].text), &ms), rows[i].problem);
        if (rows[i].problem != FORMAT_OK)
            continue;
        assert_true(ms == rows[i].ms);
        assert_string_equal(duration_format(ms, text), rows[i].written);
    }
}

static void the_nearest_word_is_proposed_only_if_it_is_near(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *words, *best;
    } rows[] = {
        {"adress", "workers address backlog", "address"},
        {"certifciate", "certificate private_key", "certificate"}, /* a swap counts once */
        {"WORKERS", "workers address", "workers"},
        {"warn", "error warning info", "warning"},
        {"xml", "json text", ""},
        {"", "a b", ""},
        {"n", "yes no", "no"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaa", ""},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct nearest nearest;
        nearest_init(&nearest, slice_text(rows[i].typed));
        nearest_offer_words(&nearest, rows[i].words);
        if (!slice_equal_text(nearest.best, rows[i].best))
            fail_msg("%s: %.*s", rows[i].typed, SLICE_ARG(nearest.best));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_parsed_and_written),
        cmocka_unit_test(durations_are_parsed_and_written),
        cmocka_unit_test(the_nearest_word_is_proposed_only_if_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
