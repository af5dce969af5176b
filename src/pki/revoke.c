#include "postern/pki/revoke.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "change.h"
#include "postern/base/memory.h"
#include "postern/pki/audit.h"
#include "postern/pki/find.h"
#include "postern/pki/profile.h"

#define NAME_MAX_BYTES 512

static int check_options(const struct pki_revoke_options *options, struct err *err)
{
    int given = (options->name != NULL) + (options->serial != NULL) + (options->unit != NULL) + options->all;
    if (given != 1)
        return err_set(err, "say one of a name, a serial, a unit, or all");
    return 0;
}

static const char *subject_of(const struct pki_revoke_options *options)
{
    return options->name     ? options->name
           : options->serial ? options->serial
           : options->unit   ? options->unit
                             : "this profile";
}

/* All in this state that pass the options' filter, of every issuer. */
static int find_all(struct pki_profile *profile, char state, const struct pki_revoke_options *options,
                    struct pki_found *out, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    struct pki_filter filter = {options->name, options->unit, options->kind};
    size_t count = pki_profile_issuers(profile, issuers);
    *out = (struct pki_found){0};
    for (size_t i = count; i > 0; i--) { /* the last one's certificates are the older */
        struct pki_found found;
        int result = pki_find(&issuers[i - 1]->database, state, pki_now(profile), &filter, &found, err);
        if (result == 0)
            pki_found_append(out, &found);
        pki_found_clear(&found);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* Why there is nothing to revoke: it is already, or it never was. */
static int explain_nothing(struct pki_profile *profile, const struct pki_revoke_options *options,
                           struct err *err)
{
    struct pki_found found;
    struct pki_revocation revocation;
    char when[CLOCK_TEXT_SIZE];
    int result = find_all(profile, 'R', options, &found, err);
    if (result == 0 && found.count > 0 && options->name &&
        pki_entry_revocation(found.entries[found.count - 1], &revocation))
        result = err_set(err, "%s: revoked already, at %s (%s)", options->name,
                         clock_format(revocation.when_s, when), pki_reason_text(revocation.reason));
    else if (result == 0)
        result = err_set(err, "%s: no valid certificate; \"postern pki list\" shows what there is",
                         subject_of(options));
    pki_found_clear(&found);
    return result;
}

static int find_by_serial(struct pki_profile *profile, const char *serial, char state, struct pki_found *out,
                          struct err *err)
{
    struct pki_revocation revocation;
    char when[CLOCK_TEXT_SIZE];
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    struct pki_entry *entry = NULL;
    size_t count = pki_profile_issuers(profile, issuers);
    *out = (struct pki_found){0};
    for (size_t i = 0; i < count && !entry; i++)
        entry = pki_database_find(&issuers[i]->database, slice_text(serial));
    if (!entry)
        return err_set(err, "%s: no certificate has this serial; \"postern pki list\" shows them", serial);
    if (entry->state == 'R' && state != 'R' && pki_entry_revocation(entry, &revocation))
        return err_set(err, "%s: revoked already, at %s (%s)", serial, clock_format(revocation.when_s, when),
                       pki_reason_text(revocation.reason));
    if (entry->state != state)
        return err_set(err, "%s: %s", serial,
                       entry->state == 'E' ? "has expired, so that no gateway takes it" : "is not revoked");
    pki_found_append(out, &(struct pki_found){.entries = &entry, .count = 1});
    return 0;
}

static int find(struct pki_profile *profile, const struct pki_revoke_options *options, struct pki_found *out,
                struct err *err)
{
    if (options->serial)
        return find_by_serial(profile, options->serial, 'V', out, err);
    if (find_all(profile, 'V', options, out, err) < 0)
        return -1;
    if (out->count == 0)
        return explain_nothing(profile, options, err);
    if (options->name && out->has_server && out->has_client)
        return err_set(err, "%s: both a server and a client have this name; say --server or --client",
                       options->name);
    return 0;
}

/* Drop what is not on hold from what was found. */
static void keep_held(struct pki_found *found)
{
    struct pki_revocation revocation;
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++)
        if (pki_entry_revocation(found->entries[i], &revocation) &&
            revocation.reason == PKI_REASON_CERTIFICATE_HOLD)
            found->entries[kept++] = found->entries[i];
    found->count = kept;
}

static int find_held(struct pki_profile *profile, const struct pki_revoke_options *options,
                     struct pki_found *out, struct err *err)
{
    int result = options->serial ? find_by_serial(profile, options->serial, 'R', out, err)
                                 : find_all(profile, 'R', options, out, err);
    if (result < 0)
        return -1;
    keep_held(out);
    if (out->count == 0)
        return err_set(err, "%s: nothing on hold; only certificateHold can be lifted", subject_of(options));
    return 0;
}

/* The database that an entry is of. */
static struct pki_database *database_of(struct pki_profile *profile, const struct pki_entry *entry)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(profile, issuers);
    return count > 1 && pki_database_owns(&issuers[1]->database, entry) ? &issuers[1]->database
                                                                        : &issuers[0]->database;
}

static int audit_one(struct pki_audit *audit, const char *act, const struct pki_entry *entry,
                     const char *reason, struct err *err)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    struct buffer name;
    buffer_init(&name, NAME_MAX_BYTES);
    snprintf(serial, sizeof serial, "%.*s", SLICE_ARG(entry->serial));
    /* A longer name is of foreign make; its serial says who it is. */
    bool fits = pki_append_unescaped(&name, pki_entry_attribute(entry, "CN")) && buffer_append(&name, "", 1);
    struct pki_act line = {
        .act = act, .name = fits ? buffer_view(&name).data : NULL, .serial = serial, .reason = reason};
    int result = pki_audit_add(audit, &line, err);
    buffer_clear(&name);
    return result;
}

static int audit_all(const struct pki_profile *profile, const char *act, const struct pki_found *found,
                     const char *reason, struct err *err)
{
    struct pki_audit audit;
    int result = pki_audit_begin(&audit, profile, err);
    for (size_t i = 0; i < found->count && result == 0; i++)
        result = audit_one(&audit, act, found->entries[i], reason, err);
    return pki_audit_end(&audit, err) < 0 ? -1 : result;
}

/* Revoking and lifting differ in what they look for, and in what they do to an entry. */
struct turn {
    const char *act; /* in the audit file */
    int (*find)(struct pki_profile *profile, const struct pki_revoke_options *options, struct pki_found *out,
                struct err *err);
    int (*apply)(struct pki_database *database, struct pki_entry *entry, int64_t now_s,
                 enum pki_reason reason, struct err *err);
};

static int lift(struct pki_database *database, struct pki_entry *entry, int64_t now_s, enum pki_reason reason,
                struct err *err)
{
    (void)now_s, (void)reason, (void)err;
    pki_database_restore(database, entry);
    return 0;
}

static const struct turn revoking = {"revoke", find, pki_database_revoke};
static const struct turn lifting = {"unrevoke", find_held, lift};

static int apply(struct pki_profile *profile, const struct turn *turn,
                 const struct pki_revoke_options *options, const struct pki_found *found, struct err *err)
{
    const char *reason = turn == &revoking ? pki_reason_text(options->reason) : NULL;
    for (size_t i = 0; i < found->count; i++)
        if (turn->apply(database_of(profile, found->entries[i]), found->entries[i], pki_now(profile),
                        options->reason, err) < 0)
            return -1;
    if (pki_change_begin(profile, err) < 0 || audit_all(profile, turn->act, found, reason, err) < 0)
        return -1;
    return pki_change_publish(profile, err);
}

/* Where each certificate lies; one that somebody has removed is left out. */
static void name_certificates(struct pki_revoked *out, struct pki_profile *profile,
                              const struct pki_found *found)
{
    out->certificates = xcalloc(found->count, sizeof *out->certificates);
    for (size_t i = 0; i < found->count; i++) {
        const struct pki_entry *entry = found->entries[i];
        char *path = pki_database_certificate_path(database_of(profile, entry), entry->serial);
        if (access(path, F_OK) == 0)
            out->certificates[out->certificate_count++] = path;
        else
            free(path);
    }
}

static void fill(struct pki_revoked *out, struct pki_profile *profile, const struct pki_found *found)
{
    name_certificates(out, profile, found);
    out->count = found->count;
    snprintf(out->serial, sizeof out->serial, "%.*s", SLICE_ARG(found->entries[found->count - 1]->serial));
    out->crl_bundle = pki_profile_path(profile, "crl-bundle.pem");
}

static int turn_in(struct pki_profile *profile, const struct turn *turn,
                   const struct pki_revoke_options *options, struct pki_revoked *out, struct err *err)
{
    struct pki_found found = {0};
    *out = (struct pki_revoked){0};
    int result = check_options(options, err);
    /* The key before the index: without it there would be no CRL to say what the index says. */
    if (result == 0)
        result = pki_profile_need_issuers(profile, options->ca_passphrase, err);
    if (result == 0)
        result = turn->find(profile, options, &found, err);
    if (result == 0)
        result = apply(profile, turn, options, &found, err);
    if (result == 0)
        fill(out, profile, &found);
    pki_found_clear(&found);
    return result;
}

static int open_and_turn(const struct turn *turn, const struct pki_revoke_options *options,
                         struct pki_revoked *out, struct err *err)
{
    struct pki_profile *profile;
    *out = (struct pki_revoked){0};
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &profile, err);
    if (result == 0)
        result = turn_in(profile, turn, options, out, err);
    pki_profile_close(profile);
    return result;
}

int pki_revoke(const struct pki_revoke_options *options, struct pki_revoked *out, struct err *err)
{
    return open_and_turn(&revoking, options, out, err);
}

int pki_unrevoke(const struct pki_revoke_options *options, struct pki_revoked *out, struct err *err)
{
    return open_and_turn(&lifting, options, out, err);
}

void pki_revoked_clear(struct pki_revoked *revoked)
{
    for (size_t i = 0; i < revoked->certificate_count; i++)
        free(revoked->certificates[i]);
    free(revoked->certificates);
    free(revoked->crl_bundle);
    *revoked = (struct pki_revoked){0};
}
