#include "postern/observe/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/memory.h"

static void add(struct refusals *refusals, unsigned number)
{
    struct refusal refusal = {.time_ms = number};
    snprintf(refusal.request_id, sizeof(refusal.request_id), "id%u", number);
    refusals_add(refusals, &refusal);
}

static void the_last_ones_are_kept_and_found(void **state)
{
    struct refusals *refusals = xcalloc(1, sizeof(*refusals));
    struct refusal found;
    (void)state;
    assert_false(refusals_read(refusals, 0, &found));
    for (unsigned i = 0; i < REFUSALS_MAX + 3; i++)
        add(refusals, i);
    assert_true(refusals_read(refusals, 0, &found));
    assert_int_equal(found.time_ms, REFUSALS_MAX + 2);
    assert_true(refusals_read(refusals, REFUSALS_MAX - 1, &found));
    assert_int_equal(found.time_ms, 3);
    assert_false(refusals_read(refusals, REFUSALS_MAX, &found));
    assert_true(refusals_find(refusals, "id7", &found));
    assert_int_equal(found.time_ms, 7);
    assert_false(refusals_find(refusals, "id2", &found)); /* overwritten */
    assert_false(refusals_find(refusals, "id", &found));
    free(refusals);
}

static void a_record_that_is_being_written_is_not_read(void **state)
{
    struct refusals *refusals = xcalloc(1, sizeof(*refusals));
    struct refusal found;
    (void)state;
    add(refusals, 1);
    atomic_fetch_add(&refusals->cells[0].sequence, 1); /* the worker died here */
    assert_false(refusals_read(refusals, 0, &found));
    for (unsigned i = 0; i < REFUSALS_MAX; i++) /* its successor comes around */
        add(refusals, 10 + i);
    assert_true(refusals_read(refusals, 0, &found));
    assert_true(refusals_read(refusals, REFUSALS_MAX - 1, &found));
    free(refusals);
}

/* The memory is a worker's, who may be anybody by now. */
static void texts_end_within_their_field(void **state)
{
    struct refusals *refusals = xcalloc(1, sizeof(*refusals));
    struct refusal wild, found;
    (void)state;
    memset(&wild, 'x', sizeof(wild));
    refusals_add(refusals, &wild);
    assert_true(refusals_read(refusals, 0, &found));
    assert_int_equal(strlen(found.request_id), sizeof(found.request_id) - 1);
    assert_int_equal(strlen(found.detail), sizeof(found.detail) - 1);
    assert_int_equal(strlen(found.subject), sizeof(found.subject) - 1);
    free(refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_are_kept_and_found),
        cmocka_unit_test(a_record_that_is_being_written_is_not_read),
        cmocka_unit_test(texts_end_within_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
