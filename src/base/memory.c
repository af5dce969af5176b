#include "postern/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "postern/base/assert.h"

/* That of most machines. On others the advice is not taken, and nothing is lost. */
#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

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

void *memory_large(size_t size)
{
    void *memory = NULL;
    if (size < LARGE_PAGE)
        return malloc(size);
    if (posix_memalign(&memory, LARGE_PAGE, size) != 0)
        return NULL;
    memory_prefer_large(memory, size);
    return memory;
}

void memory_prefer_large(void *memory, size_t size)
{
    if (size >= LARGE_PAGE)
        (void)madvise(memory, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
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
