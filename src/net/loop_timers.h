/* The timers of a loop: a binary heap by the time at which the loop next looks at each. Private to room net.
 */
#ifndef POSTERN_SRC_NET_LOOP_TIMERS_H
#define POSTERN_SRC_NET_LOOP_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/net/loop.h"

struct timer_heap {
    struct timer **timers; /* timers[place - 1] */
    size_t count, capacity;
};

void timer_heap_clear(struct timer_heap *heap);
/* When the loop must look next; false if there is nothing to wait for. */
bool timer_heap_next(const struct timer_heap *heap, int64_t *when_ms);
/* Fire what is due. A timer that is armed while this runs waits for the next turn at the earliest. */
void timer_heap_fire(struct timer_heap *heap, int64_t now_ms);

/* The heap of a loop. */
struct timer_heap *loop_timers(struct loop *loop);

#endif
