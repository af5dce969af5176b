#include <signal.h>

#include "aborts.h"
#include "postern/base/memory.h"
#include "unit.h"

/* volatile: so that no compiler sees the overflow coming. */
static volatile size_t huge = SIZE_MAX / 2;

static void overflow_xcalloc(void)
{
    free(xcalloc(huge, 4));
}

static void overflow_xreallocarray(void)
{
    free(xreallocarray(NULL, huge, 4));
}

static void memory_is_zeroed_and_grows_with_its_content(void **state)
{
    (void)state;
    unsigned char *memory = xcalloc(10, 10);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(memory[i], 0);
    memory[99] = 7;
    memory = xreallocarray(memory, 1000, 10);
    assert_int_equal(memory[99], 7);
    free(memory);
}

static void none_of_something_is_still_memory(void **state)
{
    (void)state;
    void *none = xcalloc(0, 8);
    assert_non_null(none);
    none = xreallocarray(none, 0, 8);
    assert_non_null(none);
    free(none);
}

static void overflow_aborts(void **state)
{
    (void)state;
    char text[512];
    assert_int_equal(signal_of(overflow_xcalloc, text, sizeof(text)), SIGABRT);
    assert_int_equal(signal_of(overflow_xreallocarray, text, sizeof(text)), SIGABRT);
}

static void strings_are_copied(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *expected;
    } rows[] = {{"abc", 2, "ab"}, {"abc", 3, "abc"}, {"abc", 9, "abc"}, {"abc", 0, ""}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char *copy = xstrndup(rows[i].text, rows[i].length);
        assert_string_equal(copy, rows[i].expected);
        free(copy);
    }
    char *copy = xstrdup("abc");
    assert_string_equal(copy, "abc");
    free(copy);
}

static void as_much_memory_as_a_file_needs(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4096, 2 * 1024 * 1024, 5 * 1024 * 1024 + 1};
    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        char *memory = memory_large(sizes[i]);
        assert_non_null(memory);
        memory[0] = memory[sizes[i] - 1] = 'x';
        free(memory);
    }
}

static void secrets_are_overwritten(void **state)
{
    (void)state;
    char secret[] = "key";
    memory_cleanse(secret, 2);
    assert_memory_equal(secret, "\0\0y", 4);
    memory_cleanse(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_grows_with_its_content),
        cmocka_unit_test(none_of_something_is_still_memory),
        cmocka_unit_test(overflow_aborts),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(as_much_memory_as_a_file_needs),
        cmocka_unit_test(secrets_are_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
