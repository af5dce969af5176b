#include <stdio.h>

#include "change.h"
#include "issuance.h"
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

int pki_supersede(struct issuance *issuance, struct err *err)
{
    int result = -1;
    struct pki_found found;
    struct pki_filter filter = {.name = issuance->name, .kind = issuance->kind};
    int64_t now_s = pki_now(issuance->profile);
    struct pki_database *database = &issuance->issuer->database;
    if (pki_find(database, 'V', now_s, &filter, &found, err) < 0)
        goto out;
    for (size_t i = 0; i < found.count; i++) {
        if (slice_equal_text(found.entries[i]->serial, issuance->out->serial))
            continue;
        if (pki_database_revoke(database, found.entries[i], now_s, PKI_REASON_SUPERSEDED, err) < 0 ||
            audit(issuance, found.entries[i], err) < 0)
            goto out;
        issuance->out->superseded++;
    }
    result = 0;
    if (issuance->out->superseded > 0)
        result = pki_change_begin(issuance->profile, err) < 0 ? -1
                                                              : pki_change_publish(issuance->profile, err);
out:
    pki_found_clear(&found);
    return result;
}
