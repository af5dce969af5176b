#include "unit.h"

#include "guard.h"
#include "postern/generation/keys.h"

static void put(struct secret *keys, const char *text)
{
    char *space = keys_reserve(keys);
    assert_non_null(space);
    memcpy(space, text, strlen(text));
    keys_commit(keys, strlen(text));
}

static void keys_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct secret keys;
    struct slice out[KEYS_MAX];
    assert_int_equal(keys_init(&keys), 0);
    assert_int_equal(keys_parse(secret_view(&keys), out), 0);
    put(&keys, "rsa");
    put(&keys, "");
    put(&keys, "ecdsa");
    assert_int_equal(keys_parse(secret_view(&keys), out), 3);
    assert_true(slice_equal_text(out[0], "rsa"));
    assert_int_equal(out[1].length, 0);
    assert_true(slice_equal_text(out[2], "ecdsa"));
    secret_clear(&keys);
}

static void the_most_and_largest_keys_fit(void **state)
{
    (void)state;
    struct secret keys;
    struct slice out[KEYS_MAX];
    assert_int_equal(keys_init(&keys), 0);
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        char *space = keys_reserve(&keys);
        assert_non_null(space);
        memset(space, 'k', KEY_SIZE_MAX);
        keys_commit(&keys, KEY_SIZE_MAX);
    }
    assert_null(keys_reserve(&keys));
    assert_int_equal(keys_parse(secret_view(&keys), out), KEYS_MAX);
    secret_clear(&keys);
}

static void bytes_that_are_no_keys_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
    } table[] = {
        {"nothing", "", 0},
        {"count cut off", "\1\0\0", 3},
        {"too many", "\11\0\0\0", 4},
        {"one announced, none there", "\1\0\0\0", 4},
        {"length cut off", "\1\0\0\0\1\0", 6},
        {"key cut off", "\1\0\0\0\2\0\0\0k", 9},
        {"longer than a key may be", "\1\0\0\0\1\100\0\0k", 9},
        {"something behind", "\1\0\0\0\1\0\0\0kk", 10},
    };
    struct slice out[KEYS_MAX];
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        char *bytes = guard_copy(table[i].bytes, table[i].length);
        if (keys_parse(slice_of(bytes, table[i].length), out) != -1)
            fail_msg("accepted: %s", table[i].name);
        guard_free(bytes, table[i].length);
    }
}

static void a_secret_is_overwritten_when_cleansed(void **state)
{
    (void)state;
    struct secret keys;
    assert_int_equal(keys_init(&keys), 0);
    put(&keys, "PRIVATE");
    secret_cleanse(&keys);
    for (size_t i = 0; i < keys.size; i++)
        assert_int_equal(keys.data[i], 0);
    assert_int_equal(keys.length, 0);
    secret_clear(&keys);
    assert_null(keys.data);
}

/* S1: VmFlags of the mapping say that it is locked, and left out of dumps and of children. proc(5). */
static void a_secret_is_locked_and_left_out_of_dumps(void **state)
{
    (void)state;
    struct secret keys;
    char line[512], start[32];
    bool found = false, here = false;
    assert_int_equal(keys_init(&keys), 0);
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    snprintf(start, sizeof(start), "%lx-", (unsigned long)(uintptr_t)keys.data);
    while (fgets(line, sizeof(line), maps) != NULL) {
        here = here || strncmp(line, start, strlen(start)) == 0;
        if (here && strncmp(line, "VmFlags:", 8) == 0) {
            assert_non_null(strstr(line, " dd"));
            assert_non_null(strstr(line, " wf"));
#ifndef __SANITIZE_ADDRESS__ /* it turns mlock(2) into nothing */
            assert_true(!keys.locked || strstr(line, " lo") != NULL);
#endif
            found = true;
            break;
        }
    }
    fclose(maps);
    assert_true(found);
    secret_clear(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_out_as_they_went_in),
        cmocka_unit_test(the_most_and_largest_keys_fit),
        cmocka_unit_test(bytes_that_are_no_keys_are_refused),
        cmocka_unit_test(a_secret_is_overwritten_when_cleansed),
        cmocka_unit_test(a_secret_is_locked_and_left_out_of_dumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
