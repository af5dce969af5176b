#include "postern/pki/profile.h"

#include <stdlib.h>
#include <unistd.h>

#include "change.h"
#include "layout.h"
#include "lock.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/name.h"
#include "rotation.h"

int pki_profile_default_directory(const char *name, char **out, struct err *err)
{
    const char *home = getenv("HOME");
    *out = NULL;
    if (pki_name_check(slice_text(name), PKI_NAME_PROFILE, err) < 0)
        return -1;
    if (geteuid() == 0) {
        *out = pki_path("/var/lib/postern/pki", name);
        return 0;
    }
    if (!home || home[0] != '/')
        return err_set(err, "HOME is not set; say --dir DIR");
    char *base = pki_path(home, ".postern/pki");
    *out = pki_path(base, name);
    free(base);
    return 0;
}

/* An authority that may be there or not. */
static int load_one(const struct pki_profile *profile, const char *name, struct pki_authority *out,
                    bool *has_it, struct err *err)
{
    char *directory = pki_profile_path(profile, name);
    *has_it = pki_is_there(directory, "ca.pem");
    int result = *has_it ? pki_authority_load(out, directory, err) : 0;
    free(directory);
    return result;
}

static int load(struct pki_profile *profile, struct err *err)
{
    bool has_root;
    char *settings = pki_profile_path(profile, "profile.conf");
    int result = pki_settings_load(&profile->settings, settings, err);
    free(settings);
    profile->is_unfinished = pki_is_there(profile->directory, PKI_UNFINISHED_FILE);
    profile->other_is_next = pki_rotation_is_prepared(profile->directory);
    if (result < 0 || load_one(profile, "root", &profile->root, &has_root, err) < 0 ||
        load_one(profile, "intermediate", &profile->intermediate, &profile->has_intermediate, err) < 0)
        return -1;
    if (load_one(profile, "other/root", &profile->other_root, &profile->has_other_root, err) < 0)
        return -1;
    return load_one(profile, "other/intermediate", &profile->other_intermediate,
                    &profile->has_other_intermediate, err);
}

/* Keys among it. newcerts/ is left alone: nobody looks for a million names with each act. */
static void sweep(const struct pki_profile *profile)
{
    static const char *const folders[] = {".",   "root", "intermediate", "other/root", "other/intermediate",
                                          "ocsp"};
    for (size_t i = 0; i < LENGTH_OF(folders); i++) {
        char *path = pki_profile_path(profile, folders[i]);
        file_sweep(path);
        free(path);
    }
}

/* What needs the lock comes before anything is read. */
static int prepare(struct pki_profile *profile, enum pki_access access, struct err *err)
{
    if (access == PKI_WRITE) {
        if (pki_lock(profile->directory, &profile->lock_fd, err) < 0 ||
            pki_rotation_finish_exchange(profile->directory, err) < 0)
            return -1;
        sweep(profile);
    }
    return load(profile, err);
}

int pki_profile_open(const char *directory, enum pki_access access, const struct clock *clock,
                     struct pki_profile **out, struct err *err)
{
    *out = NULL;
    if (!pki_is_there(directory, "root/ca.pem"))
        return err_set_at(err, directory, 0, "no profile here; make one with \"postern pki init\"");
    struct pki_profile *profile = xcalloc(1, sizeof *profile);
    profile->directory = xstrdup(directory);
    profile->clock = clock ? clock : clock_system();
    profile->lock_fd = -1;
    if (prepare(profile, access, err) < 0) {
        pki_profile_close(profile);
        return -1;
    }
    *out = profile;
    return 0;
}

void pki_profile_close(struct pki_profile *profile)
{
    if (!profile)
        return;
    pki_change_abandon(profile);
    pki_authority_clear(&profile->root);
    pki_authority_clear(&profile->intermediate);
    pki_authority_clear(&profile->other_root);
    pki_authority_clear(&profile->other_intermediate);
    pki_settings_clear(&profile->settings);
    fd_close(&profile->lock_fd);
    free(profile->directory);
    free(profile);
}

struct pki_authority *pki_profile_issuer(struct pki_profile *profile)
{
    return profile->has_intermediate ? &profile->intermediate : &profile->root;
}

char *pki_profile_path(const struct pki_profile *profile, const char *name)
{
    return pki_path(profile->directory, name);
}

size_t pki_profile_authorities(struct pki_profile *profile, struct pki_authority *out[PKI_AUTHORITIES_MAX])
{
    size_t count = 0;
    out[count++] = &profile->root;
    if (profile->has_other_root)
        out[count++] = &profile->other_root;
    if (profile->has_intermediate)
        out[count++] = &profile->intermediate;
    if (profile->has_other_intermediate)
        out[count++] = &profile->other_intermediate;
    return count;
}

size_t pki_profile_issuers(struct pki_profile *profile, struct pki_authority *out[PKI_ISSUERS_MAX])
{
    bool has_other = profile->has_intermediate ? profile->has_other_intermediate : profile->has_other_root;
    out[0] = pki_profile_issuer(profile);
    out[1] = profile->has_intermediate ? &profile->other_intermediate : &profile->other_root;
    return has_other ? 2 : 1;
}

int pki_profile_need_issuers(struct pki_profile *profile, const char *ca_passphrase, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    size_t count = pki_profile_issuers(profile, issuers);
    for (size_t i = 0; i < count; i++)
        if (pki_authority_unlock(issuers[i], ca_passphrase, err) < 0 ||
            pki_authority_need_database(issuers[i], err) < 0)
            return -1;
    return 0;
}

uint64_t pki_profile_crl_days(const struct pki_profile *profile, const struct pki_authority *authority)
{
    bool is_root = authority == &profile->root || authority == &profile->other_root;
    return is_root && profile->has_intermediate ? profile->settings.root_crl_days
                                                : profile->settings.crl_days;
}

int pki_profile_recover(struct pki_profile *profile, const char *ca_passphrase, struct err *err)
{
    struct pki_authority *issuers[PKI_ISSUERS_MAX];
    if (!profile->is_unfinished)
        return 0;
    if (pki_profile_need_issuers(profile, ca_passphrase, err) < 0)
        return -1;
    size_t count = pki_profile_issuers(profile, issuers);
    for (size_t i = 0; i < count; i++)
        issuers[i]->crl_is_behind = true;
    /* A Root's, if it can be: its key may be elsewhere, and whoever works on it repeats what failed. */
    if (profile->has_intermediate && pki_authority_unlock(&profile->root, ca_passphrase, NULL) == 0 &&
        pki_authority_need_database(&profile->root, err) == 0)
        profile->root.crl_is_behind = true;
    return pki_change_publish(profile, err);
}
