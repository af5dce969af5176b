#include "postern/pki/ocsp_signer.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "change.h"
#include "crypto_error.h"
#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/pki/audit.h"
#include "postern/pki/profile.h"
#include "timestamp.h"

#define COMMON_NAME "OCSP responder"

char *pki_ocsp_signer_path(const struct pki_profile *profile, const struct pki_authority *authority)
{
    return pki_profile_path(profile, authority == &profile->root ? "ocsp/root.pem" : "ocsp/intermediate.pem");
}

static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return 0; /* not the terminal */
}

static int read_pair(struct slice pem, struct pki_ocsp_signer *out)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.length);
    if (bio) {
        out->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
        out->certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
    }
    BIO_free(bio);
    return out->key && out->certificate ? 0 : -1;
}

int pki_ocsp_signer_parse(struct slice pem, const struct x509_st *issuer, const char *path,
                          struct pki_ocsp_signer *out, struct err *err)
{
    *out = (struct pki_ocsp_signer){0};
    if (pem.length > PKI_OCSP_SIGNER_FILE_MAX || read_pair(pem, out) < 0)
        return pki_crypto_error(err, path, "no private key and certificate in PEM");
    if (X509_check_private_key(out->certificate, out->key) != 1)
        return pki_crypto_error(err, path, "key and certificate do not belong together");
    if (X509_verify(out->certificate, X509_get0_pubkey(issuer)) != 1)
        return pki_crypto_error(err, path, "was not issued by this authority");
    if (!(X509_get_extended_key_usage(out->certificate) & XKU_OCSP_SIGN))
        return err_set_at(err, path, 0, "is not for signing OCSP answers");
    out->not_after_s = pki_timestamp_of(X509_get0_notAfter(out->certificate));
    return 0;
}

void pki_ocsp_signer_clear(struct pki_ocsp_signer *signer)
{
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
    *signer = (struct pki_ocsp_signer){0};
}

static bool is_good(const char *path, const struct pki_authority *authority, int64_t now_s)
{
    struct buffer pem;
    struct pki_ocsp_signer signer;
    if (file_read(path, PKI_OCSP_SIGNER_FILE_MAX, &pem, NULL, NULL) < 0)
        return false;
    bool good = pki_ocsp_signer_parse(buffer_view(&pem), authority->certificate, path, &signer, NULL) == 0;
    if (good) {
        int64_t life = signer.not_after_s - pki_timestamp_of(X509_get0_notBefore(signer.certificate));
        good = signer.not_after_s - now_s > life / 3;
    }
    pki_ocsp_signer_clear(&signer);
    pki_key_pem_clear(&pem);
    return good;
}

/* Of the authority's kind of key: its clients can verify that one already. */
static enum pki_key_type kind_of(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519"))
        return PKI_KEY_ED25519;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) > 3072   ? PKI_KEY_RSA4096
               : EVP_PKEY_get_bits(key) > 2048 ? PKI_KEY_RSA3072
                                               : PKI_KEY_RSA2048;
    return EVP_PKEY_get_bits(key) > 256 ? PKI_KEY_P384 : PKI_KEY_P256;
}

static X509 *make(const struct pki_profile *profile, const struct pki_authority *authority, EVP_PKEY *key,
                  struct pki_act *act, char serial_text[PKI_SERIAL_TEXT_SIZE], struct err *err)
{
    unsigned char serial[PKI_SERIAL_BYTES];
    int64_t now_s = pki_now(profile), end = pki_timestamp_of(X509_get0_notAfter(authority->certificate));
    int64_t not_after_s = now_s + PKI_OCSP_SIGNER_DAYS * PKI_DAY_S;
    if (pki_database_draw_serial(&authority->database, serial, err) < 0)
        return NULL;
    act->serial = text_hex(serial_text, serial, sizeof serial, true);
    act->not_after_s = not_after_s < end ? not_after_s : end;
    const struct pki_certificate_plan plan = {
        .role = PKI_ROLE_OCSP,
        .country = profile->settings.country,
        .organization = profile->settings.organization,
        .common_name = COMMON_NAME,
        .key = key,
        .issuer = authority->certificate,
        .signer = authority->key,
        .serial = serial,
        .not_before_s = now_s - PKI_BACKDATE_S,
        .not_after_s = act->not_after_s,
    };
    return pki_certificate_new(&plan, err);
}

static int save(const char *path, EVP_PKEY *key, X509 *certificate, struct err *err)
{
    struct buffer file, chain = {0}, pem;
    int result = pki_key_to_pem(key, NULL, &pem, err);
    if (result == 0)
        result = pki_certificates_to_pem(&certificate, 1, &chain, err);
    buffer_init(&file, PKI_OCSP_SIGNER_FILE_MAX);
    if (result == 0 &&
        (!buffer_append_slice(&file, buffer_view(&pem)) || !buffer_append_slice(&file, buffer_view(&chain))))
        result = err_set_at(err, path, 0, "key and certificate do not fit");
    struct slice view = buffer_view(&file);
    if (result == 0)
        result = file_replace(path, view.data, view.length, PKI_MODE_SECRET, err);
    buffer_clear(&chain);
    pki_key_pem_clear(&pem);
    pki_key_pem_clear(&file);
    return result;
}

static int issue(struct pki_profile *profile, struct pki_authority *authority, const char *path,
                 struct err *err)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    struct pki_act act = {.act = "issue", .kind = "ocsp", .name = COMMON_NAME};
    EVP_PKEY *key = pki_key_generate(kind_of(authority->key), err);
    X509 *certificate = key ? make(profile, authority, key, &act, serial, err) : NULL;
    char *directory = pki_profile_path(profile, "ocsp");
    int result = -1;
    if (certificate && pki_need_directory(directory, err) == 0 &&
        pki_database_add(&authority->database, certificate, NULL, err) == 0 &&
        pki_database_save(&authority->database, NULL, err) == 0 && pki_audit(profile, &act, err) == 0)
        result = save(path, key, certificate, err);
    free(directory);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return result;
}

int pki_ocsp_signer_renew(struct pki_profile *profile, struct pki_authority *authority, bool *renewed,
                          struct err *err)
{
    char *path = pki_ocsp_signer_path(profile, authority);
    *renewed = !is_good(path, authority, pki_now(profile));
    int result = *renewed ? issue(profile, authority, path, err) : 0;
    free(path);
    return result;
}
