/* Admitted, or refused for a reason: the one function behind a new handshake, a resumed session, the sweep of
 * open connections at a new generation, and `postern explain`. It works on the path that verification left
 * behind: the deny list, dates, depth, purpose, whether the anchor is still trusted, and revocation of each
 * certificate but the anchor (RFC 5280 §6.1, §6.3). No signature is verified, nothing is allocated: about a
 * microsecond. (Once for each pending CRL: one signature.) */
#ifndef POSTERN_TRUST_VERDICT_H
#define POSTERN_TRUST_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/trust/crl_record.h"
#include "postern/trust/deny.h"
#include "postern/trust/path.h"
#include "postern/trust/reason.h"
#include "postern/trust/trust.h"

#define TRUST_NEVER INT64_MAX

/* trust_verdict.notes: admitted, but somebody should know. */
#define TRUST_NOTE_CRL_GRACE   1u /* by a CRL past its nextUpdate, in its grace */
#define TRUST_NOTE_CRL_MISSING 2u /* without a CRL, by crl_missing = allow */
#define TRUST_NOTE_UNCHECKED   4u /* revocation is not configured */

struct trust_verdict {
    enum trust_reason reason;
    unsigned depth;     /* of the certificate that decided, 0 for the leaf; the anchor is path->count */
    unsigned notes;     /* TRUST_NOTE_* */
    int64_t recheck_at; /* wall seconds: the earliest of notAfter and CRL deadlines; ask again then */
    unsigned char revocation_reason; /* CRLReason, when revoked */
    const struct crl_record *crl;    /* what decided, or NULL; lives as long as the trust */
    struct deny_match denied;        /* when denied; lives as long as the trust */
    int x509_error;                  /* X509_V_ERR_* that OpenSSL found, or 0 */
    char detail[384]; /* for people, when refused: names issuer, serial, date; printable; else empty */
};

/* Judge a path. Leaves out->detail empty: trust_verdict_tell() fills it where it is wanted.
 *   now_s  wall seconds
 * Returns out->reason. A path without links is TRUST_UNTRUSTED_CHAIN. */
enum trust_reason trust_verdict(const struct trust *trust, const struct trust_path *path, int64_t now_s,
                                struct trust_verdict *out);
/* Fill detail from the rest, unless it is filled. Borrows. */
void trust_verdict_tell(const struct trust *trust, const struct trust_path *path, int64_t now_s,
                        struct trust_verdict *verdict);

#endif
