/* Publishing a generation to all workers, in two phases: each prepares it, and only when all have, all are
 * told to put it in force; so there is never a time at which some serve a generation that others cannot.
 *
 * A worker that does not answer within the deadline is killed, and its slot starts again on the new
 * generation: one hung process must not hold up a revocation. One that dies meanwhile is started again with
 * the new generation, and if it dies of it once more, or says that it cannot build it, all is called off and
 * the old one stays. The deadline is ROLLOUT_DEADLINE_MS, or four times what building the generation in force
 * took, for machines that are that slow. */
#ifndef POSTERN_SUPERVISOR_ROLLOUT_H
#define POSTERN_SUPERVISOR_ROLLOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "edition.h"
#include "postern/base/err.h"
#include "postern/generation/handover.h"
#include "postern/net/loop.h"

#define ROLLOUT_DEADLINE_MS 500
#define ROLLOUT_RESTART_MS  3000  /* of one that died in this rollout */
#define ROLLOUT_BOOT_MS     30000 /* at the start of all */

struct supervisor;
struct slot;

struct rollout {
    struct edition *next;  /* NULL: none under way */
    struct edition *older; /* the one before, while workers leave it */
    bool is_committed;     /* second phase: next is the supervisor's current already */
    struct timer deadline;
};

void rollout_init(struct rollout *rollout, struct supervisor *supervisor);
void rollout_clear(struct rollout *rollout);
bool rollout_is_running(const struct rollout *rollout);
/* Takes the edition. Its end is told by supervisor_rolled_out(). Every slot that serves takes part, at the
 * start all of them. */
void rollout_start(struct supervisor *supervisor, struct edition *next);
/* A slot has been started while a rollout needs it: it owes an answer. */
void rollout_join(struct supervisor *supervisor, struct slot *slot);
/* PREPARED, FAILED and COMMITTED from a worker. */
void rollout_message(struct supervisor *supervisor, struct slot *slot, const struct handover *message);
/* A worker has died. Returns true if it is to be started again at once, to prepare the next generation. */
bool rollout_slot_down(struct supervisor *supervisor, struct slot *slot, int status);
/* Take the next step if nobody is waited for any more: after a slot's vote was taken away. */
void rollout_advance(struct supervisor *supervisor);
/* Call it off, if one is under way. */
void rollout_abort(struct supervisor *supervisor, const struct err *err);

#endif
