/* Does a gateway do with this profile's certificates what it should? Asked from outside, with a canary: a
 * client certificate that is issued for the purpose, used, revoked, and used again. */
#ifndef POSTERN_PKI_VERIFY_H
#define POSTERN_PKI_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

enum pki_outcome { PKI_VERIFY_GOOD, PKI_VERIFY_BAD, PKI_VERIFY_UNKNOWN };

/* One row of the table; texts are borrowed for the call. */
struct pki_finding {
    const char *name;
    enum pki_outcome outcome;
    const char *detail;
    const char *advice; /* "" if it is good */
};

struct pki_verify_options {
    const char *directory, *ca_passphrase;
    const char *host, *port; /* of the gateway */
    unsigned within_s;       /* how soon a revocation must bite */
    bool read_only;          /* issue no canary */
    void (*each)(void *context, const struct pki_finding *finding);
    void *context;
};

/* Run all checks. Returns 0 with *outcome (bad outweighs unknown), or -1 with err if there is no profile. */
NODISCARD int pki_verify(const struct pki_verify_options *options, enum pki_outcome *outcome,
                         struct err *err);

#endif
