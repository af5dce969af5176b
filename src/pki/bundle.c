#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "postern/base/file.h"
#include "postern/pki/profile.h"
#include "staging.h"

#define BUNDLE_MAX (512u * 1024 * 1024)

static int write_ca_bundle(struct pki_profile *profile, struct pki_staging *staging, struct err *err)
{
    struct pki_authority *all[PKI_AUTHORITIES_MAX];
    X509 *certificates[PKI_AUTHORITIES_MAX];
    size_t count = pki_profile_authorities(profile, all);
    for (size_t i = 0; i < count; i++)
        certificates[i] = all[i]->certificate;
    char *path = pki_profile_path(profile, "client-ca-bundle.pem");
    int result = pki_write_certificates(path, certificates, count, staging, err);
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

static int append_crl(const struct pki_authority *authority, const struct pki_staging *staging,
                      struct buffer *bundle, struct err *err)
{
    struct buffer text;
    int result = 0;
    char *path = pki_path(authority->directory, "crl.pem");
    const char *now_at = pki_staging_path(staging, path);
    if (now_at == path && !pki_is_there(authority->directory, "crl.pem"))
        goto out; /* a directory of `openssl ca` that has made none yet; `postern pki crl` does */
    result = file_read(now_at, BUNDLE_MAX, &text, NULL, err);
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

static int write_crl_bundle(struct pki_profile *profile, struct pki_staging *staging, struct err *err)
{
    struct buffer bundle;
    struct pki_authority *all[PKI_AUTHORITIES_MAX];
    size_t count = pki_profile_authorities(profile, all);
    int result = 0;
    char *path = pki_profile_path(profile, "crl-bundle.pem");
    buffer_init(&bundle, BUNDLE_MAX);
    for (size_t i = 0; i < count && result == 0; i++)
        result = append_crl(all[i], staging, &bundle, err);
    struct slice view = buffer_view(&bundle);
    if (result == 0)
        result = pki_staging_put(staging, path, view.data, view.length, PKI_MODE_PUBLIC, err);
    buffer_clear(&bundle);
    free(path);
    return result;
}

int pki_profile_write_bundles(struct pki_profile *profile, struct pki_staging *staging, struct err *err)
{
    return write_ca_bundle(profile, staging, err) < 0 ? -1 : write_crl_bundle(profile, staging, err);
}
