/* Whom a generation trusts: anchors, intermediates, CRL index and policy, ready to judge. Immutable but for a
 * memory of what was verified (pending CRLs), so for one thread. Built whole; dropped whole. */
#ifndef POSTERN_TRUST_TRUST_H
#define POSTERN_TRUST_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/trust/bundle.h"
#include "postern/trust/crl_index.h"
#include "postern/trust/deny.h"

struct trust;
struct x509_store_st;
struct stack_st_X509_NAME;

struct trust_policy {
    bool check_revocation;  /* `crl` is configured; if not, revocation is not looked at */
    bool crl_missing_allow; /* crl_missing = allow */
    int64_t crl_grace_s;    /* crl_expired = grace: seconds past nextUpdate; 0 = refuse */
    unsigned max_depth;     /* intermediates; at most TRUST_PATH_MAX - 1 */
    bool require_eku;       /* absence of extended key usage is wrong_purpose */
    bool partial_chain;     /* intermediates of the bundle are anchors too */
    /* Names of CAs that publish no CRL (crl_publishes_none), RFC 2253 as `openssl x509 -issuer -nameopt
     * RFC2253` and `postern check` print them. */
    const char *const *publishes_none;
    size_t publishes_none_count;
    const struct deny *deny; /* sealed; keeps until trust_free(); NULL: nobody is denied */
};

/*   policy  borrows
 *   bundle  borrows for the call; checked with trust_bundle_check()
 *   index   keeps until trust_free(); NULL if no `crl` is configured
 * Returns NULL with err: bundle not sufficient, depth out of range. */
NODISCARD struct trust *trust_new(const struct trust_policy *policy, const struct trust_bundle *bundle,
                                  const struct crl_index *index, struct err *err);
void trust_free(struct trust *trust);

/* Carry over which issuers clients have presented so far, so that connections whose CA is not in the bundle
 * can be judged by a new generation's pending CRLs. Call before the new one is asked. */
void trust_inherit(const struct trust *trust, const struct trust *older);

/* For SSL_CTX_set1_cert_store(): the bundle alone, no lookups in directories, no CRLs. Borrowed. */
struct x509_store_st *trust_store(const struct trust *trust);
/* Distinct subject names of the bundle, roots first: the certificate_authorities of a CertificateRequest.
 * Borrowed as long as trust; copy with SSL_dup_CA_list(). */
const struct stack_st_X509_NAME *trust_ca_names(const struct trust *trust);
size_t trust_ca_name_count(const struct trust *trust);
/* NULL without CRLs. */
const struct crl_index *trust_crl_index(const struct trust *trust);
const struct trust_policy *trust_get_policy(const struct trust *trust);

/* Which issuers of the bundle have no CRL that covers what they sign, or an expired one: said by `check` and
 * the log before any client meets it. Calls each with a CA of the bundle that may issue and that is judged.
 *   reason  TRUST_ADMITTED (record tells until when), TRUST_CRL_MISSING, TRUST_CRL_EXPIRED, _NOT_YET_VALID
 *   record  the CRL in question, or NULL */
struct trust_issuer_report {
    const char *issuer; /* RFC 2253 */
    int reason;         /* enum trust_reason */
    bool tolerated;     /* the policy lets its certificates in all the same */
    const struct crl_record *record;
    int64_t deadline; /* wall seconds when the record stops to admit; INT64_MAX */
};
void trust_report_issuers(const struct trust *trust, int64_t now_s,
                          void (*each)(void *context, const struct trust_issuer_report *report),
                          void *context);

#endif
