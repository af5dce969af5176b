/* From certificates to a verdict: builds and verifies the path with X509_verify_cert() (without its CRL
 * code), holds each certificate to our rules of strength and purpose, and asks trust_verdict(). */
#ifndef POSTERN_TRUST_VERIFY_H
#define POSTERN_TRUST_VERIFY_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/trust/path.h"
#include "postern/trust/trust.h"
#include "postern/trust/verdict.h"

struct x509_st;
struct x509_store_ctx_st;
struct stack_st_X509;

/* For SSL_CTX_set_cert_verify_callback(): verify what the client sent. The store of the context must be
 * trust_store(trust). Sets time, depth, purpose and flags on the context, and at the end its error and depth,
 * so that OpenSSL sends the alert of the reason (reason.h); return `reason == TRUST_ADMITTED` from the
 * callback.
 *   context  borrows
 *   now_s    wall seconds
 *   path     set as far as it is known; count is 0 if no path was built
 *   verdict  set, with detail when refused
 * Returns verdict->reason. Drains OpenSSL's error queue. */
enum trust_reason trust_verify(const struct trust *trust, struct x509_store_ctx_st *context, int64_t now_s,
                               struct trust_path *path, struct trust_verdict *verdict);

/* The same for certificates at hand (`explain`, `check`, trial).
 *   leaf       borrows; NULL is no_certificate
 *   untrusted  what the client would send along; borrows; may be NULL
 *   chain      if not NULL, gives the path found, leaf first, anchor last, or NULL: free with
 *              sk_X509_pop_free(chain, X509_free) */
enum trust_reason trust_verify_certificates(const struct trust *trust, struct x509_st *leaf,
                                            struct stack_st_X509 *untrusted, int64_t now_s,
                                            struct trust_path *path, struct trust_verdict *verdict,
                                            struct stack_st_X509 **chain);

#endif
