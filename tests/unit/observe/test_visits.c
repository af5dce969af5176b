#include "postern/observe/visits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/memory.h"

/* Fingerprints that all have one home, as no real ones do. */
static const unsigned char *neighbour(unsigned number, unsigned char out[FINGERPRINT_SIZE])
{
    memset(out, 0x55, FINGERPRINT_SIZE);
    out[8] = (unsigned char)number;
    return out;
}

static void expect(const struct visits *visits, unsigned number, int64_t last_s, uint32_t open)
{
    unsigned char fingerprint[FINGERPRINT_SIZE];
    int64_t found_s = -1;
    uint32_t found = 99;
    assert_true(visits_find(visits, neighbour(number, fingerprint), &found_s, &found));
    assert_int_equal(found_s, last_s);
    assert_int_equal(found, open);
}

static void a_client_is_counted_while_it_is_connected(void **state)
{
    struct visits *visits = xcalloc(1, sizeof(*visits));
    unsigned char one[FINGERPRINT_SIZE], two[FINGERPRINT_SIZE];
    int64_t last_s;
    uint32_t open;
    (void)state;
    assert_false(visits_find(visits, neighbour(1, one), &last_s, &open));
    assert_non_null(visits_arrive(visits, one, 100));
    assert_non_null(visits_arrive(visits, neighbour(2, two), 110));
    assert_non_null(visits_arrive(visits, one, 120));
    expect(visits, 1, 120, 2);
    expect(visits, 2, 110, 1);
    visits_leave(visits, one, 130);
    visits_leave(visits, one, 140);
    expect(visits, 1, 140, 0);
    visits_leave(visits, one, 150); /* once too often, by a worker that lost count */
    expect(visits, 1, 150, 0);
    free(visits);
}

static void a_path_is_told_once_in_hours(void **state)
{
    struct visits *visits = xcalloc(1, sizeof(*visits));
    unsigned char one[FINGERPRINT_SIZE];
    (void)state;
    struct visit *visit = visits_arrive(visits, neighbour(1, one), 1000000);
    assert_true(visit_is_untold(visit, 1000000));
    visit_told(visit, 1000000);
    assert_false(visit_is_untold(visit, 1000000));
    assert_false(visit_is_untold(visit, 1000000 + VISITS_TELL_S - 1));
    assert_true(visit_is_untold(visit, 1000000 + VISITS_TELL_S));
    assert_true(visit_is_untold(visit, 999999)); /* the clock was set back */
    free(visits);
}

static void where_it_is_full_the_one_away_longest_makes_room(void **state)
{
    struct visits *visits = xcalloc(1, sizeof(*visits));
    unsigned char fingerprint[FINGERPRINT_SIZE];
    int64_t last_s;
    uint32_t open;
    (void)state;
    for (unsigned i = 0; i < VISITS_REACH; i++)
        assert_non_null(visits_arrive(visits, neighbour(i, fingerprint), 1000 + i));
    /* All are here: the next is served, and not counted. */
    assert_null(visits_arrive(visits, neighbour(200, fingerprint), 2000));
    visits_leave(visits, neighbour(200, fingerprint), 2000);
    visits_leave(visits, neighbour(7, fingerprint), 3000);
    visits_leave(visits, neighbour(9, fingerprint), 2500);
    struct visit *visit = visits_arrive(visits, neighbour(201, fingerprint), 4000);
    assert_non_null(visit);
    assert_true(visit_is_untold(visit, 4000));
    expect(visits, 201, 4000, 1);
    expect(visits, 7, 3000, 0);
    assert_false(visits_find(visits, neighbour(9, fingerprint), &last_s, &open));
    free(visits);
}

/* As many as the history holds, all connected at once, with fingerprints as hashes are. */
static void a_hundred_thousand_find_room(void **state)
{
    struct visits *visits = xcalloc(1, sizeof(*visits));
    unsigned char fingerprint[FINGERPRINT_SIZE];
    uint64_t random = 88172645463325252u;
    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        for (size_t k = 0; k < sizeof(fingerprint); k += sizeof(random)) {
            random ^= random << 13; /* xorshift64 */
            random ^= random >> 7;
            random ^= random << 17;
            memcpy(fingerprint + k, &random, sizeof(random));
        }
        assert_non_null(visits_arrive(visits, fingerprint, 1000));
    }
    free(visits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_counted_while_it_is_connected),
        cmocka_unit_test(a_path_is_told_once_in_hours),
        cmocka_unit_test(where_it_is_full_the_one_away_longest_makes_room),
        cmocka_unit_test(a_hundred_thousand_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
