#include "postern/observe/refusals.h"

#include <string.h>

_Static_assert((REFUSALS_MAX & (REFUSALS_MAX - 1)) == 0, "the ring wraps with the counter");

void refusals_add(struct refusals *refusals, const struct refusal *refusal)
{
    uint64_t count = atomic_load_explicit(&refusals->count, memory_order_relaxed);
    struct refusal_cell *cell = &refusals->cells[count % REFUSALS_MAX];
    uint64_t sequence = atomic_load_explicit(&cell->sequence, memory_order_relaxed) | 1u;
    atomic_store_explicit(&cell->sequence, sequence, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    cell->refusal = *refusal;
    atomic_store_explicit(&cell->sequence, sequence + 1, memory_order_release);
    atomic_store_explicit(&refusals->count, count + 1, memory_order_release);
}

static void end_texts(struct refusal *refusal)
{
    refusal->request_id[sizeof(refusal->request_id) - 1] = '\0';
    refusal->client[sizeof(refusal->client) - 1] = '\0';
    refusal->reason[sizeof(refusal->reason) - 1] = '\0';
    refusal->common_name[sizeof(refusal->common_name) - 1] = '\0';
    refusal->serial[sizeof(refusal->serial) - 1] = '\0';
    refusal->subject[sizeof(refusal->subject) - 1] = '\0';
    refusal->detail[sizeof(refusal->detail) - 1] = '\0';
}

bool refusals_read(const struct refusals *refusals, uint64_t back, struct refusal *out)
{
    uint64_t count = atomic_load_explicit(&refusals->count, memory_order_acquire);
    if (back >= count || back >= REFUSALS_MAX)
        return false;
    const struct refusal_cell *cell = &refusals->cells[(count - 1 - back) % REFUSALS_MAX];
    uint64_t before = atomic_load_explicit(&cell->sequence, memory_order_acquire);
    *out = cell->refusal;
    atomic_thread_fence(memory_order_acquire);
    uint64_t after = atomic_load_explicit(&cell->sequence, memory_order_relaxed);
    end_texts(out);
    return before == after && before % 2 == 0;
}

bool refusals_find(const struct refusals *refusals, const char *request_id, struct refusal *out)
{
    for (uint64_t back = 0; back < REFUSALS_MAX; back++)
        if (refusals_read(refusals, back, out) && strcmp(out->request_id, request_id) == 0)
            return true;
    return false;
}
