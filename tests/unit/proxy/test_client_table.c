#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client_table.h"

static void each_address_is_counted_for_itself(void **state)
{
    (void)state;
    struct client_table table;
    client_table_init(&table, 1);
    assert_int_equal(client_table_count(&table, 7), 0);
    client_table_add(&table, 7);
    client_table_add(&table, 7);
    client_table_add(&table, 0);
    assert_int_equal(client_table_count(&table, 7), 2);
    assert_int_equal(client_table_count(&table, 0), 1);
    client_table_remove(&table, 7);
    client_table_remove(&table, 0);
    assert_int_equal(client_table_count(&table, 7), 1);
    assert_int_equal(client_table_count(&table, 0), 0);
    client_table_clear(&table);
}

/* Against a plain array, through growth and through gaps that close. */
static void it_agrees_with_an_array(void **state)
{
    (void)state;
    enum { KEYS = 500, STEPS = 40000 };
    unsigned counts[KEYS] = {0};
    uint64_t random = 1;
    struct client_table table;
    client_table_init(&table, 99);
    for (int step = 0; step < STEPS; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t key = (random >> 33) % KEYS;
        if ((random >> 60) % 2 == 0 || counts[key] == 0) {
            client_table_add(&table, key);
            counts[key]++;
        } else {
            client_table_remove(&table, key);
            counts[key]--;
        }
        assert_int_equal(client_table_count(&table, key), counts[key]);
    }
    size_t used = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        assert_int_equal(client_table_count(&table, key), counts[key]);
        used += counts[key] > 0;
    }
    assert_int_equal(table.used, used);
    assert_true(table.capacity <= 4 * KEYS);
    client_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_is_counted_for_itself),
        cmocka_unit_test(it_agrees_with_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
