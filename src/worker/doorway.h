/* Where a worker's clients come in: the listening sockets of its own slot, and of slots that are down for as
 * long as they are. */
#ifndef POSTERN_WORKER_DOORWAY_H
#define POSTERN_WORKER_DOORWAY_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/net/address.h"
#include "postern/net/listener.h"
#include "postern/net/loop.h"

#define DOORWAY_SOCKETS_MAX 256u

struct doorway;

struct doorway_socket {
    struct doorway *doorway;
    int fd;
    unsigned slot; /* whose it is */
    struct address local;
    struct listener *listener; /* NULL until opened */
};

struct doorway {
    struct loop *loop;
    struct doorway_socket *sockets[DOORWAY_SOCKETS_MAX];
    size_t count;
    bool is_open, is_paused;
    void (*on_client)(void *context, int fd, const struct address *peer, const struct address *local);
    void (*on_pause)(void *context, int error_number);
    void *context;
};

void doorway_init(struct doorway *doorway, struct loop *loop,
                  void (*on_client)(void *, int, const struct address *, const struct address *),
                  void (*on_pause)(void *, int), void *context);
/* Take the sockets of a slot, and accept from them if open. Those over the limit are closed. */
void doorway_add(struct doorway *doorway, unsigned slot, const int *fds, size_t count);
/* Let a slot's sockets go, without touching what waits in their queues. */
void doorway_drop(struct doorway *doorway, unsigned slot);
/* From now on accept. */
void doorway_open(struct doorway *doorway);
void doorway_pause(struct doorway *doorway, bool pause);
/* Accept what waits, then close everything. */
void doorway_drain(struct doorway *doorway);
/* Close everything. */
void doorway_clear(struct doorway *doorway);

#endif
