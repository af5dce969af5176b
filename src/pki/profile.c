#include "postern/pki/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/crl.h"
#include "postern/pki/name.h"

#define BUNDLE_MAX (512u * 1024 * 1024)

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

static bool is_there(const char *directory, const char *name)
{
    struct stat status;
    char *path = pki_path(directory, name);
    bool there = stat(path, &status) == 0;
    free(path);
    return there;
}

static int take_lock(struct pki_profile *profile, struct err *err)
{
    int result = 0;
    char *path = pki_profile_path(profile, PKI_LOCK_FILE);
    profile->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (profile->lock_fd < 0) {
        result = err_set_errno(err, path, errno, "cannot lock the profile");
        goto out;
    }
    while (flock(profile->lock_fd, LOCK_EX) < 0) {
        if (errno == EINTR)
            continue;
        result = err_set_errno(err, path, errno, "cannot lock the profile");
        break;
    }
out:
    free(path);
    return result;
}

static int load(struct pki_profile *profile, struct err *err)
{
    char *settings = pki_profile_path(profile, "profile.conf");
    char *root = pki_profile_path(profile, "root");
    char *intermediate = pki_profile_path(profile, "intermediate");
    profile->has_intermediate = is_there(intermediate, "ca.pem");
    profile->is_unfinished = is_there(profile->directory, PKI_UNFINISHED_FILE);
    int result = pki_settings_load(&profile->settings, settings, err);
    if (result == 0)
        result = pki_authority_load(&profile->root, root, err);
    if (result == 0 && profile->has_intermediate)
        result = pki_authority_load(&profile->intermediate, intermediate, err);
    free(settings);
    free(root);
    free(intermediate);
    return result;
}

int pki_profile_open(const char *directory, enum pki_access access, const struct clock *clock,
                     struct pki_profile **out, struct err *err)
{
    *out = NULL;
    if (!is_there(directory, "root/ca.pem"))
        return err_set_at(err, directory, 0, "no profile here; make one with \"postern pki init\"");
    struct pki_profile *profile = xcalloc(1, sizeof *profile);
    profile->directory = xstrdup(directory);
    profile->clock = clock ? clock : clock_system();
    profile->lock_fd = -1;
    if ((access == PKI_WRITE && take_lock(profile, err) < 0) || load(profile, err) < 0) {
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
    pki_authority_clear(&profile->root);
    pki_authority_clear(&profile->intermediate);
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

static int write_ca_bundle(const struct pki_profile *profile, struct err *err)
{
    X509 *const certificates[] = {profile->root.certificate, profile->intermediate.certificate};
    char *path = pki_profile_path(profile, "client-ca-bundle.pem");
    int result = pki_write_certificates(path, certificates, profile->has_intermediate ? 2 : 1, err);
    free(path);
    return result;
}

/* The first CRL of a text, its PEM lines alone: whatever else stands in the file stays there. */
static struct slice pem_block(struct slice text)
{
    static const char begin[] = "-----BEGIN X509 CRL-----", end[] = "-----END X509 CRL-----";
    const char *from = text.length ? memmem(text.data, text.length, begin, sizeof begin - 1) : NULL;
    if (!from)
        return (struct slice){0};
    size_t rest = text.length - (size_t)(from - text.data);
    const char *to = memmem(from, rest, end, sizeof end - 1);
    return to ? slice_of(from, (size_t)(to - from) + sizeof end - 1) : (struct slice){0};
}

static int append_crl(const struct pki_authority *authority, struct buffer *bundle, struct err *err)
{
    struct buffer text;
    int result = 0;
    char *path = pki_path(authority->directory, "crl.pem");
    if (!is_there(authority->directory, "crl.pem"))
        goto out; /* a directory of `openssl ca` that has made none yet; `postern pki crl` does */
    result = file_read(path, BUNDLE_MAX, &text, NULL, err);
    if (result < 0)
        goto out;
    struct slice block = pem_block(buffer_view(&text));
    if (block.length == 0)
        result = err_set_at(err, path, 0, "no CRL in PEM; \"postern pki crl\" makes a new one");
    else if (!buffer_append_slice(bundle, block) || !buffer_append_text(bundle, "\n"))
        result = err_set_at(err, path, 0, "the CRLs together are over %u bytes", BUNDLE_MAX);
    buffer_clear(&text);
out:
    free(path);
    return result;
}

static int write_crl_bundle(const struct pki_profile *profile, struct err *err)
{
    struct buffer bundle;
    char *path = pki_profile_path(profile, "crl-bundle.pem");
    buffer_init(&bundle, BUNDLE_MAX);
    int result = append_crl(&profile->root, &bundle, err);
    if (result == 0 && profile->has_intermediate)
        result = append_crl(&profile->intermediate, &bundle, err);
    struct slice view = buffer_view(&bundle);
    if (result == 0)
        result = file_replace(path, view.data, view.length, PKI_MODE_PUBLIC, err);
    buffer_clear(&bundle);
    free(path);
    return result;
}

int pki_profile_write_bundles(const struct pki_profile *profile, struct err *err)
{
    return write_ca_bundle(profile, err) < 0 ? -1 : write_crl_bundle(profile, err);
}

int pki_profile_recover(struct pki_profile *profile, const char *ca_passphrase, struct err *err)
{
    struct pki_authority *issuer = pki_profile_issuer(profile);
    if (!profile->is_unfinished)
        return 0;
    if (pki_authority_unlock(issuer, ca_passphrase, err) < 0 || pki_authority_need_database(issuer, err) < 0)
        return -1;
    return pki_change_publish(profile, err);
}
