#include "postern/pki/key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>

#include "crypto_error.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"

#define KEY_FILE_MAX      (64u * 1024)
#define PBKDF2_ITERATIONS 600000 /* a person's passphrase guards a CA for 20 years */

static const struct {
    enum pki_key_type type;
    const char *text;
    const char *algorithm;
    const char *group;
    size_t bits;
} key_types[] = {
    {PKI_KEY_P256, "p256", "EC", "P-256", 0},         {PKI_KEY_P384, "p384", "EC", "P-384", 0},
    {PKI_KEY_ED25519, "ed25519", "ED25519", NULL, 0}, {PKI_KEY_RSA2048, "rsa2048", "RSA", NULL, 2048},
    {PKI_KEY_RSA3072, "rsa3072", "RSA", NULL, 3072},  {PKI_KEY_RSA4096, "rsa4096", "RSA", NULL, 4096},
};

static const char *const curves[] = {"prime256v1", "P-256", "secp384r1", "P-384", "secp521r1", "P-521"};

static size_t type_row(enum pki_key_type type)
{
    for (size_t i = 0; i < LENGTH_OF(key_types); i++)
        if (key_types[i].type == type)
            return i;
    return 0;
}

int pki_key_type_parse(const char *text, enum pki_key_type *out, struct err *err)
{
    for (size_t i = 0; i < LENGTH_OF(key_types); i++) {
        if (strcasecmp(text, key_types[i].text) == 0) {
            *out = key_types[i].type;
            return 0;
        }
    }
    return err_set(err, "\"%s\" is no kind of key; p256, p384, ed25519, rsa2048, rsa3072 or rsa4096 would be",
                   text);
}

const char *pki_key_type_text(enum pki_key_type type)
{
    return key_types[type_row(type)].text;
}

EVP_PKEY *pki_key_generate(enum pki_key_type type, struct err *err)
{
    size_t row = type_row(type);
    EVP_PKEY *key = key_types[row].group
                        ? EVP_PKEY_Q_keygen(NULL, NULL, key_types[row].algorithm, key_types[row].group)
                    : key_types[row].bits
                        ? EVP_PKEY_Q_keygen(NULL, NULL, key_types[row].algorithm, key_types[row].bits)
                        : EVP_PKEY_Q_keygen(NULL, NULL, key_types[row].algorithm);
    if (!key)
        pki_crypto_error(err, NULL, "cannot make a key");
    return key;
}

const EVP_MD *pki_key_digest(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
        return NULL;
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256)
        return EVP_sha384();
    return EVP_sha256();
}

static int check_rsa(EVP_PKEY *key, struct err *err)
{
    BIGNUM *exponent = NULL;
    int bits = EVP_PKEY_get_bits(key);
    if (bits < 2048 || bits > 8192)
        return err_set(err, "an RSA key of %d bits; 2048 to 8192 would be right", bits);
    /* FIPS 186-5 §5.4(e): 2^16 < e, and odd. */
    bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 && BN_is_odd(exponent) &&
                BN_num_bits(exponent) > 16;
    BN_free(exponent);
    return good ? 0 : err_set(err, "an RSA key with a weak exponent; 65537 would be right");
}

int pki_key_check_strength(EVP_PKEY *key, struct err *err)
{
    char group[64] = "";
    size_t length = 0;
    if (EVP_PKEY_is_a(key, "ED25519"))
        return 0;
    if (EVP_PKEY_is_a(key, "RSA"))
        return check_rsa(key, err);
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1)
        for (size_t i = 0; i < LENGTH_OF(curves); i++)
            if (strcmp(group, curves[i]) == 0)
                return 0;
    const char *type = EVP_PKEY_get0_type_name(key);
    return err_set(err, "a key of %s%s%s; P-256, P-384, P-521, Ed25519 or RSA would be right",
                   type ? type : "an unknown kind", *group ? " on " : "", group);
}

static int write_encrypted(BIO *bio, PKCS8_PRIV_KEY_INFO *info, const char *passphrase)
{
    X509_ALGOR *scheme = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PBKDF2_ITERATIONS, NULL, 0, NULL,
                                           NID_hmacWithSHA256);
    if (!scheme)
        return -1;
    X509_SIG *encrypted = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), info, scheme);
    if (!encrypted) {
        X509_ALGOR_free(scheme);
        return -1;
    }
    int written = PEM_write_bio_PKCS8(bio, encrypted);
    X509_SIG_free(encrypted);
    return written == 1 ? 0 : -1;
}

int pki_key_to_pem(EVP_PKEY *key, const char *passphrase, struct buffer *out, struct err *err)
{
    int result = -1;
    const char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    buffer_init(out, KEY_FILE_MAX);
    if (!bio || !info)
        goto out;
    if (passphrase && *passphrase ? write_encrypted(bio, info, passphrase) < 0
                                  : PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) != 1)
        goto out;
    long length = BIO_get_mem_data(bio, &bytes);
    if (length > 0 && buffer_append(out, bytes, (size_t)length))
        result = 0;
out:
    if (result < 0)
        pki_crypto_error(err, NULL, "cannot write the key");
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_free(bio);
    return result;
}

void pki_key_pem_clear(struct buffer *pem)
{
    struct slice view = buffer_view(pem);
    if (view.length > 0)
        memory_cleanse(pem->data + pem->begin, view.length);
    buffer_clear(pem);
}

struct passphrase {
    const char *text; /* NULL: there is none */
    bool asked;
};

static int give_passphrase(char *out, int size, int for_writing, void *context)
{
    struct passphrase *passphrase = context;
    (void)for_writing;
    passphrase->asked = true;
    if (!passphrase->text)
        return -1;
    size_t length = strlen(passphrase->text);
    if (length > (size_t)size)
        return -1;
    memcpy(out, passphrase->text, length);
    return (int)length;
}

int pki_key_load(const char *path, const char *passphrase, EVP_PKEY **out, struct err *err)
{
    struct buffer pem;
    struct passphrase given = {passphrase, false};
    *out = NULL;
    if (file_read(path, KEY_FILE_MAX, &pem, NULL, err) < 0)
        return -1;
    struct slice view = buffer_view(&pem);
    BIO *bio = BIO_new_mem_buf(view.data, (int)view.length);
    if (bio)
        *out = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &given);
    BIO_free(bio);
    pki_key_pem_clear(&pem);
    if (*out)
        return 0;
    if (given.asked && !passphrase)
        (void)err_set_at(err, path, 0, "the key is encrypted; give its passphrase");
    else if (given.asked)
        (void)err_set_at(err, path, 0, "the passphrase is wrong");
    return pki_crypto_error(err, path, "no private key in PEM");
}
