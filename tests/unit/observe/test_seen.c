#include "postern/observe/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_written_is_read(void **state)
{
    struct buffer out;
    struct seen found;
    char path[SEEN_PATH_MAX], name[300];
    (void)state;
    memset(path, 'p', sizeof(path));
    memset(name, 'n', sizeof(name));
    const struct seen rows[] = {
        {.fingerprint = {1, 2, 3},
         .last_s = 1772366400,
         .open = 2,
         .name = SLICE_CONSTANT("alice"),
         .path = SLICE_CONSTANT("path")},
        {.fingerprint = {9}, .name = SLICE_CONSTANT(""), .path = SLICE_CONSTANT("")},
        {.last_s = INT64_MAX,
         .open = UINT32_MAX,
         .name = {name, SEEN_NAME_MAX},
         .path = {path, sizeof(path)}},
    };
    buffer_init(&out, 3 * SEEN_RECORD_MAX);
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_true(seen_append(&out, &rows[i]));
    struct slice rest = buffer_view(&out);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        assert_true(seen_next(&rest, &found));
        assert_memory_equal(found.fingerprint, rows[i].fingerprint, FINGERPRINT_SIZE);
        assert_int_equal(found.last_s, rows[i].last_s);
        assert_int_equal(found.open, rows[i].open);
        assert_true(slice_equal(found.name, rows[i].name));
        assert_true(slice_equal(found.path, rows[i].path));
    }
    assert_false(seen_next(&rest, &found));
    assert_int_equal(rest.length, 0);
    /* A longer name is cut, a longer path is none of ours. */
    assert_true(seen_append(&out, &(struct seen){.name = {name, sizeof(name)}}));
    assert_false(seen_append(&out, &(struct seen){.path = {path, SEEN_PATH_MAX + 1}}));
    buffer_clear(&out);
}

static void a_record_that_is_cut_off_anywhere_is_none(void **state)
{
    struct buffer out;
    struct seen found;
    (void)state;
    buffer_init(&out, SEEN_RECORD_MAX);
    assert_true(seen_append(&out, &(struct seen){.name = SLICE_CONSTANT("n"), .path = SLICE_CONSTANT("p")}));
    struct slice whole = buffer_view(&out);
    for (size_t length = 0; length < whole.length; length++) {
        struct slice rest = slice_before(whole, length);
        assert_false(seen_next(&rest, &found));
        assert_int_equal(rest.length, length);
    }
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_record_that_is_cut_off_anywhere_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
