/* Certificates that were superseded with an overlap, and when each is to be revoked: overlaps.txt of the
 * profile, "OLD-SERIAL TIME NEW-SERIAL" a line. A line counts once the new certificate stands in the index:
 * it is written before, so that a crash between leaves no certificate valid that nobody thinks of. Who opens
 * the profile for writing next, or `postern pki crl` and cron, revokes what is due. */
#ifndef POSTERN_PKI_OVERLAP_H
#define POSTERN_PKI_OVERLAP_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/find.h"
#include "postern/pki/profile.h"
#include "staging.h"

/* Write down that these are to be revoked. Returns 0, or -1 with err.
 *   staging  staging.h; to be renamed before the index */
NODISCARD int pki_overlap_add(const struct pki_profile *profile, const struct pki_found *old, int64_t until_s,
                              const char *new_serial, struct pki_staging *staging, struct err *err);
/* Revoke what is due. Nothing, and no key needed, if nothing is. Returns 0, or -1 with err. */
NODISCARD int pki_overlap_end_due(struct pki_profile *profile, const char *ca_passphrase, struct err *err);

#endif
