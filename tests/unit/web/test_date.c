#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/web/date.h"

static void dates_are_written_as_rfc_9110_shows(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_s;
        const char *text;
    } rows[] = {
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {1709164800, "Thu, 29 Feb 2024 00:00:00 GMT"},
        {INT64_C(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char text[WEB_DATE_SIZE];
        int64_t back = -1;
        assert_string_equal(web_date_format(rows[i].wall_s, text), rows[i].text);
        assert_true(web_date_parse(slice_text(rows[i].text), &back));
        assert_true(back == rows[i].wall_s);
    }
}

static void what_is_no_such_date_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Mon, 06 Nov 1994 08:49:37 GMT", /* it was a Sunday */
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:3x GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1903 08:49:37 GMT",
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int64_t out;
        if (web_date_parse(slice_text(rows[i]), &out))
            fail_msg("\"%s\" was taken for a date", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_written_as_rfc_9110_shows),
        cmocka_unit_test(what_is_no_such_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
