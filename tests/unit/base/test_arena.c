#include <stdalign.h>

#include "postern/base/arena.h"
#include "unit.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    unsigned char *all[200];
    arena_init(&arena, 1 << 20);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < LENGTH_OF(all); i++) {
            all[i] = arena_alloc(&arena, i);
            assert_non_null(all[i]);
            assert_int_equal((uintptr_t)all[i] % alignof(max_align_t), 0);
            for (size_t j = 0; j < i; j++)
                assert_int_equal(all[i][j], 0);
            memset(all[i], (int)i, i);
        }
        for (size_t i = 1; i < LENGTH_OF(all); i++) {
            assert_ptr_not_equal(all[i], all[i - 1]);
            assert_true(all[i][0] == i && all[i][i - 1] == i);
        }
        arena_reset(&arena);
    }
    arena_clear(&arena);
}

static void the_limit_holds_and_a_reset_gives_it_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10000);
    for (size_t round = 0; round < 2; round++) {
        assert_non_null(arena_alloc(&arena, 6000));
        assert_null(arena_alloc(&arena, 6000));
        assert_non_null(arena_alloc(&arena, 4000));
        assert_null(arena_alloc(&arena, 1));
        assert_null(arena_alloc(&arena, 0));
        assert_null(arena_alloc(&arena, SIZE_MAX));
        arena_reset(&arena);
    }
    arena_clear(&arena);
    assert_non_null(arena_alloc(&arena, 10000));
    arena_clear(&arena);
}

static void a_limit_of_nothing_and_one_of_everything(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_null(arena_alloc(&arena, 1));
    arena_clear(&arena);
    arena_init(&arena, SIZE_MAX);
    assert_non_null(arena_alloc(&arena, 1));
    assert_null(arena_copy(&arena, slice_of("", SIZE_MAX)));
    arena_clear(&arena);
}

static void one_block_is_kept_over_a_reset(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_clear(&arena);
    assert_null(arena.blocks);
}

static void a_copy_ends_in_nul(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    assert_string_equal(arena_copy(&arena, slice_of("abcdef", 3)), "abc");
    assert_string_equal(arena_copy(&arena, slice_of(NULL, 0)), "");
    assert_null(arena_copy(&arena, slice_of("", 1000)));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(the_limit_holds_and_a_reset_gives_it_back),
        cmocka_unit_test(a_limit_of_nothing_and_one_of_everything),
        cmocka_unit_test(one_block_is_kept_over_a_reset),
        cmocka_unit_test(a_copy_ends_in_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
