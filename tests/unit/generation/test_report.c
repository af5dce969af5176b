#include "unit.h"

#include "postern/generation/report.h"

static const char *gist_of(struct report_line line, char *out, size_t size)
{
    snprintf(out, size, "%.*s", SLICE_ARG(report_gist(&line)));
    return out;
}

static void the_gist_of_a_line_is_without_the_time_that_is_left(void **state)
{
    static const struct {
        bool is_timed;
        const char *line, *gist;
    } rows[] = {
        {true, "CA, until 2026-03-01T12:00:00Z, 89 days left", "CA, until 2026-03-01T12:00:00Z"},
        {true, "CRL 2, until 2026-03-01T12:00:00Z, that is 1 h ago, from a",
         "CRL 2, until 2026-03-01T12:00:00Z"},
        {true, "CN=a, until x, until 2026-03-01T12:00:00Z, 1 day left",
         "CN=a, until x, until 2026-03-01T12:00:00Z"},
        {true, "CRL of CN=a expires in 9 days", "CRL of CN=a expires in 9 days"},
        {true, "cut, until 2026", "cut, until 2026"},
        {false, "route, until 2026-03-01T12:00:00Z, 89", "route, until 2026-03-01T12:00:00Z, 89"},
        {true, "", ""},
    };
    char text[128];
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_string_equal(gist_of((struct report_line){false, rows[i].is_timed, slice_text(rows[i].line)},
                                    text, sizeof(text)),
                            rows[i].gist);
}

static void lines_come_back_with_their_marks(void **state)
{
    struct report report;
    struct report_line line;
    (void)state;
    report_init(&report);
    report_found(&report, "route\n%s", "x");
    report.is_timed = true;
    report_warn(&report, "it ends");
    report_end(&report);
    struct slice rest = buffer_view(&report.text);
    assert_true(report_next(&rest, &line) && !line.is_warning && !line.is_timed);
    assert_true(slice_equal_text(line.text, "route?x"));
    assert_true(report_next(&rest, &line) && line.is_warning && line.is_timed);
    assert_false(report_next(&rest, &line));
    report_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gist_of_a_line_is_without_the_time_that_is_left),
        cmocka_unit_test(lines_come_back_with_their_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
