#include "unit.h"

#include "postern/generation/report.h"
#include "postern/generation/summary.h"

static struct summary sound(void)
{
    struct summary summary = {
        .address_count = 1, .workers = 2, .level = 1, .access_is_json = 1, .poll_ms = 1000};
    snprintf(summary.addresses[0], sizeof(summary.addresses[0]), "127.0.0.1:8443");
    return summary;
}

static int parse(const struct summary *summary, size_t length)
{
    struct summary out;
    struct err err = {.line = 0};
    return summary_parse(&out, slice_of((const char *)summary, length), &err);
}

static void a_sound_summary_is_read(void **state)
{
    (void)state;
    struct summary summary = sound();
    assert_int_equal(parse(&summary, sizeof(summary)), 0);
}

static void a_summary_of_another_size_is_refused(void **state)
{
    (void)state;
    struct summary summary = sound();
    assert_int_equal(parse(&summary, sizeof(summary) - 1), -1);
    assert_int_equal(parse(&summary, 0), -1);
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
    } table[] = {
        {offsetof(struct summary, address_count), 0},
        {offsetof(struct summary, address_count), SUMMARY_ADDRESSES_MAX + 1},
        {offsetof(struct summary, workers), 0},
        {offsetof(struct summary, workers), SUMMARY_WORKERS_MAX + 1},
        {offsetof(struct summary, level), 4},
        {offsetof(struct summary, access_is_json), 2},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct summary summary = sound();
        memcpy((char *)&summary + table[i].offset, &table[i].value, sizeof(uint32_t));
        assert_int_equal(parse(&summary, sizeof(summary)), -1);
    }
}

static void texts_that_do_not_end_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset, size;
    } table[] = {
        {offsetof(struct summary, addresses), SUMMARY_TEXT_SIZE},
        {offsetof(struct summary, addresses) + 5 * SUMMARY_TEXT_SIZE, SUMMARY_TEXT_SIZE},
        {offsetof(struct summary, control_socket), SUMMARY_TEXT_SIZE},
        {offsetof(struct summary, access_log), SUMMARY_PATH_SIZE},
        {offsetof(struct summary, event_log), SUMMARY_PATH_SIZE},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct summary summary = sound();
        memset((char *)&summary + table[i].offset, 'x', table[i].size);
        assert_int_equal(parse(&summary, sizeof(summary)), -1);
    }
}

static void a_report_is_read_line_by_line(void **state)
{
    (void)state;
    struct report report;
    struct report_line line;
    char section[256] = {0}; /* the space behind the text stays NUL, as in a pack */
    report_init(&report);
    report_found(&report, "CA %s", "one\nforged line");
    report_warn(&report, "soon");
    report_end(&report);
    struct slice text = buffer_view(&report.text);
    assert_true(text.length < sizeof(section));
    memcpy(section, text.data, text.length);
    struct slice rest = slice_of(section, sizeof(section));
    assert_true(report_next(&rest, &line));
    assert_false(line.is_warning);
    assert_true(slice_equal_text(line.text, "CA one?forged line"));
    assert_true(report_next(&rest, &line));
    assert_true(line.is_warning);
    assert_false(report_next(&rest, &line));
    assert_int_equal(report.warnings, 1);
    report_clear(&report);
}

static void a_report_that_is_too_long_says_how_much_is_missing(void **state)
{
    (void)state;
    struct report report;
    struct report_line line;
    unsigned lines = 0;
    report_init(&report);
    for (int i = 0; i < 100000; i++)
        report_found(&report, "line %d", i);
    report_end(&report);
    struct slice rest = buffer_view(&report.text);
    assert_true(rest.length <= REPORT_SIZE);
    while (report_next(&rest, &line))
        lines++;
    assert_true(line.is_warning);
    char expected[64];
    snprintf(expected, sizeof(expected), "and %u lines more", 100000 - (lines - 1));
    assert_true(slice_equal_text(line.text, expected));
    report_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_summary_is_read),
        cmocka_unit_test(a_summary_of_another_size_is_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(texts_that_do_not_end_are_refused),
        cmocka_unit_test(a_report_is_read_line_by_line),
        cmocka_unit_test(a_report_that_is_too_long_says_how_much_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
