/* What the CRLs say about one certificate. RFC 5280 §6.3, without deltas, reasons and indirect CRLs, which
 * the loader refuses. */
#ifndef POSTERN_TRUST_REVOCATION_H
#define POSTERN_TRUST_REVOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/trust/verdict.h"

/* Until when a CRL is good, in wall seconds. */
int64_t crl_deadline(const struct crl_record *record, int64_t grace_s);
/* TRUST_ADMITTED if it may be used now, else TRUST_CRL_EXPIRED or TRUST_CRL_NOT_YET_VALID. */
enum trust_reason crl_standing(const struct crl_record *record, int64_t now_s, int64_t grace_s);
/* Ask all CRLs that cover the certificate. One that revokes it decides, even if it is past its nextUpdate;
 * else one that is current admits. Sets crl, revocation_reason, notes and recheck_at of out; returns the
 * reason. */
enum trust_reason revocation_ask(const struct trust *trust, const struct trust_link *link, int64_t now_s,
                                 struct trust_verdict *out);

/* Told of each CRL that is asked, for `explain`.
 *   entry  what revokes the certificate, or NULL; NULL also if the CRL's scope leaves the certificate out */
struct revocation_witness {
    void (*each)(void *context, const struct crl_record *record, bool is_in_scope,
                 const struct crl_entry *entry);
    void *context;
};
/* The same before a witness; NULL: none. */
enum trust_reason revocation_ask_before(const struct trust *trust, const struct trust_link *link,
                                        int64_t now_s, const struct revocation_witness *witness,
                                        struct trust_verdict *out);

#endif
