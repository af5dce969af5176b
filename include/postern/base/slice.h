/* A view of bytes that somebody else owns. Not terminated by NUL, and may hold NUL. A slice lives no longer
 * than what it points into: each function that gives one says what that is. */
#ifndef POSTERN_BASE_SLICE_H
#define POSTERN_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"

struct slice {
    const char *data;
    size_t length; /* bytes */
};

/* For printf's "%.*s". */
#define SLICE_ARG(slice) (int)(slice).length, (slice).data
/* A slice of a string literal, without its NUL. */
#define SLICE_LITERAL(text) ((struct slice)SLICE_CONSTANT(text))
/* The same as the initialiser of something static. */
#define SLICE_CONSTANT(text)                                                                                 \
    {                                                                                                        \
        "" text, sizeof(text) - 1                                                                            \
    }

struct slice slice_of(const char *data, size_t length);
/* The bytes of a C string before its NUL; NULL is the empty slice. */
struct slice slice_text(const char *text);
bool slice_equal(struct slice left, struct slice right);
/* Equal but for the case of ASCII letters. */
bool slice_equal_nocase(struct slice left, struct slice right);
bool slice_equal_text(struct slice left, const char *right);
bool slice_starts_with(struct slice slice, struct slice prefix);
bool slice_ends_with(struct slice slice, struct slice suffix);
/* Offset of the first such byte, or slice.length. */
size_t slice_find(struct slice slice, char byte);
/* The rest after dropping count bytes; count is at most slice.length. */
struct slice slice_after(struct slice slice, size_t count);
struct slice slice_before(struct slice slice, size_t count);
/* Without leading and trailing SP and HTAB. */
struct slice slice_trim(struct slice slice);
/* Take what stands before the separator off *rest into *part, and the separator with it; the last part ends
 * at the end. False when nothing is left. An empty slice has no part; "a," has two. */
bool slice_split(struct slice *rest, char separator, struct slice *part);
/* A decimal number, 1*DIGIT, all of the slice, at most maximum. */
NODISCARD bool slice_to_u64(struct slice slice, uint64_t maximum, uint64_t *out);

char ascii_lower(char byte);
bool ascii_is_digit(char byte);
bool ascii_is_alpha(char byte);
/* Value of a hex digit of either case, or -1. */
int ascii_hex_value(char byte);

#endif
