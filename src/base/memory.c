#include "postern/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"

void *xcalloc(size_t count, size_t size)
{
    ASSERT(size == 0 || count <= SIZE_MAX / size);
    void *memory = calloc(count != 0 ? count : 1, size != 0 ? size : 1);
    ASSERT(memory != NULL);
    return memory;
}

void *xreallocarray(void *memory, size_t count, size_t size)
{
    /* realloc() of no bytes may free and give NULL, which would look like exhaustion. */
    if (count == 0 || size == 0)
        count = size = 1;
    ASSERT(count <= SIZE_MAX / size);
    void *grown = reallocarray(memory, count, size);
    ASSERT(grown != NULL);
    return grown;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t length)
{
    length = strnlen(text, length);
    char *copy = xcalloc(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

void memory_cleanse(void *memory, size_t length)
{
    if (length != 0)
        explicit_bzero(memory, length);
}
