#include "postern/base/slice.h"

#include <string.h>

#include "postern/base/assert.h"

struct slice slice_of(const char *data, size_t length)
{
    return (struct slice){data, length};
}

struct slice slice_text(const char *text)
{
    return text == NULL ? slice_of("", 0) : slice_of(text, strlen(text));
}

/* memcmp(3) of no bytes at NULL is undefined, and an empty slice may point to NULL. */
static bool same_bytes(const char *left, const char *right, size_t length)
{
    return length == 0 || memcmp(left, right, length) == 0;
}

bool slice_equal(struct slice left, struct slice right)
{
    return left.length == right.length && same_bytes(left.data, right.data, left.length);
}

bool slice_equal_nocase(struct slice left, struct slice right)
{
    if (left.length != right.length)
        return false;
    for (size_t i = 0; i < left.length; i++)
        if (ascii_lower(left.data[i]) != ascii_lower(right.data[i]))
            return false;
    return true;
}

bool slice_equal_text(struct slice left, const char *right)
{
    return slice_equal(left, slice_text(right));
}

bool slice_starts_with(struct slice slice, struct slice prefix)
{
    return slice.length >= prefix.length && same_bytes(slice.data, prefix.data, prefix.length);
}

bool slice_ends_with(struct slice slice, struct slice suffix)
{
    return slice.length >= suffix.length &&
           slice_equal(slice_after(slice, slice.length - suffix.length), suffix);
}

size_t slice_find(struct slice slice, char byte)
{
    const char *found = slice.length == 0 ? NULL : memchr(slice.data, byte, slice.length);
    return found == NULL ? slice.length : (size_t)(found - slice.data);
}

struct slice slice_after(struct slice slice, size_t count)
{
    ASSERT(count <= slice.length);
    /* An empty slice may point to NULL, to which nothing may be added. */
    return count == 0 ? slice : slice_of(slice.data + count, slice.length - count);
}

struct slice slice_before(struct slice slice, size_t count)
{
    ASSERT(count <= slice.length);
    return slice_of(slice.data, count);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct slice slice_trim(struct slice slice)
{
    while (slice.length > 0 && is_blank(slice.data[0]))
        slice = slice_after(slice, 1);
    while (slice.length > 0 && is_blank(slice.data[slice.length - 1]))
        slice.length--;
    return slice;
}

/* What is left behind a separator that ends the text: one empty part, where an empty text has none. */
static const char empty_last_part[] = "";

bool slice_split(struct slice *rest, char separator, struct slice *part)
{
    if (rest->length == 0 && rest->data != empty_last_part)
        return false;
    size_t at = slice_find(*rest, separator);
    *part = slice_before(*rest, at);
    if (at == rest->length)
        *rest = slice_of(NULL, 0);
    else if (at + 1 == rest->length)
        *rest = slice_of(empty_last_part, 0);
    else
        *rest = slice_after(*rest, at + 1);
    return true;
}

bool slice_to_u64(struct slice slice, uint64_t maximum, uint64_t *out)
{
    uint64_t value = 0;
    if (slice.length == 0)
        return false;
    for (size_t i = 0; i < slice.length; i++) {
        if (!ascii_is_digit(slice.data[i]))
            return false;
        uint64_t digit = (uint64_t)(slice.data[i] - '0');
        if (digit > maximum || value > (maximum - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool ascii_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool ascii_is_alpha(char byte)
{
    char lower = ascii_lower(byte);
    return lower >= 'a' && lower <= 'z';
}

int ascii_hex_value(char byte)
{
    if (ascii_is_digit(byte))
        return byte - '0';
    char lower = ascii_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
