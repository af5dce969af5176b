#include "nearest.h"

#include <stdint.h>

#define LENGTH_MAX 48

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. Case counts
 * nothing, so that Certificate is certificate. */
static size_t distance(struct slice a, struct slice b)
{
    size_t rows[3][LENGTH_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            char x = ascii_lower(a.data[i - 1]), y = ascii_lower(b.data[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (x == y ? 0 : 1));
            if (i > 1 && j > 1 && x == ascii_lower(b.data[j - 2]) && ascii_lower(a.data[i - 2]) == y)
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.length];
}

void nearest_init(struct nearest *nearest, struct slice typed)
{
    /* One error in three letters still shows what was meant. */
    *nearest = (struct nearest){.typed = typed, .distance = typed.length / 3 + 2};
}

void nearest_offer(struct nearest *nearest, struct slice candidate)
{
    if (nearest->typed.length == 0 || nearest->typed.length > LENGTH_MAX || candidate.length > LENGTH_MAX)
        return;
    bool is_short_form = nearest->typed.length >= 3 && slice_starts_with(candidate, nearest->typed);
    size_t found = is_short_form ? 1 : distance(nearest->typed, candidate);
    if (found >= nearest->distance || found >= candidate.length)
        return;
    nearest->distance = found;
    nearest->best = candidate;
}

void nearest_offer_words(struct nearest *nearest, const char *words)
{
    struct slice rest = slice_text(words), word;
    while (slice_split(&rest, ' ', &word))
        nearest_offer(nearest, word);
}
