#include "postern/base/secret.h"

#include <sys/mman.h>
#include <unistd.h>

#include "postern/base/memory.h"

int secret_init(struct secret *secret, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size = (size + page - 1) / page * page;
    *secret = (struct secret){.size = 0};
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    secret->data = memory;
    secret->size = size;
    secret->locked = mlock(memory, size) == 0;
    madvise(memory, size, MADV_DONTDUMP);
    madvise(memory, size, MADV_WIPEONFORK);
    return 0;
}

void secret_cleanse(struct secret *secret)
{
    /* All of it: a message may have been received into it without its length having been set. */
    if (secret->data != NULL)
        memory_cleanse(secret->data, secret->size);
    secret->length = 0;
}

void secret_clear(struct secret *secret)
{
    if (secret->data != NULL) {
        secret_cleanse(secret);
        munmap(secret->data, secret->size);
    }
    *secret = (struct secret){.size = 0};
}

struct slice secret_view(const struct secret *secret)
{
    return slice_of(secret->data, secret->length);
}
