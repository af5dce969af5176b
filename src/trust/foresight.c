#include "postern/trust/foresight.h"

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

bool trust_foresee(const struct trust *trust, const struct trust *older, const struct trust_path *path,
                   int64_t now_s, struct trust_verdict *out)
{
    trust_verdict(trust, path, now_s, out);
    trust_verdict_tell(trust, path, now_s, out);
    switch (out->reason) {
    case TRUST_UNTRUSTED_CHAIN:
        return !may_lead_elsewhere(trust, path);
    case TRUST_CRL_MISSING:
        return !is_unmet(trust, path, out->depth);
    case TRUST_ADMITTED:
        return !may_lack_a_link(trust, older, path);
    default:
        return true;
    }
}
