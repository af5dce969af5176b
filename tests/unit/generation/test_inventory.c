#include "unit.h"

#include "postern/generation/inventory.h"

enum { NOW_S = 1772366400, DAY_S = 86400 };

static struct inventory_item item_of(uint32_t kind, int64_t began_days_ago, int64_t ends_in_days)
{
    return (struct inventory_item){.kind = kind,
                                   .begin_s = NOW_S - began_days_ago * DAY_S,
                                   .end_s = NOW_S + ends_in_days * DAY_S,
                                   .deadline_s = NOW_S + ends_in_days * DAY_S,
                                   .name = "CN=It"};
}

static void what_ends_is_told_long_before(void **state)
{
    static const struct {
        uint32_t kind;
        int64_t began, ends;
        const char *expected; /* NULL: nothing to say */
    } rows[] = {
        {INVENTORY_SERVER, 30, 60, NULL},
        {INVENTORY_SERVER, 70, 20, "expires in 20 days"}, /* a third of its life, within a month */
        {INVENTORY_SERVER, 3000, 40, NULL},               /* more than a month */
        {INVENTORY_SERVER, 1, 5, "expires in 5 days"},    /* a week, whatever its life */
        {INVENTORY_ROOT, 3000, -1, "its clients are refused"},
        {INVENTORY_INTERMEDIATE, -1, 300, "not valid yet"},
        {INVENTORY_CRL, 15, 15, NULL},
        {INVENTORY_CRL, 21, 9, "expires in 9 days"},
        {INVENTORY_CRL, 31, -1, "its clients are refused"},
        {INVENTORY_FILE, 31, -1, NULL},
    };
    char text[INVENTORY_LINE_SIZE];
    bool bites;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct inventory_item item = item_of(rows[i].kind, rows[i].began, rows[i].ends);
        bool warned = inventory_warning(&item, NOW_S, text, &bites);
        assert_int_equal(warned, rows[i].expected != NULL);
        assert_int_equal(bites, warned);
        if (warned && (strstr(text, rows[i].expected) == NULL || strstr(text, "CN=It") == NULL))
            fail_msg("row %zu: %s", i, text);
    }
}

static void a_crl_in_its_grace_says_how_long(void **state)
{
    struct inventory_item item = item_of(INVENTORY_CRL, 31, -1);
    char text[INVENTORY_LINE_SIZE];
    bool bites;
    (void)state;
    item.deadline_s = NOW_S + 3600 * 5;
    assert_true(inventory_warning(&item, NOW_S, text, &bites));
    assert_non_null(strstr(text, "in its grace for 5 h more"));
    assert_true(bites);
}

static void what_the_policy_lets_pass_is_told_and_does_not_bite(void **state)
{
    struct inventory_item item = item_of(INVENTORY_NO_CRL, 0, 0);
    char text[INVENTORY_LINE_SIZE];
    bool bites;
    (void)state;
    assert_true(inventory_warning(&item, NOW_S, text, &bites));
    assert_true(bites);
    item.flags = INVENTORY_TOLERATED;
    assert_true(inventory_warning(&item, NOW_S, text, &bites));
    assert_false(bites);
    assert_non_null(strstr(text, "admitted all the same"));
}

static void items_are_read_one_by_one_and_never_beyond(void **state)
{
    struct inventory_item items[3] = {item_of(INVENTORY_ROOT, 1, 99), item_of(INVENTORY_KINDS, 1, 1)}, out;
    char line[INVENTORY_LINE_SIZE];
    (void)state;
    memset(items[0].name, 'x', sizeof(items[0].name)); /* a text that does not end */
    memset(items[0].detail, 'y', sizeof(items[0].detail));
    const struct slice section = slice_of((const char *)items, sizeof(items));
    assert_true(inventory_read(section, 0, &out));
    assert_int_equal(strlen(out.name), sizeof(out.name) - 1);
    assert_non_null(strstr(inventory_line(&out, NOW_S, line), "99 days left"));
    assert_false(inventory_read(section, 1, &out)); /* of no kind that we know */
    assert_false(inventory_read(section, 2, &out)); /* the end */
    assert_false(inventory_read(section, 3, &out));
    assert_false(inventory_read(slice_before(section, sizeof(items[0]) - 1), 0, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ends_is_told_long_before),
        cmocka_unit_test(a_crl_in_its_grace_says_how_long),
        cmocka_unit_test(what_the_policy_lets_pass_is_told_and_does_not_bite),
        cmocka_unit_test(items_are_read_one_by_one_and_never_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
