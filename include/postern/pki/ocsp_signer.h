/* The certificate that signs OCSP answers for an authority, so that the authority's own key stays away from
 * the network: issued by the authority to a key of its own, with the one purpose OCSPSigning and with
 * id-pkix-ocsp-nocheck, for a month at most. RFC 6960 §4.2.2.2. Key and certificates lie in one file,
 * ocsp/root.pem and ocsp/intermediate.pem in the profile, mode 0400, replaced whole. */
#ifndef POSTERN_PKI_OCSP_SIGNER_H
#define POSTERN_PKI_OCSP_SIGNER_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_OCSP_SIGNER_DAYS     30
#define PKI_OCSP_SIGNER_FILE_MAX (64u * 1024)

struct pki_profile;
struct pki_authority;
struct evp_pkey_st;
struct x509_st;

struct pki_ocsp_signer {
    struct x509_st *certificate; /* NULL: there is none */
    struct evp_pkey_st *key;
    int64_t not_after_s;
};

/* Where the file of an authority lies. Gives; free with free(). */
char *pki_ocsp_signer_path(const struct pki_profile *profile, const struct pki_authority *authority);

/* Read key and certificate.
 *   pem    borrows; the caller cleanses it
 *   issuer the authority's certificate; borrows
 *   path   for messages
 *   out    clear with pki_ocsp_signer_clear() in any case
 * Returns 0, or -1 with err: damaged, key and certificate differ, not of this issuer, not for OCSP. */
NODISCARD int pki_ocsp_signer_parse(struct slice pem, const struct x509_st *issuer, const char *path,
                                    struct pki_ocsp_signer *out, struct err *err);
void pki_ocsp_signer_clear(struct pki_ocsp_signer *signer);

/* Issue a new one, unless the one that is there is good for another third of its life.
 *   profile    open for writing; authority is one of its two, unlocked, with its database
 *   renewed    set to whether a new one was issued
 * Returns 0, or -1 with err. */
NODISCARD int pki_ocsp_signer_renew(struct pki_profile *profile, struct pki_authority *authority,
                                    bool *renewed, struct err *err);

#endif
