/* What a timer does for a profile: CRLs made anew in good time, OCSP signers renewed, and a word about
 * whatever ends soon, while there is still time to do something about it. */
#ifndef POSTERN_PKI_CRON_H
#define POSTERN_PKI_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"

#define PKI_CRON_DAYS_DEFAULT   14
#define PKI_CRON_AUTHORITY_DAYS 180 /* it takes a rotation, and a fleet that hears of it */
#define PKI_CRON_NAMES_TOLD     5   /* of those that end soon; the rest are counted */

struct pki_cron_options {
    const char *directory;
    const char *ca_passphrase;
    bool always;               /* make CRLs anew even if they are young; otherwise past two thirds of their
                                  life */
    uint64_t days;             /* how long before the end of a certificate to warn */
    const struct clock *clock; /* NULL: the system's */
    /* Called for each thing that was done or found. text is borrowed for the call. */
    void (*tell)(void *context, bool is_warning, const char *text);
    void *context;
};

/* Returns how many warnings there were, or -1 with err: then what stood before it was done. */
NODISCARD int pki_cron(const struct pki_cron_options *options, struct err *err);

#endif
