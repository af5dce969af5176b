#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "overlap.h"
#include "postern/base/memory.h"
#include "postern/pki/audit.h"
#include "postern/pki/crl.h"
#include "postern/pki/profile.h"

static int prepare(struct pki_authority *authority, const char *passphrase, struct err *err)
{
    if (pki_authority_unlock(authority, passphrase, err) < 0 ||
        pki_authority_need_database(authority, err) < 0)
        return -1;
    authority->crl_is_behind = true;
    return 0;
}

/* The Root of a pair: its key may be elsewhere, or its passphrase with somebody else. */
static int refresh_root(struct pki_profile *profile, struct pki_authority *root,
                        const struct pki_refresh_options *options, bool *kept, struct err *err)
{
    struct pki_crl_facts facts;
    struct err reason = {0};
    const char *passphrase = options->ca_passphrase;
    *kept = false;
    if (prepare(root, passphrase, &reason) == 0)
        return 0;
    /* A key that is there and could be used, but did not work, is no reason to go on. */
    bool is_away = !root->key && !root->key_path && (!pki_authority_has_key_file(root) || !passphrase);
    *kept = is_away && pki_crl_facts(root, &facts, NULL) == 0 && facts.next_update_s > pki_now(profile);
    return *kept ? 0 : err_set_at(err, reason.path, reason.line, "%s", reason.text);
}

static int refresh_roots(struct pki_profile *profile, const struct pki_refresh_options *options, bool *kept,
                         struct err *err)
{
    bool other_kept;
    if (!profile->has_intermediate)
        return 0;
    if (options->root_key)
        profile->root.key_path = xstrdup(options->root_key);
    int result = refresh_root(profile, &profile->root, options, kept, err);
    if (profile->has_other_root && refresh_root(profile, &profile->other_root, options, &other_kept, err) < 0)
        result = -1;
    return result;
}

static int fill(struct pki_profile *profile, struct pki_refreshed *out, struct err *err)
{
    out->has_intermediate = profile->has_intermediate;
    out->crl_bundle = pki_profile_path(profile, "crl-bundle.pem");
    if (pki_crl_facts(&profile->root, &out->root, err) < 0)
        return -1;
    return profile->has_intermediate ? pki_crl_facts(&profile->intermediate, &out->intermediate, err) : 0;
}

static int refresh(struct pki_profile *profile, const struct pki_refresh_options *options,
                   struct pki_refreshed *out, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(profile, issuers);
    if (pki_profile_need_issuers(profile, options->ca_passphrase, err) < 0 ||
        pki_overlap_end_due(profile, options->ca_passphrase, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        issuers[i]->crl_is_behind = true;
    /* The Root's failure must not keep the Intermediate's CRL from gateways. */
    int root = refresh_roots(profile, options, &out->root_kept, err);
    struct pki_act act = {.act = "crl"};
    if (pki_change_begin(profile, err) < 0 || pki_audit(profile, &act, err) < 0 ||
        pki_change_publish(profile, err) < 0 || root < 0)
        return -1;
    return fill(profile, out, err);
}

int pki_refresh(const struct pki_refresh_options *options, struct pki_refreshed *out, struct err *err)
{
    struct pki_profile *profile;
    *out = (struct pki_refreshed){0};
    int result = pki_profile_open(options->directory, PKI_WRITE, options->clock, &profile, err);
    if (result == 0)
        result = refresh(profile, options, out, err);
    if (result < 0)
        pki_refreshed_clear(out);
    pki_profile_close(profile);
    return result;
}

void pki_refreshed_clear(struct pki_refreshed *refreshed)
{
    free(refreshed->crl_bundle);
    *refreshed = (struct pki_refreshed){0};
}
