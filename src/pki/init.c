#include "postern/pki/init.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certificate.h"
#include "change.h"
#include "layout.h"
#include "lock.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/audit.h"
#include "postern/pki/crl.h"
#include "postern/pki/name.h"
#include "postern/pki/profile.h"
#include "tree.h"

#define ROOT_DAYS         7305 /* 20 years */
#define INTERMEDIATE_DAYS 3652 /* 10 years */

static int check_options(const struct pki_init_options *options, struct err *err)
{
    /* The authorities' names are the profile's and " Intermediate CA" behind it: 64 characters in all. */
    static const size_t room = PKI_NAME_LENGTH_MAX - (sizeof " Intermediate CA" - 1);
    struct slice profile = slice_text(options->profile);
    if (!options->directory || !*options->directory)
        return err_set(err, "no directory for the profile");
    if (pki_name_check(profile, PKI_NAME_PROFILE, err) < 0)
        return -1;
    if (profile.length > room)
        return err_set(err, "the profile's name has %zu bytes; %zu leave room for \" Intermediate CA\"",
                       profile.length, room);
    if (options->root_days > PKI_DAYS_MAX || options->intermediate_days > PKI_DAYS_MAX)
        return err_set(err, "a life of over %u days", PKI_DAYS_MAX);
    return 0;
}

static char *copy_if_any(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static int take_settings(const struct pki_init_options *options, struct pki_settings *settings,
                         struct err *err)
{
    settings->organization = copy_if_any(options->organization);
    settings->country = copy_if_any(options->country);
    settings->crl_uri = copy_if_any(options->crl_uri);
    settings->root_crl_uri = copy_if_any(options->root_crl_uri);
    settings->ocsp_uri = copy_if_any(options->ocsp_uri);
    settings->client_name = copy_if_any(options->client_name);
    settings->client_ou = copy_if_any(options->client_ou);
    settings->client_san = copy_if_any(options->client_san);
    settings->server_name = copy_if_any(options->server_name);
    settings->server_san = copy_if_any(options->server_san);
    if (options->crl_days)
        settings->crl_days = options->crl_days;
    if (options->root_crl_days)
        settings->root_crl_days = options->root_crl_days;
    return pki_settings_check(settings, err);
}

/* 0 if nothing is there or only an empty directory, else -1 with err. */
static int check_free(const char *path, struct err *err)
{
    int count = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return errno == ENOENT ? 0 : err_set_errno(err, path, errno, "cannot make a profile here");
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    if (count <= 2) /* "." and ".." */
        return 0;
    char *certificate = pki_path(path, "root/ca.pem");
    struct stat status;
    bool exists = stat(certificate, &status) == 0;
    free(certificate);
    return err_set_at(err, path, 0,
                      exists ? "this profile exists; choose another name or directory"
                             : "the directory is not empty; choose another");
}

/* mkdir -p of what stands before the last slash. */
static int make_parents(const char *path, struct err *err)
{
    int result = 0;
    char *copy = xstrdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash && result == 0; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0755) < 0 && errno != EEXIST)
            result = err_set_errno(err, copy, errno, "cannot make the directory");
        *slash = '/';
    }
    free(copy);
    return result;
}

/* Never past the end of the one above it. */
static int64_t end_of(const struct pki_init_options *options, bool is_root, int64_t now_s)
{
    uint64_t root = options->root_days ? options->root_days : ROOT_DAYS;
    uint64_t below = options->intermediate_days ? options->intermediate_days : INTERMEDIATE_DAYS;
    return now_s + (int64_t)(is_root || root < below ? root : below) * PKI_DAY_S;
}

static int create(const struct pki_profile *profile, const struct pki_init_options *options,
                  struct pki_authority *issuer, struct pki_authority *out, struct err *err)
{
    char name[128];
    bool is_root = issuer == NULL;
    char *directory = pki_profile_path(profile, is_root ? "root" : "intermediate");
    int64_t now_s = clock_wall_s(profile->clock);
    snprintf(name, sizeof name, "%s %s", options->profile,
             options->single ? "CA"
             : is_root       ? "Root CA"
                             : "Intermediate CA");
    struct pki_authority_plan plan = {
        .directory = directory,
        .common_name = name,
        .settings = &profile->settings,
        .key_path = is_root ? options->root_key : NULL,
        .passphrase = is_root ? options->root_passphrase : NULL,
        .key = options->key,
        .path_length = is_root && !options->single ? 1 : 0,
        .not_before_s = now_s - PKI_BACKDATE_S,
        .not_after_s = end_of(options, is_root, now_s),
    };
    int result = pki_authority_create(out, &plan, issuer, err);
    free(directory);
    return result;
}

static int fill(struct pki_profile *profile, const struct pki_init_options *options, struct err *err)
{
    int64_t now_s = clock_wall_s(profile->clock);
    char *settings = pki_profile_path(profile, "profile.conf");
    struct pki_act act = {.act = "init", .name = options->profile};
    int result = pki_settings_save(&profile->settings, settings, err);
    free(settings);
    if (result < 0 || create(profile, options, NULL, &profile->root, err) < 0)
        return -1;
    if (!options->single && create(profile, options, &profile->root, &profile->intermediate, err) < 0)
        return -1;
    profile->has_intermediate = !options->single;
    /* With one authority its CRL changes as often as an Intermediate's. */
    uint64_t root_days = options->single ? profile->settings.crl_days : profile->settings.root_crl_days;
    if (pki_crl_write(&profile->root, now_s, root_days, NULL, err) < 0)
        return -1;
    if (!options->single &&
        pki_crl_write(&profile->intermediate, now_s, profile->settings.crl_days, NULL, err) < 0)
        return -1;
    return pki_profile_write_bundles(profile, NULL, err) < 0 ? -1 : pki_audit(profile, &act, err);
}

/* The caller's directory without the slashes behind it, which would hide its name. Gives. */
static char *plain(const char *directory)
{
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    return xstrndup(directory, length);
}

static int put_in_place(const char *staged, const char *target, struct err *err)
{
    char *parent = xstrdup(target);
    char *slash = strrchr(parent, '/');
    int result = -1;
    if (rename(staged, target) < 0) {
        (void)err_set_errno(err, target, errno,
                            errno == ENOTEMPTY || errno == EEXIST
                                ? "another has made a profile here meanwhile"
                                : "cannot put the profile in place");
        goto out;
    }
    if (slash)
        slash[slash == parent ? 1 : 0] = '\0';
    result = pki_sync_directory(slash ? parent : ".", err);
out:
    free(parent);
    return result;
}

/* mkdtemp(3) beside the target: its mode is 0700, and a rename from there is within one file system. */
static int make_beside(const char *target, const struct pki_init_options *options, struct err *err)
{
    char *staged = NULL;
    struct pki_profile profile = {
        .clock = options->clock ? options->clock : clock_system(),
        .lock_fd = -1,
    };
    int result = -1;
    pki_settings_init(&profile.settings);
    if (asprintf(&staged, "%s" PKI_LOCK_BESIDE, target) < 0)
        return err_set(err, "out of memory");
    if (take_settings(options, &profile.settings, err) < 0)
        goto out;
    if (make_parents(target, err) < 0)
        goto out;
    pki_lock_sweep(target);
    if (!mkdtemp(staged)) {
        (void)err_set_errno(err, target, errno, "cannot make a directory beside it");
        goto out;
    }
    profile.directory = staged;
    result = pki_lock(staged, &profile.lock_fd, err);
    if (result == 0)
        result = fill(&profile, options, err);
    if (result == 0)
        result = put_in_place(staged, target, err);
    if (result < 0)
        pki_remove_tree(staged);
    /* What it was for is gone; one that was there before would have stopped us before the certificate. */
    if (result < 0 && profile.root.certificate && options->root_key)
        (void)unlink(options->root_key);
out:
    pki_authority_clear(&profile.root);
    pki_authority_clear(&profile.intermediate);
    pki_settings_clear(&profile.settings);
    fd_close(&profile.lock_fd);
    free(staged);
    return result;
}

int pki_init(const struct pki_init_options *options, struct pki_init_result *result, struct err *err)
{
    *result = (struct pki_init_result){0};
    if (check_options(options, err) < 0)
        return -1;
    char *target = plain(options->directory);
    int made = check_free(target, err);
    if (made == 0)
        made = make_beside(target, options, err);
    if (made == 0) {
        result->root_certificate = pki_path(target, "root/ca.pem");
        result->intermediate_certificate = options->single ? NULL : pki_path(target, "intermediate/ca.pem");
        result->ca_bundle = pki_path(target, "client-ca-bundle.pem");
        result->crl_bundle = pki_path(target, "crl-bundle.pem");
    }
    free(target);
    return made;
}

void pki_init_result_clear(struct pki_init_result *result)
{
    free(result->root_certificate);
    free(result->intermediate_certificate);
    free(result->ca_bundle);
    free(result->crl_bundle);
    *result = (struct pki_init_result){0};
}
