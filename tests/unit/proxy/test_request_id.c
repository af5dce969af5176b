#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "request_id.h"

/* More than a batch, so that the refill is in it. */
static void ids_are_hex_and_never_the_same(void **state)
{
    (void)state;
    enum { COUNT = 3 * REQUEST_ID_BATCH + 1 };
    static char ids[COUNT][REQUEST_ID_SIZE];
    struct request_ids source = {0};
    for (int i = 0; i < COUNT; i++) {
        request_id_next(&source, ids[i]);
        assert_int_equal(strlen(ids[i]), 32);
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids_are_hex_and_never_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
