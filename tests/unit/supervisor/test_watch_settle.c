#include "unit.h"

#include "watch_settle.h"

struct note {
    int64_t at_ms;
    enum settle_event event;
};

static const struct {
    const char *name;
    struct note notes[4];
    size_t count;
    int64_t expected_ms;
} table[] = {
    {"nothing has moved", {{0, SETTLE_OTHER}}, 0, SETTLE_NEVER},
    {"a rename is looked at now", {{1000, SETTLE_FINAL}}, 1, 1000},
    {"a closed file is given 20 ms", {{1000, SETTLE_CLOSED}}, 1, 1020},
    {"anything else waits for 250 ms of quiet", {{1000, SETTLE_OTHER}}, 1, 1250},
    {"each more moves the quiet on",
     {{1000, SETTLE_OTHER}, {1200, SETTLE_OTHER}, {1400, SETTLE_OTHER}},
     3,
     1650},
    {"a second file closed does not hold up the first",
     {{1000, SETTLE_CLOSED}, {1015, SETTLE_CLOSED}},
     2,
     1020},
    {"a rename does not wait for a writer", {{1000, SETTLE_OTHER}, {1100, SETTLE_FINAL}}, 2, 1100},
    {"nor for a file that was closed", {{1000, SETTLE_CLOSED}, {1005, SETTLE_FINAL}}, 2, 1005},
    {"a writer does not hold up what is closed", {{1000, SETTLE_CLOSED}, {1010, SETTLE_OTHER}}, 2, 1020},
};

static void it_says_when_to_look(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct settle settle;
        settle_init(&settle);
        for (size_t k = 0; k < table[i].count; k++)
            settle_note(&settle, table[i].notes[k].event, table[i].notes[k].at_ms);
        if (settle_due_ms(&settle) != table[i].expected_ms)
            fail_msg("%s: %lld", table[i].name, (long long)settle_due_ms(&settle));
    }
}

static void a_look_deals_with_all_that_was_noted(void **state)
{
    (void)state;
    struct settle settle;
    settle_init(&settle);
    assert_false(settle_take(&settle, 0));
    settle_note(&settle, SETTLE_CLOSED, 1000);
    settle_note(&settle, SETTLE_OTHER, 1001);
    assert_false(settle_take(&settle, 1019));
    assert_true(settle_take(&settle, 1020));
    assert_int_equal(settle_due_ms(&settle), SETTLE_NEVER);
    assert_false(settle_take(&settle, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_when_to_look),
        cmocka_unit_test(a_look_deals_with_all_that_was_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
