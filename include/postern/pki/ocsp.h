/* An OCSP responder without its transport: a request in DER to an answer in DER. RFC 6960, 5019, 8954.
 *
 * Answers without a nonce are signed when they are first asked for and kept while they are fresh, so that a
 * fleet that asks the same again costs a lookup each; an answer with a nonce is signed for its asker. Every
 * answer is signed by the delegated certificate of the authority in question (ocsp_signer.h): this code never
 * has an authority's key. What is asked about an authority that is not here is `unauthorized`, a serial that
 * its index does not hold is `unknown`. One thread. */
#ifndef POSTERN_PKI_OCSP_H
#define POSTERN_PKI_OCSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_OCSP_REQUEST_MAX (16u * 1024)  /* bytes of DER */
#define PKI_OCSP_LIFE_S      INT64_C(3600) /* from thisUpdate to nextUpdate */

struct ocsp_responder;

/* One authority that is answered for. All is borrowed for the call of ocsp_responder_set(), but: */
struct ocsp_authority {
    struct slice certificate; /* DER */
    struct slice statuses;    /* from a publication: kept until the next set or free */
    struct slice signer;      /* PEM, key and certificate; empty: nothing can be answered for this one */
};

struct ocsp_answer {
    struct slice der;      /* until the next call */
    bool may_be_cached;    /* by whoever stands between: it has no nonce, and is no error */
    int64_t this_update_s; /* 0 for an error */
    int64_t next_update_s;
};

struct ocsp_responder *ocsp_responder_new(void);
void ocsp_responder_free(struct ocsp_responder *responder);
/* Take over new statuses and signers; what was kept is forgotten. Returns 0, or -1 with err about the first
 * signer that is of no use; the rest works. */
NODISCARD int ocsp_responder_set(struct ocsp_responder *responder, const struct ocsp_authority *authorities,
                                 size_t count, struct err *err);
/* How many authorities can be answered for at this time. */
size_t ocsp_responder_ready(const struct ocsp_responder *responder, int64_t now_s);
/* Answer. Whatever comes in, an OCSP response goes out: malformedRequest and the like are unsigned. */
void ocsp_responder_answer(struct ocsp_responder *responder, struct slice request, int64_t now_s,
                           struct ocsp_answer *out);

#endif
