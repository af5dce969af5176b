#include "unit.h"

#include "guard.h"
#include "postern/generation/input_list.h"

static const struct stamp some = {
    .device = 1, .inode = 2, .size = 3, .mtime_ns = 4, .ctime_ns = 5, .type = 6};

static void append(struct buffer *list, const char *path)
{
    assert_true(input_list_append(list, path, &some));
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct buffer list;
    struct input_item item;
    buffer_init(&list, INPUT_LIST_SIZE_MAX);
    append(&list, "/etc/postern.ini");
    append(&list, "crl.pem");
    struct slice rest = buffer_view(&list);
    assert_int_equal(input_list_count(rest), 2);
    assert_int_equal(input_list_next(&rest, &item), 1);
    assert_string_equal(item.path, "/etc/postern.ini");
    assert_true(stamp_equal(&item.stamp, &some));
    assert_int_equal(input_list_next(&rest, &item), 1);
    assert_string_equal(item.path, "crl.pem");
    assert_int_equal(input_list_next(&rest, &item), 0);
    buffer_clear(&list);
}

static void what_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct buffer list;
    buffer_init(&list, INPUT_LIST_SIZE_MAX);
    append(&list, "/a");
    size_t whole = buffer_length(&list);
    for (size_t length = 1; length < whole; length++) {
        char *cut = guard_copy(buffer_view(&list).data, length);
        assert_int_equal(input_list_count(slice_of(cut, length)), -1);
        guard_free(cut, length);
    }
    assert_int_equal(input_list_count(slice_of(NULL, 0)), 0);
    buffer_clear(&list);
}

static void paths_without_end_or_beginning_are_refused(void **state)
{
    (void)state;
    static char path[INPUT_PATH_MAX + 1];
    struct buffer list;
    buffer_init(&list, 2 * sizeof(some) + 2 * INPUT_PATH_MAX);
    memset(path, 'a', sizeof(path) - 1);
    assert_false(input_list_append(&list, path, &some));
    assert_false(input_list_append(&list, "", &some));
    assert_true(buffer_is_empty(&list)); /* and nothing is left of them */
    path[INPUT_PATH_MAX - 1] = '\0';
    append(&list, path);
    assert_int_equal(input_list_count(buffer_view(&list)), 1);
    buffer_clear(&list);
}

static void more_than_the_limit_are_refused(void **state)
{
    (void)state;
    struct buffer list;
    buffer_init(&list, INPUT_LIST_SIZE_MAX);
    for (unsigned i = 0; i < INPUT_LIST_MAX; i++)
        append(&list, "a");
    assert_int_equal(input_list_count(buffer_view(&list)), INPUT_LIST_MAX);
    append(&list, "a");
    assert_int_equal(input_list_count(buffer_view(&list)), -1);
    buffer_clear(&list);
}

static void lists_are_compared_by_paths(void **state)
{
    (void)state;
    struct buffer left, right;
    const struct stamp other = {.error = 2};
    buffer_init(&left, 4096);
    buffer_init(&right, 4096);
    append(&left, "a");
    assert_true(input_list_append(&right, "a", &other));
    assert_true(input_list_same_paths(buffer_view(&left), buffer_view(&right)));
    append(&left, "b");
    assert_false(input_list_same_paths(buffer_view(&left), buffer_view(&right)));
    append(&right, "c");
    assert_false(input_list_same_paths(buffer_view(&left), buffer_view(&right)));
    buffer_clear(&left);
    buffer_clear(&right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(what_is_cut_anywhere_is_refused),
        cmocka_unit_test(paths_without_end_or_beginning_are_refused),
        cmocka_unit_test(more_than_the_limit_are_refused),
        cmocka_unit_test(lists_are_compared_by_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
