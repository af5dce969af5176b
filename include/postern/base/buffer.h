/* A queue of bytes with a fixed upper bound: written at its end, consumed at its beginning. Memory is taken
 * on the first write and can be given back while it is empty, so that an idle connection holds none. Growth
 * doubles up to the limit; a write that does not fit fails and changes nothing. Embedded: init and clear.
 * Views into it live until the next call that writes, consumes or clears. */
#ifndef POSTERN_BASE_BUFFER_H
#define POSTERN_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

struct buffer {
    char *data;
    size_t begin, end; /* the bytes held are data[begin..end) */
    size_t capacity;
    size_t limit; /* most bytes it may ever hold; 0 means none may be written */
};

void buffer_init(struct buffer *buffer, size_t limit);
/* Free the memory; the buffer is empty and may be used again. */
void buffer_clear(struct buffer *buffer);
/* Free the memory if nothing is held. */
void buffer_release(struct buffer *buffer);
size_t buffer_length(const struct buffer *buffer);
bool buffer_is_empty(const struct buffer *buffer);
/* How many bytes may still be written. */
size_t buffer_room(const struct buffer *buffer);
/* What is held. Borrowed. */
struct slice buffer_view(const struct buffer *buffer);
/* Space for at least count bytes at the end, moving or growing as needed; NULL if that is over the limit or
 * memory is out. Write there, then commit. */
NODISCARD char *buffer_reserve(struct buffer *buffer, size_t count);
/* How much can be written at buffer_reserve()'s result without growing. */
size_t buffer_reserved(const struct buffer *buffer);
void buffer_commit(struct buffer *buffer, size_t count);
/* Drop count bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t count);
/* Drop count bytes from the end. */
void buffer_drop_tail(struct buffer *buffer, size_t count);
/* Append; false if it does not fit, and nothing is appended. */
NODISCARD bool buffer_append(struct buffer *buffer, const void *data, size_t length);
NODISCARD bool buffer_append_slice(struct buffer *buffer, struct slice slice);
NODISCARD bool buffer_append_text(struct buffer *buffer, const char *text);
NODISCARD bool buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
