/* Changes of the deny list that were asked for by command. Each is a load of its own kind (generation/deny.h)
 * that reads no other file, and goes before any other: a load under way is put off for it, since nobody
 * should wait for a large CRL, or for a broken file, to have a client refused. */
#ifndef POSTERN_SUPERVISOR_DENYING_H
#define POSTERN_SUPERVISOR_DENYING_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/err.h"
#include "postern/base/list.h"
#include "postern/base/slice.h"

struct supervisor;

/* What control clients wait for is numbered: loads from 1 on, these from here on. */
#define DENYING_FIRST (UINT64_C(1) << 63)

struct denying {
    struct list wishes; /* the first is under way if is_running */
    bool is_running;
    uint64_t asked; /* so far */
};

void denying_init(struct supervisor *supervisor);
void denying_clear(struct supervisor *supervisor);
/* "add ENTRY" or "remove ENTRY"; borrows. Returns what to wait for. */
uint64_t denying_ask(struct supervisor *supervisor, struct slice change);
/* Begin the next if there is one and nothing else is under way. True if it was begun. */
bool denying_next(struct supervisor *supervisor);
/* Is what was loaded, or is being rolled out, one of these? */
bool denying_is_running(const struct supervisor *supervisor);
/* The one under way has failed, or is in force.
 *   is_kept  it stands in the list, which could not be brought into force */
void denying_failed(struct supervisor *supervisor, const struct err *err, bool is_kept);
void denying_succeeded(struct supervisor *supervisor);

#endif
