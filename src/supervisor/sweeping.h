/* After a generation has come into force: what it did to open connections. Each worker asks all of its own,
 * in slices, and says when it is through; who waits for the generation is answered then, with how many were
 * cut, or after SWEEPING_DEADLINE_MS with what is known by then. */
#ifndef POSTERN_SUPERVISOR_SWEEPING_H
#define POSTERN_SUPERVISOR_SWEEPING_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/generation/handover.h"
#include "postern/net/loop.h"

#define SWEEPING_DEADLINE_MS 2000

struct supervisor;
struct slot;

struct sweeping {
    uint64_t number;       /* generation; 0: none yet */
    uint64_t cut, put_off; /* connections, of all workers so far */
    bool is_awaited;       /* somebody is to be told, for whom: */
    uint64_t first, last;  /* control_each_waiting() */
    struct timer deadline;
};

void sweeping_init(struct supervisor *supervisor);
void sweeping_clear(struct supervisor *supervisor);
/* Workers are being told to put this generation in force. Who still waits for an older one is answered. */
void sweeping_begin(struct supervisor *supervisor, uint64_t number);
/* HANDOVER_SWEPT. */
void sweeping_message(struct supervisor *supervisor, struct slot *slot, const struct handover *message);
/* It is in force everywhere: answer those who wait for first to last when all have swept. */
void sweeping_await(struct supervisor *supervisor, uint64_t first, uint64_t last);
/* A worker may have gone: is anybody still sweeping? */
void sweeping_advance(struct supervisor *supervisor);

#endif
