#include "postern/trust/foresight.h"

#include <stdio.h>
#include <string.h>

#include "postern/base/text.h"
#include "trust_state.h"

static bool is_bundled(const struct trust *trust, const struct trust_id *id)
{
    const struct issuer *issuer;
    for (size_t i = 0; (issuer = issuers_bundled(trust->issuers, i)) != NULL; i++)
        if (trust_id_equal(&issuer->id, id))
            return true;
    return false;
}

/* May a CA on the path, which is trusted still, lead to another anchor than the one that has gone? */
static bool may_lead_elsewhere(const struct trust *trust, const struct trust_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        if (is_bundled(trust, &path->links[i].issuer))
            return true;
    return false;
}

/* Was the path built with a CA from the bundle that the new one lacks? The anchor has been looked at. */
static bool may_lack_a_link(const struct trust *trust, const struct trust *older,
                            const struct trust_path *path)
{
    for (unsigned i = 0; i + 1 < path->count; i++) {
        const struct trust_id *id = &path->links[i].issuer;
        if (!is_bundled(trust, id) && (older == NULL || is_bundled(older, id)))
            return true;
    }
    return false;
}

static bool is_unmet(const struct trust *trust, const struct trust_path *path, unsigned depth)
{
    return depth < path->count && issuers_pending(trust->issuers) > 0 &&
           issuers_find(trust->issuers, &path->links[depth].issuer) == NULL;
}

static bool lists(const struct trust *trust, size_t pending, const struct trust_link *link)
{
    const struct crl_record *record = crl_index_record(trust->index, pending);
    unsigned char name[TRUST_NAME_SIZE];
    return trust_name_of_text(crl_record_issuer(trust->index, record), name) == 0 &&
           memcmp(name, link->issuer_name, sizeof(name)) == 0 &&
           crl_index_lookup(trust->index, record, &link->serial) != NULL;
}

/* Whose CRL it is nobody can verify before the CA is brought. But it bears the CA's name, and lists the
 * serial.
 */
static bool is_listed_by_name(const struct trust *trust, const struct trust_path *path, unsigned *depth)
{
    for (*depth = 0; *depth < path->count; ++*depth)
        for (size_t i = 0; i < issuers_pending(trust->issuers); i++)
            if (is_unmet(trust, path, *depth) && lists(trust, i, &path->links[*depth]))
                return true;
    return false;
}

static bool foresee_unmet(const struct trust *trust, const struct trust_path *path, struct trust_verdict *out)
{
    char serial[2 * TRUST_SERIAL_MAX + 1];
    unsigned depth;
    if (!is_listed_by_name(trust, path, &depth))
        return false;
    *out = (struct trust_verdict){.reason = TRUST_REVOKED, .depth = depth, .recheck_at = TRUST_NEVER};
    text_hex(serial, path->links[depth].serial.bytes, path->links[depth].serial.length, true);
    snprintf(out->detail, sizeof(out->detail),
             "serial %s is listed in the CRL that bears the name of its CA, which clients bring", serial);
    return true;
}

bool trust_foresee(const struct trust *trust, const struct trust *older, const struct trust_path *path,
                   int64_t now_s, struct trust_verdict *out)
{
    trust_verdict(trust, path, now_s, out);
    trust_verdict_tell(trust, path, now_s, out);
    switch (out->reason) {
    case TRUST_UNTRUSTED_CHAIN:
        return !may_lead_elsewhere(trust, path);
    case TRUST_CRL_MISSING:
        return !is_unmet(trust, path, out->depth) || foresee_unmet(trust, path, out);
    case TRUST_ADMITTED:
        return !may_lack_a_link(trust, older, path);
    default:
        return true;
    }
}
