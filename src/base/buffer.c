#include "postern/base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"

#define SMALLEST_CAPACITY 256

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->limit);
}

void buffer_release(struct buffer *buffer)
{
    if (buffer_is_empty(buffer))
        buffer_clear(buffer);
}

size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->begin;
}

bool buffer_is_empty(const struct buffer *buffer)
{
    return buffer->begin == buffer->end;
}

size_t buffer_room(const struct buffer *buffer)
{
    return buffer->limit - buffer_length(buffer);
}

struct slice buffer_view(const struct buffer *buffer)
{
    if (buffer->data == NULL)
        return slice_of("", 0);
    return slice_of(buffer->data + buffer->begin, buffer_length(buffer));
}

static void move_to_front(struct buffer *buffer)
{
    size_t length = buffer_length(buffer);
    memmove(buffer->data, buffer->data + buffer->begin, length);
    buffer->begin = 0;
    buffer->end = length;
}

/* A power of two that holds needed, cut to the limit. */
static size_t grown_capacity(const struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : buffer->capacity;
    while (capacity < needed && capacity <= buffer->limit / 2)
        capacity *= 2;
    return capacity < needed || capacity > buffer->limit ? buffer->limit : capacity;
}

char *buffer_reserve(struct buffer *buffer, size_t count)
{
    if (count > buffer_room(buffer))
        return NULL;
    if (buffer->data != NULL && count <= buffer->capacity - buffer->end)
        return buffer->data + buffer->end;
    size_t needed = buffer_length(buffer) + count;
    if (buffer->data == NULL || needed > buffer->capacity) {
        size_t capacity = grown_capacity(buffer, needed);
        char *data = realloc(buffer->data, capacity != 0 ? capacity : 1);
        if (data == NULL)
            return NULL;
        buffer->data = data;
        buffer->capacity = capacity;
    }
    if (buffer->begin != 0 && count > buffer->capacity - buffer->end)
        move_to_front(buffer);
    return buffer->data + buffer->end;
}

size_t buffer_reserved(const struct buffer *buffer)
{
    return buffer->capacity - buffer->end;
}

void buffer_commit(struct buffer *buffer, size_t count)
{
    ASSERT(count <= buffer_reserved(buffer));
    buffer->end += count;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    ASSERT(count <= buffer_length(buffer));
    buffer->begin += count;
    if (buffer->begin == buffer->end)
        buffer->begin = buffer->end = 0;
}

void buffer_drop_tail(struct buffer *buffer, size_t count)
{
    ASSERT(count <= buffer_length(buffer));
    buffer->end -= count;
    if (buffer->begin == buffer->end)
        buffer->begin = buffer->end = 0;
}

bool buffer_append(struct buffer *buffer, const void *data, size_t length)
{
    char *space = buffer_reserve(buffer, length);
    if (space == NULL)
        return false;
    if (length != 0)
        memcpy(space, data, length);
    buffer_commit(buffer, length);
    return true;
}

bool buffer_append_slice(struct buffer *buffer, struct slice slice)
{
    return buffer_append(buffer, slice.data, slice.length);
}

bool buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

bool buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list values;
    char text[256];
    va_start(values, format);
    int length = vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    if (length < 0)
        return false;
    if ((size_t)length < sizeof(text))
        return buffer_append(buffer, text, (size_t)length);
    /* vsnprintf() writes a NUL too, for which the buffer may have no room; so a copy, not in place. */
    char *long_text = NULL;
    if ((size_t)length > buffer_room(buffer))
        return false;
    va_start(values, format);
    length = vasprintf(&long_text, format, values);
    va_end(values);
    bool fitted = length >= 0 && buffer_append(buffer, long_text, (size_t)length);
    if (length >= 0)
        free(long_text);
    return fitted;
}
