/* The second half of every act that revokes: from the index in memory to the bundle that gateways read. */
#ifndef POSTERN_PKI_CHANGE_H
#define POSTERN_PKI_CHANGE_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/profile.h"

#define PKI_UNFINISHED_FILE ".unfinished"

/* Seconds since 1970, by the profile's clock. */
int64_t pki_now(const struct pki_profile *profile);
/* Open for writing, finish what a crash left, and revoke what is due (overlap.h). Close *out in any case. */
NODISCARD int pki_change_open(const char *directory, const char *ca_passphrase, const struct clock *clock,
                              struct pki_profile **out, struct err *err);
/* Remember on the disk that CRLs and bundles are to be made anew. */
NODISCARD int pki_change_mark(struct pki_profile *profile, struct err *err);
/* The same, and save each index that has changed: their CRLs are behind. */
NODISCARD int pki_change_begin(struct pki_profile *profile, struct err *err);
/* The CRL of each authority whose is behind, bundles, and the mark removed. They are unlocked. */
NODISCARD int pki_change_publish(struct pki_profile *profile, struct err *err);

#endif
