/* Says again what the load said once: a CRL that runs out, has run out and is in its grace, or is missing.
 * Hourly, and at once when something gets worse between loads, since a CRL passes its nextUpdate without any
 * file changing. One worker of the house speaks; the others keep silent. */
#ifndef POSTERN_WORKER_CRL_REMINDER_H
#define POSTERN_WORKER_CRL_REMINDER_H

#include <stdint.h>

#include "postern/net/loop.h"
#include "postern/observe/log.h"
#include "postern/trust/trust.h"

struct crl_reminder {
    struct loop *loop;
    struct log *log;
    struct timer timer;
    const struct trust *trust; /* borrowed */
    unsigned told;             /* troubles that have been told */
    int64_t told_at_s;
};

/*   log  keeps until crl_reminder_clear() */
void crl_reminder_init(struct crl_reminder *reminder, struct loop *loop, struct log *log);
void crl_reminder_clear(struct crl_reminder *reminder);
/* A generation came into force; what is wrong with it now has been told.
 *   trust  keeps until the next call, or crl_reminder_clear() */
void crl_reminder_watch(struct crl_reminder *reminder, const struct trust *trust);

#endif
