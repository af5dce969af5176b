/* The walk through one CRL, cut by what is walked: structure (crl.c), extensions (crl_extensions.c), entries
 * (crl_entries.c), signature (crl_signature.c). */
#ifndef POSTERN_TRUST_CRL_WALK_H
#define POSTERN_TRUST_CRL_WALK_H

#include <openssl/types.h>
#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/trust/crl.h"

/* Where the parts of a CertificateList lie; all borrowed from its DER. */
struct crl_walk {
    struct slice tbs;        /* TBSCertList, whole */
    struct slice algorithm;  /* AlgorithmIdentifier, whole; inner and outer are the same bytes */
    struct slice issuer;     /* Name, whole */
    struct slice entries;    /* inside revokedCertificates */
    struct slice extensions; /* inside crlExtensions' SEQUENCE */
    struct slice signature;  /* inside the BIT STRING, without its count of unused bits */
    bool is_v2;

    const struct crl_options *options;
    const char *path;
    unsigned line;
    char issuer_text[256]; /* for messages */
    struct crl *out;
    struct err *err;
};

/* "CRL of ISSUER: ...", at the walk's place. Returns -1. */
int crl_refuse(struct crl_walk *walk, const char *format, ...) PRINTF_LIKE(2, 3);
/* Add to the remark what `legacy` let in; or refuse it, if the profile is strict. */
NODISCARD int crl_tolerate(struct crl_walk *walk, const char *what, const char *remedy);

NODISCARD int crl_walk_extensions(struct crl_walk *walk);
NODISCARD int crl_walk_entries(struct crl_walk *walk);
/* By a CA of the bundle, or leave it pending. */
NODISCARD int crl_check_signature(struct crl_walk *walk, const struct trust_bundle *bundle);

/* Does this key verify a signature over a digest? For RSA (PKCS #1 v1.5) and ECDSA. Drains the error queue.
 */
NODISCARD bool crl_digest_verifies(EVP_PKEY *key, int digest_nid, const unsigned char *digest, size_t length,
                                   struct slice signature);

#endif
