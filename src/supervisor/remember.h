/* The history of clients in the life of the supervisor: taken from the state directory at a start, fed by the
 * workers, kept again every now and then and at the end. Nothing depends on it: what goes wrong is logged. */
#ifndef POSTERN_SUPERVISOR_REMEMBER_H
#define POSTERN_SUPERVISOR_REMEMBER_H

#include <stdbool.h>

#include "history.h"
#include "postern/base/attributes.h"
#include "postern/generation/summary.h"
#include "slot.h"

struct supervisor;

#define REMEMBER_TROUBLE_SIZE (SUMMARY_PATH_SIZE + 192)

/* True if nothing can be kept in the state directory, with why: to be found out now, and not when somebody
 * has to be denied at once. */
NODISCARD bool remember_trouble(const char *state_directory, char out[REMEMBER_TROUBLE_SIZE]);
void remember_open(struct supervisor *supervisor, const char *state_directory);
/* A HANDOVER_SEEN came. */
void remember_seen(struct supervisor *supervisor, struct slice records);
/* The slot's worker has gone: when its clients were there is known from its table only until it is empty. */
void remember_slot(struct supervisor *supervisor, const struct slot *slot);
/* The history as of now, as history_snapshot() gives it. */
NODISCARD int remember_snapshot(struct supervisor *supervisor);
void remember_close(struct supervisor *supervisor);

#endif
