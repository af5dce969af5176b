/* One CRL (RFC 5280 §5), read from its DER by our own walk: no X509_CRL and no X509_REVOKED is ever built, an
 * entry becomes 24 bytes. Strict where OpenSSL is lax; `legacy` lets in only what old tools leave out and
 * nothing depends on: the authority key identifier and the CRL number. Runs in the loader.
 *
 * The signature is checked once, here, over the raw TBSCertList, by a CA of the bundle. A CRL whose CA is not
 * in the bundle (clients bring that intermediate) is *pending*: the digest of its TBS and its signature are
 * kept, and a worker checks them when a path first presents that CA. */
#ifndef POSTERN_TRUST_CRL_H
#define POSTERN_TRUST_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/trust/bundle.h"
#include "postern/trust/crl_record.h"

#define CRL_ENTRIES_MAX (16u * 1024 * 1024)
#define CRL_SKEW_S      300 /* how far thisUpdate may lie ahead of our clock */

enum crl_profile { CRL_STRICT, CRL_LEGACY };

struct crl_options {
    enum crl_profile profile;
    int64_t now_s; /* wall seconds */
};

struct crl {
    struct crl_record record;                   /* offsets are unset: crl_set.h gives them */
    struct crl_entry *entries;                  /* sorted, each serial once; record.entry_count of them */
    char issuer_text[512];                      /* RFC 2253 */
    unsigned char signature[CRL_SIGNATURE_MAX]; /* of a pending one; record.signature_length bytes */
    char remark[256];                           /* what `legacy` let in, or that it is pending; or empty */
};

/* Walk, check, and verify one CRL.
 *   der      exactly one CertificateList; borrows
 *   bundle   where its CA is looked for; borrows
 *   path     and line: where it stands, for messages
 *   out      gives; crl_clear() frees it, also after an error
 * Returns 0, or -1 with err: what rule was broken and what would be right. An expired CRL (nextUpdate passed)
 * is no error here: crl_missing and crl_expired are decided when somebody is judged by it. */
NODISCARD int crl_parse(struct slice der, const struct trust_bundle *bundle,
                        const struct crl_options *options, const char *path, unsigned line, struct crl *out,
                        struct err *err);
void crl_clear(struct crl *crl);

#endif
