#include "postern/pki/authority.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "certificate.h"
#include "crypto_error.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"

#define CERTIFICATE_FILE_MAX (256u * 1024)

/* A key of another authority is never overwritten. */
static int check_free(const char *path, struct err *err)
{
    struct stat status;
    return stat(path, &status) == 0 ? err_set_at(err, path, 0, "is there already; name another file") : 0;
}

static int save_key(const struct pki_authority_plan *plan, EVP_PKEY *key, struct err *err)
{
    struct buffer pem;
    char *folder = pki_path(plan->directory, "private");
    char *path = plan->key_path ? xstrdup(plan->key_path) : pki_path(folder, "ca.key");
    int result = -1;
    if (pki_make_directory(folder, err) < 0 || check_free(path, err) < 0)
        goto out;
    result = pki_key_to_pem(key, plan->passphrase, &pem, err);
    if (result == 0)
        result = file_replace(path, buffer_view(&pem).data, buffer_length(&pem), PKI_MODE_SECRET, err);
    pki_key_pem_clear(&pem);
out:
    free(path);
    free(folder);
    return result;
}

static int save_certificate(const struct pki_authority *authority, struct err *err)
{
    char *path = pki_path(authority->directory, "ca.pem");
    int result = pki_write_certificates(path, (X509 *const[]){authority->certificate}, 1, NULL, err);
    free(path);
    return result;
}

static int make_certificate(struct pki_authority *authority, const struct pki_authority_plan *plan,
                            struct pki_authority *issuer, struct err *err)
{
    unsigned char serial[PKI_SERIAL_BYTES];
    if (pki_database_draw_serial(issuer ? &issuer->database : &authority->database, serial, err) < 0)
        return -1;
    struct pki_certificate_plan certificate = {
        .role = PKI_ROLE_AUTHORITY,
        .country = plan->settings->country,
        .organization = plan->settings->organization,
        .common_name = plan->common_name,
        .key = authority->key,
        .issuer = issuer ? issuer->certificate : NULL,
        .signer = issuer ? issuer->key : NULL,
        .serial = serial,
        .not_before_s = plan->not_before_s,
        .not_after_s = plan->not_after_s,
        .path_length = plan->path_length,
        .crl_uri = issuer ? plan->settings->root_crl_uri : NULL,
    };
    authority->certificate = pki_certificate_new(&certificate, err);
    if (!authority->certificate || save_certificate(authority, err) < 0)
        return -1;
    if (!issuer)
        return 0;
    return pki_database_add(&issuer->database, authority->certificate, NULL, err) < 0
               ? -1
               : pki_database_save(&issuer->database, NULL, err);
}

int pki_authority_create(struct pki_authority *out, const struct pki_authority_plan *plan,
                         struct pki_authority *issuer, struct err *err)
{
    *out = (struct pki_authority){.directory = xstrdup(plan->directory)};
    if (pki_make_directory(plan->directory, err) < 0 || pki_database_create(plan->directory, err) < 0 ||
        pki_authority_need_database(out, err) < 0)
        return -1;
    out->key = pki_key_generate(plan->key, err);
    if (!out->key || save_key(plan, out->key, err) < 0)
        return -1;
    return make_certificate(out, plan, issuer, err);
}

int pki_authority_load(struct pki_authority *authority, const char *directory, struct err *err)
{
    *authority = (struct pki_authority){.directory = xstrdup(directory)};
    char *path = pki_path(directory, "ca.pem");
    int result = pki_read_certificate(path, CERTIFICATE_FILE_MAX, &authority->certificate, err);
    if (result == 0 && X509_check_ca(authority->certificate) != 1)
        result = err_set_at(err, path, 0, "is no authority's certificate (basicConstraints)");
    free(path);
    if (result < 0 || !pki_is_there(directory, "cross.pem"))
        return result;
    path = pki_path(directory, "cross.pem");
    result = pki_read_certificate(path, CERTIFICATE_FILE_MAX, &authority->cross, err);
    free(path);
    return result;
}

static char *key_path(const struct pki_authority *authority)
{
    return authority->key_path ? xstrdup(authority->key_path)
                               : pki_path(authority->directory, "private/ca.key");
}

int pki_authority_unlock(struct pki_authority *authority, const char *passphrase, struct err *err)
{
    if (authority->key)
        return 0;
    char *path = key_path(authority);
    int result = pki_key_load(path, passphrase, &authority->key, err);
    if (result == 0 && X509_check_private_key(authority->certificate, authority->key) != 1) {
        result = pki_crypto_error(err, path, "does not belong to ca.pem");
        EVP_PKEY_free(authority->key);
        authority->key = NULL;
    }
    free(path);
    return result;
}

bool pki_authority_has_key_file(const struct pki_authority *authority)
{
    struct stat status;
    char *path = key_path(authority);
    bool there = stat(path, &status) == 0;
    free(path);
    return there;
}

int pki_authority_need_database(struct pki_authority *authority, struct err *err)
{
    if (authority->has_database)
        return 0;
    if (pki_database_load(&authority->database, authority->directory, err) < 0)
        return -1;
    authority->has_database = true;
    return 0;
}

void pki_authority_clear(struct pki_authority *authority)
{
    free(authority->directory);
    free(authority->key_path);
    X509_free(authority->certificate);
    X509_free(authority->cross);
    EVP_PKEY_free(authority->key);
    pki_database_clear(&authority->database);
    *authority = (struct pki_authority){0};
}
