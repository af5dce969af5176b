/* Deny lists in a generation: the file that the configuration names, and the list that `postern deny` keeps
 * in [state] directory. A change by command touches no other input: everything but that list is taken from
 * the running generation, so that it works while a file on disk is broken, and costs no reading of CRLs.
 * Whoever reads the file or the command's words is the loader process. */
#ifndef POSTERN_GENERATION_DENY_H
#define POSTERN_GENERATION_DENY_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

/* Indexes of PACK_DENY. */
#define DENY_FILE 0u
#define DENY_KEPT 1u

/* What messages call the list that is kept. */
#define DENY_KEPT_SOURCE "postern deny"

/* Change the list that is kept, on disk and in a new pack.
 *   change      "add ENTRY" or "remove ENTRY", the entry as trust/deny.h has it; borrows
 *   number      of the generation to make
 *   running_fd  the pack in force; borrows
 * Returns the sealed pack (gives, close-on-exec) when the list has been written, or -1 with err: not
 * understood, nothing to remove, the list cannot be written. Then nothing has changed. */
NODISCARD int generation_deny(struct slice change, uint64_t number, int running_fd, const struct clock *clock,
                              struct err *err);

#endif
