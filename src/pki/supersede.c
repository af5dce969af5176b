#include <stdio.h>

#include "certificate.h"
#include "change.h"
#include "issuance.h"
#include "overlap.h"
#include "postern/pki/audit.h"
#include "postern/pki/find.h"

static int audit(const struct issuance *issuance, const struct pki_entry *entry, struct err *err)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    snprintf(serial, sizeof serial, "%.*s", SLICE_ARG(entry->serial));
    struct pki_act line = {
        .act = "revoke",
        .kind = pki_kind_text(issuance->kind),
        .name = issuance->name,
        .serial = serial,
        .reason = pki_reason_text(PKI_REASON_SUPERSEDED),
    };
    return pki_audit(issuance->profile, &line, err);
}

static int find_older(const struct issuance *issuance, struct pki_database *database, struct pki_found *out,
                      struct err *err)
{
    struct pki_filter filter = {.name = issuance->name, .kind = issuance->kind};
    size_t kept = 0;
    int result = pki_find(database, 'V', pki_now(issuance->profile), &filter, out, err);
    for (size_t i = 0; result == 0 && i < out->count; i++)
        if (!slice_equal_text(out->entries[i]->serial, issuance->out->serial))
            out->entries[kept++] = out->entries[i];
    out->count = kept;
    return result;
}

static int plan_one(struct issuance *issuance, struct pki_database *database, struct err *err)
{
    struct pki_found found;
    int64_t until_s = pki_now(issuance->profile) + (int64_t)issuance->options->overlap_days * PKI_DAY_S;
    int result = find_older(issuance, database, &found, err);
    if (result == 0 && found.count > 0)
        result = pki_overlap_add(issuance->profile, &found, until_s, issuance->out->serial,
                                 &issuance->staging, err);
    issuance->out->overlapping += result == 0 ? found.count : 0;
    pki_found_clear(&found);
    return result;
}

int pki_plan_overlap(struct issuance *issuance, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(issuance->profile, issuers);
    for (size_t i = 0; i < count && issuance->options->overlap_days > 0; i++)
        if (plan_one(issuance, &issuers[i]->database, err) < 0)
            return -1;
    return 0;
}

static int revoke_older(struct issuance *issuance, struct pki_database *database, struct err *err)
{
    struct pki_found found;
    int64_t now_s = pki_now(issuance->profile);
    int result = find_older(issuance, database, &found, err);
    for (size_t i = 0; result == 0 && i < found.count; i++) {
        result = pki_database_revoke(database, found.entries[i], now_s, PKI_REASON_SUPERSEDED, err) < 0
                     ? -1
                     : audit(issuance, found.entries[i], err);
        issuance->out->superseded++;
    }
    pki_found_clear(&found);
    return result;
}

int pki_supersede(struct issuance *issuance, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(issuance->profile, issuers);
    if (issuance->options->overlap_days > 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (revoke_older(issuance, &issuers[i]->database, err) < 0)
            return -1;
    if (issuance->out->superseded == 0)
        return 0;
    return pki_change_begin(issuance->profile, err) < 0 ? -1 : pki_change_publish(issuance->profile, err);
}
