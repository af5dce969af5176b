#include "postern/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"

#define BLOCK_SIZE ((size_t)4096)
#define ALIGNMENT  _Alignof(max_align_t)

struct arena_block {
    struct arena_block *older;
    size_t used, size; /* of the bytes behind this header */
    max_align_t bytes[];
};

static size_t aligned(size_t size)
{
    return size > SIZE_MAX - ALIGNMENT ? SIZE_MAX / ALIGNMENT * ALIGNMENT
                                       : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = aligned(limit)};
}

static struct arena_block *block_new(size_t size)
{
    if (size < BLOCK_SIZE - sizeof(struct arena_block))
        size = BLOCK_SIZE - sizeof(struct arena_block);
    if (size > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block != NULL)
        *block = (struct arena_block){.size = size};
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->limit - arena->used)
        return NULL;
    /* An allocation of nothing still has an address of its own. */
    size = aligned(size != 0 ? size : 1);
    if (size > arena->limit - arena->used)
        return NULL;
    struct arena_block *block = arena->blocks;
    if (block == NULL || size > block->size - block->used) {
        block = block_new(size);
        if (block == NULL)
            return NULL;
        block->older = arena->blocks;
        arena->blocks = block;
    }
    void *memory = (char *)block->bytes + block->used;
    block->used += size;
    arena->used += size;
    return memset(memory, 0, size);
}

char *arena_copy(struct arena *arena, struct slice text)
{
    if (text.length == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, text.length + 1);
    if (copy != NULL && text.length != 0)
        memcpy(copy, text.data, text.length);
    return copy;
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->blocks;
    if (kept != NULL) {
        free_blocks(kept->older);
        kept->older = NULL;
        kept->used = 0;
    }
    arena->used = 0;
}

void arena_clear(struct arena *arena)
{
    free_blocks(arena->blocks);
    arena_init(arena, arena->limit);
}
