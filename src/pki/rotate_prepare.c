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
#include "postern/pki/audit.h"
#include "postern/pki/crl.h"
#include "postern/pki/name.h"
#include "postern/pki/rotate.h"
#include "rotation.h"
#include "timestamp.h"
#include "tree.h"

#define STAGE_FOLDER ".other.new"

struct preparation {
    struct pki_profile *profile;
    const struct pki_rotate_options *options;
    struct pki_authority root, intermediate; /* the next ones; root only if it is rotated */
};

static int check_state(const struct pki_profile *profile, const struct pki_rotate_options *options,
                       struct err *err)
{
    if (profile->has_other_root || profile->has_other_intermediate)
        return err_set(err, "a rotation goes on already; \"postern pki rotate\" shows where it stands");
    if (!options->root && !profile->has_intermediate)
        return err_set(err, "this profile has a single authority and no Intermediate; rotate its root");
    return 0;
}

/* "acme Root CA" -> "acme Root CA 2" -> "acme Root CA 3". What is too long loses its beginning. */
static void next_name(X509 *certificate, char out[PKI_NAME_LENGTH_MAX + 1])
{
    char text[512];
    unsigned long number = 1;
    char *name = pki_certificate_attribute(certificate, NID_commonName);
    size_t length = name ? strlen(name) : 0, digits = length;
    while (digits > 0 && ascii_is_digit(name[digits - 1]))
        digits--;
    if (digits < length && length - digits < 6 && digits > 1 && name[digits - 1] == ' ') {
        number = strtoul(name + digits, NULL, 10);
        length = digits - 1;
    }
    int total = snprintf(text, sizeof text, "%.*s %lu", (int)length, name ? name : "CA", number + 1);
    size_t over = total > PKI_NAME_LENGTH_MAX ? (size_t)total - PKI_NAME_LENGTH_MAX : 0;
    while ((text[over] & 0xc0) == 0x80)
        over++; /* no half characters */
    snprintf(out, PKI_NAME_LENGTH_MAX + 1, "%s", text + over);
    free(name);
}

/* As long as the one before, but never past the end of its issuer. */
static int64_t choose_end(X509 *before, X509 *issuer, int64_t now_s)
{
    int64_t life = pki_timestamp_of(X509_get0_notAfter(before)) -
                   pki_timestamp_of(X509_get0_notBefore(before));
    int64_t end = now_s + life, last = issuer ? pki_timestamp_of(X509_get0_notAfter(issuer)) : end;
    return end < last ? end : last;
}

static int create(struct preparation *it, X509 *before, const char *folder, struct pki_authority *issuer,
                  struct pki_authority *out, struct err *err)
{
    char name[PKI_NAME_LENGTH_MAX + 1];
    struct pki_profile *profile = it->profile;
    bool is_root = issuer == NULL;
    int64_t now_s = pki_now(profile);
    char *directory = pki_profile_path(profile, folder);
    next_name(before, name);
    struct pki_authority_plan plan = {
        .directory = directory,
        .common_name = name,
        .settings = &profile->settings,
        .passphrase = is_root ? it->options->root_passphrase : NULL,
        .key = it->options->key,
        .path_length = is_root && profile->has_intermediate ? 1 : 0,
        .not_before_s = now_s - PKI_BACKDATE_S,
        .not_after_s = choose_end(before, issuer ? issuer->certificate : NULL, now_s),
    };
    int result = pki_authority_create(out, &plan, issuer, err);
    char *mark = pki_path(directory, PKI_NEXT_FILE);
    if (result == 0)
        result = file_replace(mark, "", 0, 0600, err);
    free(mark);
    free(directory);
    return result;
}

/* The next Intermediate's key certified by the Root that everybody knows. */
static int make_cross(struct preparation *it, struct err *err)
{
    unsigned char serial[PKI_SERIAL_BYTES];
    struct pki_authority *root = &it->profile->root;
    const struct pki_settings *settings = &it->profile->settings;
    X509 *next = it->intermediate.certificate;
    int64_t end = pki_timestamp_of(X509_get0_notAfter(next));
    int64_t last = pki_timestamp_of(X509_get0_notAfter(root->certificate));
    if (pki_database_draw_serial(&root->database, serial, err) < 0)
        return -1;
    char *name = pki_certificate_attribute(next, NID_commonName);
    char *path = pki_path(it->intermediate.directory, "cross.pem");
    struct pki_certificate_plan plan = {
        .role = PKI_ROLE_AUTHORITY,
        .country = settings->country,
        .organization = settings->organization,
        .common_name = name,
        .key = it->intermediate.key,
        .issuer = root->certificate,
        .signer = root->key,
        .serial = serial,
        .not_before_s = pki_timestamp_of(X509_get0_notBefore(next)),
        .not_after_s = end < last ? end : last,
        .path_length = 0,
        .crl_uri = settings->root_crl_uri,
    };
    X509 *cross = pki_certificate_new(&plan, err);
    int result = cross ? pki_write_certificates(path, &cross, 1, NULL, err) : -1;
    if (result == 0)
        result = pki_database_add(&root->database, cross, NULL, err) < 0
                     ? -1
                     : pki_database_save(&root->database, NULL, err);
    X509_free(cross);
    free(name);
    free(path);
    return result;
}

static int write_crl(const struct preparation *it, struct pki_authority *authority, uint64_t days,
                     struct err *err)
{
    return pki_crl_write(authority, pki_now(it->profile), days, NULL, err);
}

static int create_root(struct preparation *it, struct err *err)
{
    struct pki_profile *profile = it->profile;
    const struct pki_settings *settings = &profile->settings;
    if (create(it, profile->root.certificate, STAGE_FOLDER "/root", NULL, &it->root, err) < 0)
        return -1;
    if (!profile->has_intermediate)
        return write_crl(it, &it->root, settings->crl_days, err);
    if (create(it, profile->intermediate.certificate, STAGE_FOLDER "/intermediate", &it->root,
               &it->intermediate, err) < 0)
        return -1;
    return make_cross(it, err) < 0 || write_crl(it, &it->root, settings->root_crl_days, err) < 0 ||
                   write_crl(it, &it->intermediate, settings->crl_days, err) < 0
               ? -1
               : 0;
}

static int create_intermediate(struct preparation *it, struct err *err)
{
    struct pki_profile *profile = it->profile;
    if (create(it, profile->intermediate.certificate, STAGE_FOLDER "/intermediate", &profile->root,
               &it->intermediate, err) < 0)
        return -1;
    return write_crl(it, &it->intermediate, profile->settings.crl_days, err);
}

/* The rename is what counts; bundles follow, and whoever finds the mark makes them. */
static int put_in_place(struct pki_profile *profile, const char *stage, struct err *err)
{
    char *other = pki_profile_path(profile, PKI_OTHER_FOLDER);
    int result = pki_change_mark(profile, err);
    if (result == 0 && rename(stage, other) < 0)
        result = err_set_errno(err, other, errno, "cannot put the next authorities in place");
    if (result == 0)
        result = pki_sync_directory(profile->directory, err);
    free(other);
    return result;
}

static int prepare(struct preparation *it, struct err *err)
{
    struct pki_profile *profile = it->profile;
    char *stage = pki_profile_path(profile, STAGE_FOLDER);
    pki_remove_tree(stage); /* of an act that was killed */
    int result = pki_make_directory(stage, err);
    if (result == 0)
        result = it->options->root ? create_root(it, err) : create_intermediate(it, err);
    if (result == 0)
        result = put_in_place(profile, stage, err);
    if (result < 0)
        pki_remove_tree(stage);
    free(stage);
    pki_authority_clear(&it->root);
    pki_authority_clear(&it->intermediate);
    return result;
}

/* A single authority signs nothing but itself, so that only a pair's Root is needed. */
static int need_root(struct pki_profile *profile, const struct pki_rotate_options *options, struct err *err)
{
    if (!profile->has_intermediate)
        return 0;
    if (options->root_key)
        profile->root.key_path = xstrdup(options->root_key);
    return pki_authority_unlock(&profile->root, options->ca_passphrase, err) < 0
               ? -1
               : pki_authority_need_database(&profile->root, err);
}

/* The bundles, by somebody who sees what is there now. */
static int publish(const struct pki_rotate_options *options, struct err *err)
{
    struct pki_profile *profile;
    struct pki_act act = {
        .act = "rotate", .kind = options->root ? "root" : "intermediate", .name = "prepare"};
    int result = pki_profile_open(options->directory, PKI_WRITE, options->clock, &profile, err);
    if (result == 0)
        result = pki_change_publish(profile, err) < 0 ? -1 : pki_audit(profile, &act, err);
    pki_profile_close(profile);
    return result;
}

int pki_rotate_prepare(const struct pki_rotate_options *options, struct err *err)
{
    struct preparation it = {.options = options};
    int result = pki_change_open(options->directory, options->ca_passphrase, options->clock, &it.profile,
                                 err);
    if (result == 0)
        result = check_state(it.profile, options, err);
    if (result == 0)
        result = need_root(it.profile, options, err);
    if (result == 0)
        result = prepare(&it, err);
    pki_profile_close(it.profile);
    return result < 0 ? -1 : publish(options, err);
}
