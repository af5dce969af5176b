/* Certificate revocation lists, RFC 5280 §5: version 2, AKI, crlNumber, nextUpdate, a reason for each entry
 * that has one. Made from the index whole. An entry stays until a CRL was issued a full life after its
 * certificate ended (§3.3 asks for one scheduled CRL beyond it). */
#ifndef POSTERN_PKI_CRL_H
#define POSTERN_PKI_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/pki/database.h"

struct pki_authority;
struct pki_staging;

struct pki_crl_facts {
    char number[PKI_SERIAL_TEXT_SIZE]; /* hex; empty if the CRL has none */
    int64_t this_update_s, next_update_s;
    size_t count; /* entries */
};

/* Make a new CRL of an unlocked authority with a loaded database, and replace crlnumber and crl.pem.
 *   now_s    thisUpdate
 *   days     until nextUpdate
 *   staging  src/pki/staging.h; NULL: at once
 * Returns 0, or -1 with err. The bundle is the caller's to rebuild. */
NODISCARD int pki_crl_write(struct pki_authority *authority, int64_t now_s, uint64_t days,
                            struct pki_staging *staging, struct err *err);

/* Read what an authority's crl.pem says; 0, or -1 with err. */
NODISCARD int pki_crl_facts(const struct pki_authority *authority, struct pki_crl_facts *out,
                            struct err *err);

struct pki_refresh_options {
    const char *directory;
    const char *ca_passphrase;
    const char *root_key; /* where the Root's key lies, if not in its folder */
    const struct clock *clock;
};

struct pki_refreshed {
    struct pki_crl_facts root, intermediate;
    bool has_intermediate;
    bool root_kept; /* its key is not here, and its CRL was left as it is */
    char *crl_bundle;
};

/* Make all CRLs and bundles of a profile anew. A Root whose key file is not there keeps its CRL, which is an
 * error only if that has ended. Clear out with pki_refreshed_clear(). Returns 0, or -1 with err. */
NODISCARD int pki_refresh(const struct pki_refresh_options *options, struct pki_refreshed *out,
                          struct err *err);
void pki_refreshed_clear(struct pki_refreshed *refreshed);

#endif
