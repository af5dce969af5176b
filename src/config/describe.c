#include <stdio.h>

#include "format.h"
#include "key.h"

const char *words_list(const char *words, char *out, size_t size)
{
    struct slice rest = slice_text(words), word;
    size_t length = 0;
    out[0] = '\0';
    while (slice_split(&rest, ' ', &word) && length < size) {
        const char *join = length == 0 ? "" : rest.length == 0 ? " or " : ", ";
        length += (size_t)snprintf(out + length, size - length, "%s%.*s", join, SLICE_ARG(word));
    }
    return out;
}

const char *key_values_text(const struct key *key, char *out, size_t size)
{
    char low[FORMAT_SIZE], high[FORMAT_SIZE];
    out[0] = '\0';
    switch (key->type) {
    case KEY_CHOICE:
    case KEY_BOOL:
    case KEY_PRESET:
        words_list(key->words, out, size);
        break;
    case KEY_LIST:
        snprintf(out, size, "some of ");
        words_list(key->words, out + 8, size - 8);
        break;
    case KEY_SIZE:
        snprintf(out, size, "%s to %s", size_format(key->minimum, low), size_format(key->maximum, high));
        break;
    case KEY_DURATION:
        snprintf(out, size, "%s to %s", duration_format(key->minimum, low),
                 duration_format(key->maximum, high));
        break;
    case KEY_GRACE:
        snprintf(out, size, "refuse, or grace %s to %s", duration_format(key->minimum, low),
                 duration_format(key->maximum, high));
        break;
    case KEY_COUNT:
        snprintf(out, size, "%llu to %llu%s%s", (unsigned long long)key->minimum,
                 (unsigned long long)key->maximum, key->words != NULL ? ", or " : "",
                 key->words != NULL ? key->words : "");
        break;
    default:
        break;
    }
    return out;
}
