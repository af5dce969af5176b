#include "crl_sort.h"

#include <stdbool.h>
#include <string.h>

#define KEY_SIZE sizeof(struct trust_serial)
#define FEW      24u

int crl_entry_compare(const struct crl_entry *left, const struct crl_entry *right)
{
    return memcmp(&left->serial, &right->serial, KEY_SIZE);
}

static unsigned char digit(const struct crl_entry *entry, size_t at)
{
    return at == 0 ? entry->serial.length : entry->serial.bytes[at - 1];
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

/* Move each entry into the bucket of its digit, by swaps ("American flag" sort). */
static void distribute(struct crl_entry *entries, size_t at, const size_t *begin, const size_t *end)
{
    size_t next[256];
    memcpy(next, begin, sizeof(next));
    for (size_t bucket = 0; bucket < 256; bucket++) {
        while (next[bucket] < end[bucket]) {
            struct crl_entry entry = entries[next[bucket]];
            size_t home = digit(&entry, at);
            while (home != bucket) {
                struct crl_entry other = entries[next[home]];
                entries[next[home]++] = entry;
                entry = other;
                home = digit(&entry, at);
            }
            entries[next[bucket]++] = entry;
        }
    }
}

/* Depth is at most KEY_SIZE. */
static void sort_from(struct crl_entry *entries, size_t count, size_t at)
{
    size_t begin[256], end[256] = {0};
    if (count <= FEW || at >= KEY_SIZE) {
        sort_few(entries, at >= KEY_SIZE ? 0 : count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        end[digit(&entries[i], at)]++;
    for (size_t bucket = 0, sum = 0; bucket < 256; bucket++) {
        begin[bucket] = sum;
        sum += end[bucket];
        end[bucket] = sum;
    }
    distribute(entries, at, begin, end);
    for (size_t bucket = 0; bucket < 256; bucket++)
        if (end[bucket] - begin[bucket] > 1)
            sort_from(entries + begin[bucket], end[bucket] - begin[bucket], at + 1);
}

void crl_entries_sort(struct crl_entry *entries, size_t count)
{
    /* `openssl ca` and most CAs write them in order. */
    if (!is_sorted(entries, count))
        sort_from(entries, count, 0);
}
