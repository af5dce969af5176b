#include "crl_sort.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"

#define KEY_SIZE sizeof(struct trust_serial)
#define FEW      40u

/* Nearly always the first of three words tells two entries apart. */
static uint64_t word(const struct crl_entry *entry, size_t at)
{
    uint64_t bytes;
    memcpy(&bytes, (const char *)entry + at, sizeof(bytes));
    return be64toh(bytes);
}

int crl_entry_compare(const struct crl_entry *left, const struct crl_entry *right)
{
    uint64_t a = word(left, 0), b = word(right, 0);
    if (a != b)
        return a < b ? -1 : 1;
    return memcmp(&left->serial, &right->serial, KEY_SIZE);
}

static unsigned char digit(const struct crl_entry *entry, size_t at)
{
    return ((const unsigned char *)&entry->serial)[at];
}

static void sort_few(struct crl_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct crl_entry entry = entries[i];
        size_t hole = i;
        for (; hole > 0 && crl_entry_compare(&entries[hole - 1], &entry) > 0; hole--)
            entries[hole] = entries[hole - 1];
        entries[hole] = entry;
    }
}

static bool is_sorted(const struct crl_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (crl_entry_compare(&entries[i - 1], &entries[i]) > 0)
            return false;
    return true;
}

static void sort_many(struct crl_entry *entries, struct crl_entry *other, size_t count, size_t at,
                      bool to_other);

/* By digits from the one at `at` on.
 *   other     room for as many, lost
 *   to_other  where the result is wanted */
static void sort_from(struct crl_entry *entries, struct crl_entry *other, size_t count, size_t at,
                      bool to_other)
{
    if (count > FEW && at < KEY_SIZE) {
        sort_many(entries, other, count, at, to_other);
        return;
    }
    if (at < KEY_SIZE)
        sort_few(entries, count);
    if (to_other)
        memcpy(other, entries, count * sizeof(*entries));
}

/* Into a bucket for each digit, and each bucket by the next digit. Depth is at most KEY_SIZE. */
static void sort_many(struct crl_entry *entries, struct crl_entry *other, size_t count, size_t at,
                      bool to_other)
{
    size_t begin[257] = {0}, next[256];
    for (size_t i = 0; i < count; i++)
        begin[digit(&entries[i], at) + 1]++;
    if (begin[digit(entries, at) + 1] == count) {
        sort_from(entries, other, count, at + 1, to_other); /* as with the length of most serials */
        return;
    }
    for (size_t i = 1; i < 257; i++)
        begin[i] += begin[i - 1];
    memcpy(next, begin, sizeof(next));
    for (size_t i = 0; i < count; i++)
        other[next[digit(&entries[i], at)]++] = entries[i];
    for (size_t i = 0; i < 256; i++)
        if (begin[i + 1] > begin[i])
            sort_from(other + begin[i], entries + begin[i], begin[i + 1] - begin[i], at + 1, !to_other);
}

int crl_entries_sort(struct crl_entry *entries, size_t count)
{
    /* `openssl ca` and most CAs write them in order. */
    if (is_sorted(entries, count))
        return 0;
    struct crl_entry *other = memory_large(count * sizeof(*other));
    if (other == NULL)
        return -1;
    sort_from(entries, other, count, 0, false);
    free(other);
    return 0;
}
