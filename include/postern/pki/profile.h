/* A profile: a directory with a PKI of its own, root/ and (unless it was made with a single authority)
 * intermediate/, and what gateways read from it: client-ca-bundle.pem and crl-bundle.pem.
 *
 * Whoever changes it holds an exclusive flock(2) on `.lock`; the kernel lets go when the process ends,
 * however it ends. Readers need no lock: each file is replaced by rename, so that they see it before or
 * after.
 *
 * Every change is a row of such replacements whose order makes each prefix a usable directory. All files of a
 * row are on the disk, beside the old ones, before the first is replaced: a full disk changes nothing. issue:
 * newcerts/SERIAL.pem, index.txt, the folder of the name (exchanged whole), then as revoke for those that it
 * supersedes. A crash wastes at most a certificate whose key nobody has. revoke: `.unfinished`, index.txt,
 * crlnumber, crl.pem, crl-bundle.pem, `.unfinished` removed. Whoever opens the profile for writing next and
 * finds `.unfinished` makes the CRLs and bundles anew first. init: everything in a directory beside, which is
 * then renamed. Whoever opens it for writing also removes what a killed one was about to rename. */
#ifndef POSTERN_PKI_PROFILE_H
#define POSTERN_PKI_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/pki/authority.h"
#include "postern/pki/settings.h"

enum pki_access { PKI_READ, PKI_WRITE };

struct pki_staging;
struct pki_change;

struct pki_profile {
    char *directory;
    const struct clock *clock;
    struct pki_settings settings;
    struct pki_authority root;
    struct pki_authority intermediate; /* empty unless has_intermediate */
    bool has_intermediate;
    /* While a rotation goes on (rotate.h), the authorities that come next, or the last ones, in other/. */
    struct pki_authority other_root, other_intermediate;
    bool has_other_root, has_other_intermediate, other_is_next;
    bool is_unfinished;        /* the last change stopped before its CRL: pki_profile_recover() */
    struct pki_change *change; /* what is being done; or NULL */
    int lock_fd;               /* -1 with PKI_READ */
};

/* Where the profile of a name lies: /var/lib/postern/pki/NAME for root, ~/.postern/pki/NAME otherwise.
 *   out  gives; free with free()
 * Returns 0, or -1 with err: a name that is none, no HOME. */
NODISCARD int pki_profile_default_directory(const char *name, char **out, struct err *err);

/* Open a profile; with PKI_WRITE wait for its lock, and hold it until the close.
 *   directory  borrows
 *   clock      keeps; NULL for the system's
 *   out        gives; free with pki_profile_close()
 * Returns 0, or -1 with err: no profile there, damaged certificate or settings, read-only directory. */
NODISCARD int pki_profile_open(const char *directory, enum pki_access access, const struct clock *clock,
                               struct pki_profile **out, struct err *err);
void pki_profile_close(struct pki_profile *profile);

/* The authority that issues to servers and clients: the Intermediate, or the only one. */
struct pki_authority *pki_profile_issuer(struct pki_profile *profile);
/* All authorities, Roots first. Returns how many. */
#define PKI_AUTHORITIES_MAX 4
size_t pki_profile_authorities(struct pki_profile *profile, struct pki_authority *out[PKI_AUTHORITIES_MAX]);
/* Those whose certificates servers and clients hold: pki_profile_issuer(), and while a rotation goes on the
 * other one. Returns how many. */
#define PKI_ISSUERS_MAX 2
size_t pki_profile_issuers(struct pki_profile *profile, struct pki_authority *out[PKI_ISSUERS_MAX]);
/* Have key and database of each of them. Returns 0, or -1 with err. */
NODISCARD int pki_profile_need_issuers(struct pki_profile *profile, const char *ca_passphrase,
                                       struct err *err);
/* How long a CRL of this authority lives. */
uint64_t pki_profile_crl_days(const struct pki_profile *profile, const struct pki_authority *authority);
/* "DIRECTORY/name". Gives; free with free(). */
char *pki_profile_path(const struct pki_profile *profile, const char *name);
/* Replace client-ca-bundle.pem and crl-bundle.pem by what the authorities have, or will have
 * (src/pki/staging.h; NULL: at once). Returns 0, or -1 with err. */
NODISCARD int pki_profile_write_bundles(struct pki_profile *profile, struct pki_staging *staging,
                                        struct err *err);
/* Finish what a crash left: new CRLs and bundles. Nothing if nothing is left. The Root's CRL is left alone if
 * its key is away: only issuing authorities' entries change while it is.
 *   ca_passphrase  of an encrypted key; may be NULL */
NODISCARD int pki_profile_recover(struct pki_profile *profile, const char *ca_passphrase, struct err *err);

#endif
