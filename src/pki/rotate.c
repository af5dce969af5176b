#include "postern/pki/rotate.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"
#include "change.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/pki/audit.h"
#include "rotation.h"

#define CERTIFICATE_MAX (256u * 1024)

static enum pki_rotation_state state_of(const struct pki_profile *profile)
{
    if (!profile->has_other_root && !profile->has_other_intermediate)
        return PKI_ROTATION_NONE;
    return profile->other_is_next ? PKI_ROTATION_PREPARED : PKI_ROTATION_IN_USE;
}

static int check_state(const struct pki_profile *profile, const struct pki_rotate_options *options,
                       enum pki_rotation_state wanted, struct err *err)
{
    static const char *const advice[] = {
        [PKI_ROTATION_NONE] = "no rotation goes on; begin with --step prepare",
        [PKI_ROTATION_PREPARED] = "the next one is prepared; go on with --step use",
        [PKI_ROTATION_IN_USE] = "the next one is in use; end with --step retire",
    };
    enum pki_rotation_state state = state_of(profile);
    if (state != wanted)
        return err_set(err, "%s", advice[state]);
    if (profile->has_other_root != options->root)
        return err_set(err, "it is the %s that is rotated",
                       profile->has_other_root ? "root" : "intermediate");
    return 0;
}

/* Valid certificates of an authority, and when the last of them ends. */
static int count_left(struct pki_authority *authority, int64_t now_s, struct pki_rotation *out,
                      struct err *err)
{
    if (pki_authority_need_database(authority, err) < 0)
        return -1;
    for (size_t i = 0; i < authority->database.count; i++) {
        const struct pki_entry *entry = &authority->database.entries[i];
        if (!pki_entry_is_valid(entry, now_s))
            continue;
        out->left++;
        if (pki_entry_expires(entry) > out->last_ends_s)
            out->last_ends_s = pki_entry_expires(entry);
    }
    return 0;
}

static int fill(struct pki_profile *profile, struct pki_rotation *out, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(profile, issuers);
    out->state = state_of(profile);
    out->root = profile->has_other_root;
    out->current = pki_certificate_attribute(issuers[0]->certificate, NID_commonName);
    out->ca_bundle = pki_profile_path(profile, "client-ca-bundle.pem");
    if (count == 1)
        return 0;
    out->other = pki_certificate_attribute(issuers[1]->certificate, NID_commonName);
    return out->state == PKI_ROTATION_IN_USE ? count_left(issuers[1], pki_now(profile), out, err) : 0;
}

int pki_rotation_load(const char *directory, const struct clock *clock, struct pki_rotation *out,
                      struct err *err)
{
    struct pki_profile *profile;
    *out = (struct pki_rotation){0};
    int result = pki_profile_open(directory, PKI_READ, clock, &profile, err);
    if (result == 0)
        result = fill(profile, out, err);
    pki_profile_close(profile);
    if (result < 0)
        pki_rotation_clear(out);
    return result;
}

void pki_rotation_clear(struct pki_rotation *rotation)
{
    free(rotation->current);
    free(rotation->other);
    free(rotation->ca_bundle);
    *rotation = (struct pki_rotation){0};
}

static int audit(struct pki_profile *profile, const struct pki_rotate_options *options, const char *step,
                 struct err *err)
{
    struct pki_act act = {.act = "rotate", .kind = options->root ? "root" : "intermediate", .name = step};
    return pki_audit(profile, &act, err);
}

int pki_rotate_use(const struct pki_rotate_options *options, struct err *err)
{
    struct pki_profile *profile;
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &profile, err);
    if (result == 0)
        result = check_state(profile, options, PKI_ROTATION_PREPARED, err);
    /* Both CRLs will be made by whoever revokes: better to find now that a key does not open. */
    if (result == 0)
        result = pki_profile_need_issuers(profile, options->ca_passphrase, err);
    if (result == 0)
        result = audit(profile, options, "use", err);
    if (result == 0)
        result = pki_rotation_exchange(profile->directory, err);
    pki_profile_close(profile);
    return result;
}

/* Servers that were given the cross certificate get the Intermediate's own. */
static int rewrite_chain(const struct pki_profile *profile, const char *name, struct err *err)
{
    char *folder = pki_profile_path(profile, "server");
    char *holder = pki_path(folder, name), *leaf = pki_path(holder, "cert.pem");
    char *chain = pki_path(holder, "fullchain.pem");
    X509 *certificate = NULL, *above = profile->intermediate.certificate;
    int result = 0;
    if (pki_is_there(holder, "cert.pem") && pki_is_there(holder, "fullchain.pem"))
        result = pki_read_certificate(leaf, CERTIFICATE_MAX, &certificate, err);
    if (certificate && X509_verify(certificate, X509_get0_pubkey(above)) == 1)
        result = pki_write_certificates(chain, (X509 *const[]){certificate, above}, 2, NULL, err);
    X509_free(certificate);
    free(chain);
    free(leaf);
    free(holder);
    free(folder);
    return result;
}

static int drop_cross(const struct pki_profile *profile, struct err *err)
{
    int result = 0;
    if (!profile->intermediate.cross)
        return 0;
    char *servers = pki_profile_path(profile, "server");
    DIR *directory = opendir(servers);
    const struct dirent *entry;
    while (directory && result == 0 && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            result = rewrite_chain(profile, entry->d_name, err);
    if (directory)
        closedir(directory);
    free(servers);
    if (result < 0)
        return -1;
    char *cross = pki_path(profile->intermediate.directory, "cross.pem");
    result = unlink(cross) < 0 && errno != ENOENT ? err_set_errno(err, cross, errno, "cannot remove") : 0;
    free(cross);
    return result;
}

/* The Root says that the old Intermediate is no more: whoever still presents it is refused by its CRL. */
static int revoke_intermediate(struct pki_profile *profile, const struct pki_rotate_options *options,
                               struct err *err)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    struct pki_database *database = &profile->root.database;
    enum pki_reason reason = options->reason ? options->reason : PKI_REASON_SUPERSEDED;
    if (options->root_key)
        profile->root.key_path = xstrdup(options->root_key);
    if (pki_authority_unlock(&profile->root, options->ca_passphrase, err) < 0 ||
        pki_authority_need_database(&profile->root, err) < 0)
        return -1;
    if (!pki_certificate_serial(profile->other_intermediate.certificate, serial))
        return err_set(err, "the old Intermediate has a serial of over %d bytes", PKI_SERIAL_BYTES_MAX);
    struct pki_entry *entry = pki_database_find(database, slice_text(serial));
    struct pki_act act = {
        .act = "revoke", .kind = "intermediate", .serial = serial, .reason = pki_reason_text(reason)};
    if (!entry)
        return err_set_at(err, database->directory, 0, "index.txt does not know the old Intermediate, %s",
                          serial);
    if (entry->state == 'R') { /* by a step that was killed before its CRL, maybe */
        profile->root.crl_is_behind = true;
        return 0;
    }
    if (pki_database_revoke(database, entry, pki_now(profile), reason, err) < 0)
        return -1;
    return pki_audit(profile, &act, err) < 0 ? -1 : pki_change_save(profile, err);
}

static int move_away(struct pki_profile *profile, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    char serial[PKI_SERIAL_TEXT_SIZE];
    pki_profile_issuers(profile, issuers);
    if (!pki_certificate_serial(issuers[1]->certificate, serial))
        snprintf(serial, sizeof serial, "old"); /* of foreign make; the folder only needs a name */
    char *retired = pki_profile_path(profile, "retired"), *target = pki_path(retired, serial);
    char *other = pki_profile_path(profile, PKI_OTHER_FOLDER);
    int result = pki_need_directory(retired, err);
    if (result == 0 && rename(other, target) < 0)
        result = err_set_errno(err, target, errno, "cannot move the old authorities there");
    if (result == 0)
        result = pki_sync_directory(profile->directory, err);
    free(other);
    free(target);
    free(retired);
    if (result == 0)
        profile->has_other_root = profile->has_other_intermediate = false;
    return result;
}

static int check_left(struct pki_profile *profile, const struct pki_rotate_options *options, struct err *err)
{
    struct pki_rotation rotation = {0};
    char when[CLOCK_TEXT_SIZE];
    int result = fill(profile, &rotation, err);
    if (result == 0 && rotation.left > 0 && !options->force)
        result = err_set(err,
                         "%zu certificate%s of the old one %s valid, the last until %s; renew them, or shut "
                         "their holders out with --force",
                         rotation.left, rotation.left > 1 ? "s" : "", rotation.left > 1 ? "are" : "is",
                         clock_format(rotation.last_ends_s, when));
    pki_rotation_clear(&rotation);
    return result;
}

static int retire(struct pki_profile *profile, const struct pki_rotate_options *options, struct err *err)
{
    if (check_left(profile, options, err) < 0)
        return -1;
    if (!options->root && revoke_intermediate(profile, options, err) < 0)
        return -1;
    if (pki_change_mark(profile, err) < 0 || drop_cross(profile, err) < 0 ||
        audit(profile, options, "retire", err) < 0 || move_away(profile, err) < 0)
        return -1;
    return pki_change_publish(profile, err);
}

int pki_rotate_retire(const struct pki_rotate_options *options, struct err *err)
{
    struct pki_profile *profile;
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &profile, err);
    enum pki_rotation_state state = result == 0 ? state_of(profile) : PKI_ROTATION_NONE;
    /* By force one can also think better of what is only prepared. */
    bool is_undone = options->force && state == PKI_ROTATION_PREPARED;
    if (result == 0)
        result = check_state(profile, options, is_undone ? state : PKI_ROTATION_IN_USE, err);
    if (result == 0)
        result = retire(profile, options, err);
    pki_profile_close(profile);
    return result;
}
