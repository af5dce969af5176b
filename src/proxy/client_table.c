#include "client_table.h"

#include <stdlib.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"

#define SMALLEST_CAPACITY 64

void client_table_init(struct client_table *table, uint64_t seed)
{
    *table = (struct client_table){.seed = seed};
}

void client_table_clear(struct client_table *table)
{
    free(table->slots);
    client_table_init(table, table->seed);
}

/* The finaliser of MurmurHash3: every bit of the key moves half of the bits of the result. */
static size_t home_of(const struct client_table *table, uint64_t key)
{
    uint64_t mixed = key ^ table->seed;
    mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdu;
    mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53u;
    return (size_t)(mixed ^ (mixed >> 33)) & (table->capacity - 1);
}

/* Linear probing: the slot of the key, or the free one where it belongs. */
static size_t find(const struct client_table *table, uint64_t key)
{
    size_t at = home_of(table, key);
    while (table->slots[at].count != 0 && table->slots[at].key != key)
        at = (at + 1) & (table->capacity - 1);
    return at;
}

static void grow(struct client_table *table)
{
    struct client_table grown = {.seed = table->seed, .used = table->used};
    grown.capacity = table->capacity == 0 ? SMALLEST_CAPACITY : table->capacity * 2;
    grown.slots = xcalloc(grown.capacity, sizeof(*grown.slots));
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].count != 0)
            grown.slots[find(&grown, table->slots[i].key)] = table->slots[i];
    free(table->slots);
    *table = grown;
}

unsigned client_table_count(const struct client_table *table, uint64_t key)
{
    return table->capacity == 0 ? 0 : table->slots[find(table, key)].count;
}

void client_table_add(struct client_table *table, uint64_t key)
{
    if (table->used >= table->capacity / 2)
        grow(table);
    struct client_slot *slot = &table->slots[find(table, key)];
    if (slot->count++ == 0) {
        slot->key = key;
        table->used++;
    }
}

/* A free slot must not part a later key from its home: move those that it would. */
static void close_gap(struct client_table *table, size_t gap)
{
    size_t mask = table->capacity - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at].count != 0; at = (at + 1) & mask) {
        size_t home = home_of(table, table->slots[at].key);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        table->slots[gap] = table->slots[at];
        table->slots[at].count = 0;
        gap = at;
    }
}

void client_table_remove(struct client_table *table, uint64_t key)
{
    ASSERT(table->capacity != 0);
    size_t at = find(table, key);
    ASSERT(table->slots[at].count != 0);
    if (--table->slots[at].count != 0)
        return;
    table->used--;
    close_gap(table, at);
}
