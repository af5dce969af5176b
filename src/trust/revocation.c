#include "revocation.h"

#include <string.h>

#include "postern/trust/crl.h"
#include "trust_state.h"

/* What is known so far about one certificate. */
struct inquiry {
    const struct trust *trust;
    const struct trust_link *link;
    int64_t now_s;
    enum trust_reason best; /* TRUST_CRL_MISSING until a CRL covers it */
    const struct crl_record *record;
    int64_t deadline; /* of record */
    const struct revocation_witness *witness;
};

int64_t crl_deadline(const struct crl_record *record, int64_t grace_s)
{
    return record->next_update > INT64_MAX - grace_s ? INT64_MAX : record->next_update + grace_s;
}

enum trust_reason crl_standing(const struct crl_record *record, int64_t now_s, int64_t grace_s)
{
    /* As for certificates, the last second of a CRL is the one before nextUpdate: OpenSSL counts so too. */
    if (now_s >= crl_deadline(record, grace_s))
        return TRUST_CRL_EXPIRED;
    if (now_s < record->this_update - CRL_SKEW_S)
        return TRUST_CRL_NOT_YET_VALID;
    return TRUST_ADMITTED;
}

/* §6.3.3 (b)(2): does the CRL's scope include this certificate? */
static bool covers(const struct crl_record *record, const struct trust_link *link)
{
    bool is_ca = link->flags & TRUST_LINK_IS_CA;
    if ((record->flags & CRL_ONLY_USER && is_ca) || (record->flags & CRL_ONLY_CA && !is_ca))
        return false;
    if (!(record->flags & CRL_HAS_POINTS))
        return true;
    for (unsigned i = 0; i < record->point_count; i++)
        for (unsigned j = 0; j < link->point_count && j < TRUST_POINTS_MAX; j++)
            if (memcmp(record->points[i], link->points[j], TRUST_POINT_SIZE) == 0)
                return true;
    return false;
}

static void testify(const struct inquiry *inquiry, const struct crl_record *record, bool is_in_scope,
                    const struct crl_entry *entry)
{
    if (inquiry->witness)
        inquiry->witness->each(inquiry->witness->context, record, is_in_scope, entry);
}

/* Returns true if this CRL revokes the certificate: then there is nothing more to ask. */
static bool ask_record(struct inquiry *inquiry, const struct crl_record *record, struct trust_verdict *out)
{
    int64_t grace_s = inquiry->trust->policy.crl_grace_s;
    if (!covers(record, inquiry->link)) {
        testify(inquiry, record, false, NULL);
        return false;
    }
    const struct crl_entry *entry = crl_index_lookup(inquiry->trust->index, record, &inquiry->link->serial);
    testify(inquiry, record, true, entry);
    if (entry) {
        out->crl = record;
        out->revocation_reason = entry->reason;
        return true;
    }
    enum trust_reason standing = crl_standing(record, inquiry->now_s, grace_s);
    int64_t deadline = crl_deadline(record, grace_s);
    bool is_better = standing == TRUST_ADMITTED
                         ? inquiry->best != TRUST_ADMITTED || deadline > inquiry->deadline
                         : inquiry->best == TRUST_CRL_MISSING;
    if (is_better) {
        inquiry->best = standing;
        inquiry->record = record;
        inquiry->deadline = deadline;
    }
    return false;
}

static bool ask_all(struct inquiry *inquiry, struct trust_verdict *out)
{
    const struct trust *trust = inquiry->trust;
    size_t count;
    const struct crl_record *records = crl_index_find(trust->index, &inquiry->link->issuer, &count);
    for (size_t i = 0; i < count; i++)
        if (ask_record(inquiry, &records[i], out))
            return true;
    for (size_t i = 0; i < issuers_pending(trust->issuers); i++)
        if (issuers_is_pending_of(trust->issuers, i, &inquiry->link->issuer) &&
            ask_record(inquiry, crl_index_record(trust->index, i), out))
            return true;
    return false;
}

/* No CRL covers it: does the policy let it pass? Not where a pending CRL could be its CA's and we cannot
 * tell: this process has not met that CA yet, or the CRL names it and does not verify. */
static enum trust_reason tolerate_missing(const struct inquiry *inquiry, struct trust_verdict *out)
{
    const struct trust *trust = inquiry->trust;
    const struct issuer *issuer = issuers_find(trust->issuers, &inquiry->link->issuer);
    if (issuer && issuer->publishes_none)
        return TRUST_ADMITTED;
    if (!trust->policy.crl_missing_allow || issuers_has_doubtful(trust->issuers, issuer))
        return TRUST_CRL_MISSING;
    out->notes |= TRUST_NOTE_CRL_MISSING;
    return TRUST_ADMITTED;
}

enum trust_reason revocation_ask(const struct trust *trust, const struct trust_link *link, int64_t now_s,
                                 struct trust_verdict *out)
{
    return revocation_ask_before(trust, link, now_s, NULL, out);
}

enum trust_reason revocation_ask_before(const struct trust *trust, const struct trust_link *link,
                                        int64_t now_s, const struct revocation_witness *witness,
                                        struct trust_verdict *out)
{
    struct inquiry inquiry = {
        .trust = trust, .link = link, .now_s = now_s, .best = TRUST_CRL_MISSING, .witness = witness};
    if (ask_all(&inquiry, out))
        return TRUST_REVOKED;
    if (inquiry.best == TRUST_CRL_MISSING)
        return tolerate_missing(&inquiry, out);
    out->crl = inquiry.record;
    if (inquiry.best != TRUST_ADMITTED)
        return inquiry.best;
    if (now_s >= inquiry.record->next_update)
        out->notes |= TRUST_NOTE_CRL_GRACE;
    if (inquiry.deadline < out->recheck_at)
        out->recheck_at = inquiry.deadline;
    return TRUST_ADMITTED;
}
