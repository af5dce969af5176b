/* How many connections each client address has open (an IPv4 address, an IPv6 /64), so that one client cannot
 * take all slots. A hash table that grows with the number of distinct addresses, which the limit of
 * connections bounds. */
#ifndef POSTERN_PROXY_CLIENT_TABLE_H
#define POSTERN_PROXY_CLIENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct client_slot {
    uint64_t key;
    unsigned count; /* 0: free */
};

/* Embedded: init and clear. */
struct client_table {
    struct client_slot *slots;
    size_t capacity, used; /* capacity is a power of two, or 0 */
    uint64_t seed;         /* so that nobody can choose colliding addresses */
};

void client_table_init(struct client_table *table, uint64_t seed);
void client_table_clear(struct client_table *table);
/* Connections that this address has. address_client_key(). */
unsigned client_table_count(const struct client_table *table, uint64_t key);
void client_table_add(struct client_table *table, uint64_t key);
void client_table_remove(struct client_table *table, uint64_t key);

#endif
