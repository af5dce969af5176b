/* Memory that is freed all at once: one arena a request, one a load. Bounded by a limit given at the start.
 * Blocks are kept over a reset so that the next request allocates nothing. */
#ifndef POSTERN_BASE_ARENA_H
#define POSTERN_BASE_ARENA_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used, limit;         /* bytes */
};

void arena_init(struct arena *arena, size_t limit);
/* Zeroed and aligned for any type; NULL over the limit or without memory. Lives until reset or clear. */
NODISCARD void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL behind it; NULL as above. */
NODISCARD char *arena_copy(struct arena *arena, struct slice text);
/* Forget all allocations, keep one block. */
void arena_reset(struct arena *arena);
/* Forget all and free. */
void arena_clear(struct arena *arena);

#endif
