#include "guard.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "postern/base/assert.h"

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Of the readable pages; at least one, so that a copy of nothing has an address too. */
static size_t readable_size(size_t length)
{
    size_t page = page_size();
    return length == 0 ? page : (length + page - 1) / page * page;
}

void *guard_copy(const void *bytes, size_t length)
{
    size_t readable = readable_size(length);
    char *map = mmap(NULL, readable + page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                     0);
    ASSERT(map != MAP_FAILED);
    ASSERT(mprotect(map + readable, page_size(), PROT_NONE) == 0);
    char *copy = map + readable - length;
    if (length != 0)
        memcpy(copy, bytes, length);
    return copy;
}

void guard_free(void *copy, size_t length)
{
    if (copy == NULL)
        return;
    size_t readable = readable_size(length);
    char *map = (char *)copy + length - readable;
    ASSERT(munmap(map, readable + page_size()) == 0);
}
