#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "crl_sort.h"
#include "postern/base/memory.h"

#define MANY 5000

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void of_any_bytes(struct crl_entry *entry, size_t i, uint32_t *seed)
{
    (void)i;
    entry->serial.length = TRUST_SERIAL_MAX;
    for (size_t k = 0; k < TRUST_SERIAL_MAX; k++)
        entry->serial.bytes[k] = (unsigned char)next_random(seed);
}

static void of_any_length(struct crl_entry *entry, size_t i, uint32_t *seed)
{
    of_any_bytes(entry, i, seed);
    entry->serial.length = (unsigned char)(1 + next_random(seed) % TRUST_SERIAL_MAX);
    memset(entry->serial.bytes + entry->serial.length, 0, TRUST_SERIAL_MAX - entry->serial.length);
}

/* As long as it can be until a digit differs. */
static void of_the_last_byte(struct crl_entry *entry, size_t i, uint32_t *seed)
{
    (void)i;
    entry->serial.length = TRUST_SERIAL_MAX;
    memset(entry->serial.bytes, 0x5a, TRUST_SERIAL_MAX);
    entry->serial.bytes[TRUST_SERIAL_MAX - 1] = (unsigned char)next_random(seed);
}

static void counted_down(struct crl_entry *entry, size_t i, uint32_t *seed)
{
    (void)seed;
    entry->serial.length = 2;
    entry->serial.bytes[0] = (unsigned char)((MANY - i) >> 8);
    entry->serial.bytes[1] = (unsigned char)((MANY - i) & 0xff);
}

static void all_the_same(struct crl_entry *entry, size_t i, uint32_t *seed)
{
    (void)i;
    (void)seed;
    entry->serial.length = 1;
}

static int by_serial(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct trust_serial));
}

/* Each entry keeps what it says of its serial: all after the key is made from the key. */
static void mark(struct crl_entry *entry)
{
    unsigned sum = 0;
    for (size_t i = 0; i < TRUST_SERIAL_MAX; i++)
        sum = sum * 31 + entry->serial.bytes[i];
    entry->reason = (unsigned char)sum;
    entry->day[0] = (unsigned char)(sum >> 8);
    entry->day[1] = (unsigned char)(sum >> 16);
}

static void entries_come_out_as_qsort_has_them(void **state)
{
    static const struct {
        const char *name;
        void (*make)(struct crl_entry *, size_t, uint32_t *);
    } rows[] = {{"any bytes", of_any_bytes},
                {"any length", of_any_length},
                {"only the last byte differs", of_the_last_byte},
                {"counted down", counted_down},
                {"all the same", all_the_same}};
    static const size_t counts[] = {0, 1, 2, 40, 41, 257, MANY};
    (void)state;
    for (size_t row = 0; row < LENGTH_OF(rows); row++) {
        for (size_t k = 0; k < LENGTH_OF(counts); k++) {
            uint32_t seed = (uint32_t)(row * 100 + k);
            struct crl_entry *entries = xcalloc(counts[k], sizeof(*entries)),
                             *expected = xcalloc(counts[k], sizeof(*expected));
            for (size_t i = 0; i < counts[k]; i++) {
                rows[row].make(&entries[i], i, &seed);
                mark(&entries[i]);
            }
            memcpy(expected, entries, counts[k] * sizeof(*entries));
            qsort(expected, counts[k], sizeof(*expected), by_serial);
            assert_int_equal(crl_entries_sort(entries, counts[k]), 0);
            if (memcmp(entries, expected, counts[k] * sizeof(*entries)) != 0)
                fail_msg("%s, %zu of them", rows[row].name, counts[k]);
            free(entries);
            free(expected);
        }
    }
}

static void order_is_that_of_the_bytes(void **state)
{
    (void)state;
    uint32_t seed = 5;
    struct crl_entry pair[2];
    for (int round = 0; round < 1000; round++) {
        memset(pair, 0, sizeof(pair));
        of_any_length(&pair[0], 0, &seed);
        pair[1] = pair[0];
        size_t at = next_random(&seed) % TRUST_SERIAL_MAX;
        pair[1].serial.bytes[at] ^= (unsigned char)(next_random(&seed) % 3);
        pair[1].reason = 1; /* is no part of the key */
        int order = crl_entry_compare(&pair[0], &pair[1]), expected = by_serial(&pair[0], &pair[1]);
        assert_int_equal((order > 0) - (order < 0), (expected > 0) - (expected < 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_out_as_qsort_has_them),
        cmocka_unit_test(order_is_that_of_the_bytes),
    };
    return cmocka_run_group_tests_name("crl_sort", tests, NULL, NULL);
}
