#include <errno.h>

#include "postern/base/err.h"
#include "unit.h"

static void the_first_error_stays(void **state)
{
    (void)state;
    struct err err;
    char out[128];
    err_clear(&err);
    assert_false(err_is_set(&err));
    assert_int_equal(err_set_at(&err, "a.ini", 7, "unknown key %s; did you mean %s", "trsut", "trust"), -1);
    assert_int_equal(err_set(&err, "later"), -1);
    assert_int_equal(err_set_errno(&err, "b", ENOENT, "later"), -1);
    assert_true(err_is_set(&err));
    assert_string_equal(err_format(&err, out, sizeof(out)), "a.ini:7: unknown key trsut; did you mean trust");
    err_clear(&err);
    assert_false(err_is_set(&err));
}

static void the_place_is_told_as_far_as_it_is_known(void **state)
{
    (void)state;
    struct err err;
    char out[128];
    err_clear(&err);
    err_set(&err, "text");
    assert_string_equal(err_format(&err, out, sizeof(out)), "text");
    err_clear(&err);
    err_set_errno(&err, "f", ENOENT, "cannot open");
    assert_string_equal(err_format(&err, out, sizeof(out)), "f: cannot open: No such file or directory");
    err_clear(&err);
    err_set_at(&err, NULL, 0, "text");
    assert_string_equal(err_format(&err, out, sizeof(out)), "text");
    assert_string_equal(err_format(&err, out, 3), "te");
}

static void control_bytes_of_a_quoted_file_do_not_come_through(void **state)
{
    (void)state;
    struct err err;
    char out[128];
    err_clear(&err);
    err_set_at(&err, "a\nb", 1, "bad \x1B[31m\r\n\x7F \xC3\xA4");
    assert_string_equal(err_format(&err, out, sizeof(out)), "a?b:1: bad ?[31m??? \xC3\xA4");
}

static void a_long_text_is_cut_and_no_error_is_no_place_to_write(void **state)
{
    (void)state;
    struct err err;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_clear(&err);
    err_set_errno(&err, text, ENOENT, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(strlen(err.path), sizeof(err.path) - 1);
    assert_int_equal(err_set(NULL, "text"), -1);
    err_clear(NULL);
    err_clear(&err);
    err_set(&err, "%s", "");
    assert_true(err_is_set(&err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_stays),
        cmocka_unit_test(the_place_is_told_as_far_as_it_is_known),
        cmocka_unit_test(control_bytes_of_a_quoted_file_do_not_come_through),
        cmocka_unit_test(a_long_text_is_cut_and_no_error_is_no_place_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
