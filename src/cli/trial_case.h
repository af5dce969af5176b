/* The clients that `postern trial` asks about, and what each would hear. */
#ifndef POSTERN_CLI_TRIAL_CASE_H
#define POSTERN_CLI_TRIAL_CASE_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/slice.h"
#include "postern/observe/seen.h"
#include "postern/trust/trust.h"
#include "postern/trust/verdict.h"

enum trial_outcome {
    TRIAL_ADMITTED,
    TRIAL_REFUSED, /* and admitted today */
    TRIAL_ALREADY, /* refused already: not by what is tried */
    TRIAL_UNSURE,
    TRIAL_OUTCOMES
};

struct trial_case {
    struct seen seen; /* borrows from the history */
    enum trial_outcome outcome;
    enum trust_reason reason;
    struct trust_serial serial; /* of the client's certificate; length 0: not known */
    char detail[sizeof(((struct trust_verdict *)0)->detail)];
};

struct trial {
    struct trial_case *cases; /* all but the admitted; those connected first, then the last seen first */
    size_t count;
    size_t clients, counts[TRIAL_OUTCOMES];
    size_t connected; /* of the refused */
};

/* Ask about each client of the last day.
 *   history    a file or snapshot (observe/seen.h); borrows while the trial lives
 *   candidate  the trust that is tried
 *   running    what is in force; NULL: not known
 * Returns 0, or -1 if history is something else. */
NODISCARD int trial_run(struct trial *trial, struct slice history, const struct trust *candidate,
                        const struct trust *running, int64_t now_s);
void trial_clear(struct trial *trial);
/* "refused", "already_refused", "cannot_tell" */
const char *trial_outcome_code(enum trial_outcome outcome);

#endif
