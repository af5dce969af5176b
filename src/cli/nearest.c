#include "nearest.h"

#include <string.h>

enum { TEXT_MAX = 32 };

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

static size_t distance(const char *left, const char *right)
{
    size_t row[TEXT_MAX + 1], length = strlen(right);
    for (size_t i = 0; i <= length; i++)
        row[i] = i;
    for (size_t y = 0; left[y] != '\0'; y++) {
        size_t diagonal = row[0];
        row[0] = y + 1;
        for (size_t x = 0; x < length; x++) {
            size_t replaced = diagonal + (left[y] != right[x]);
            diagonal = row[x + 1];
            row[x + 1] = least(replaced, least(diagonal, row[x]) + 1);
        }
    }
    return row[length];
}

const char *nearest_text(const char *text, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = TEXT_MAX;
    if (strlen(text) > TEXT_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(candidates[i]);
        size_t found = length > TEXT_MAX ? TEXT_MAX : distance(text, candidates[i]);
        if (found < best && found <= length / 3 + 1) {
            best = found;
            nearest = candidates[i];
        }
    }
    return nearest;
}
