/* The second half of every act that revokes: from the index in memory to the bundle that gateways read. */
#ifndef POSTERN_PKI_CHANGE_H
#define POSTERN_PKI_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/profile.h"
#include "staging.h"

#define PKI_UNFINISHED_FILE ".unfinished"

struct pki_change {
    struct pki_staging staging;
    bool is_first;     /* it has made the mark */
    bool is_committed; /* some of it may count already */
};

/* Seconds since 1970, by the profile's clock. */
int64_t pki_now(const struct pki_profile *profile);
/* Open for writing, finish what a crash left, and revoke what is due (overlap.h). Close *out in any case. */
NODISCARD int pki_change_open(const char *directory, const char *ca_passphrase, const struct clock *clock,
                              struct pki_profile **out, struct err *err);
/* Remember on the disk that CRLs and bundles are to be made anew; nothing if it is remembered. */
NODISCARD int pki_change_mark(struct pki_profile *profile, struct err *err);
/* The same, and save each index that has changed, at once: for who goes on to move folders. */
NODISCARD int pki_change_save(struct pki_profile *profile, struct err *err);
/* Mark, and write beside their files each index that has changed, the CRL of each authority whose is behind,
 * and the bundles. Their authorities are unlocked. Nothing counts yet: on failure, and when the profile is
 * closed without the next call, all is as before. */
NODISCARD int pki_change_begin(struct pki_profile *profile, struct err *err);
/* Begin unless that is done, put all in place, and remove the mark. */
NODISCARD int pki_change_publish(struct pki_profile *profile, struct err *err);
/* Forget what was begun. By pki_profile_close() too. */
void pki_change_abandon(struct pki_profile *profile);

#endif
