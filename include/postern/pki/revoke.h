/* Revoking certificates: the index says so first, then a new CRL, then the bundle that gateways watch. */
#ifndef POSTERN_PKI_REVOKE_H
#define POSTERN_PKI_REVOKE_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"
#include "postern/pki/issue.h"

/* What to revoke: exactly one of name, serial, unit, all. Strings are borrowed. */
struct pki_revoke_options {
    const char *directory; /* the profile's */
    const char *name;      /* the whole CN, never a part of it */
    const char *serial;    /* hex */
    const char *unit;      /* OU: everybody in it */
    bool all;
    enum pki_kind kind; /* PKI_ANY: a name that a server and a client bear is refused as ambiguous */
    enum pki_reason reason;
    const char *ca_passphrase;
    const struct clock *clock;
};

struct pki_revoked {
    size_t count;                      /* how many were revoked */
    char serial[PKI_SERIAL_TEXT_SIZE]; /* of the last of them */
    char **certificates;               /* their files in newcerts/, as many as there are */
    size_t certificate_count;
    char *crl_bundle; /* the file that gateways read */
};

/* Open the profile for writing, revoke, write CRL and bundles, close.
 *   out  is filled on success; clear with pki_revoked_clear()
 * Returns 0, or -1 with err: nothing of that name, revoked already (and since when), ambiguous, no key. */
NODISCARD int pki_revoke(const struct pki_revoke_options *options, struct pki_revoked *out, struct err *err);
void pki_revoked_clear(struct pki_revoked *revoked);

/* Lift a certificateHold; any other revocation is for ever (RFC 5280 §5.3.1). One of name and serial.
 * Writes and results as pki_revoke(). */
NODISCARD int pki_unrevoke(const struct pki_revoke_options *options, struct pki_revoked *out,
                           struct err *err);

#endif
