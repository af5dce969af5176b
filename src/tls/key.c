#include "postern/tls/key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "key_private.h"
#include "narrow.h"
#include "postern/base/memory.h"
#include "postern/trust/certificate.h"

#define KEY_BYTES_MAX 65536

struct tls_key {
    EVP_PKEY *pkey;
    char description[32];
};

/* pem_password_cb: there is nobody to ask; what matters is that it was asked for. */
static int note_encryption(char *out, int size, int writing, void *was_asked)
{
    (void)out;
    (void)size;
    (void)writing;
    *(bool *)was_asked = true;
    return -1;
}

static bool is_pem(struct slice bytes)
{
    return memmem(bytes.data, bytes.length, "-----BEGIN ", 11) != NULL;
}

static EVP_PKEY *from_pem(struct slice bytes, bool *is_encrypted)
{
    BIO *memory = BIO_new_mem_buf(bytes.data, (int)bytes.length);
    if (memory == NULL)
        return NULL;
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey_ex(memory, NULL, note_encryption, is_encrypted,
                                                tls_library_aside(), NULL);
    BIO_free(memory);
    return pkey;
}

static EVP_PKEY *from_der(struct slice bytes, bool *is_encrypted)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    const unsigned char *end = at + bytes.length;
    EVP_PKEY *pkey = d2i_AutoPrivateKey_ex(NULL, &at, (long)bytes.length, tls_library_aside(), NULL);
    if (pkey != NULL && at != end) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    if (pkey == NULL) {
        at = (const unsigned char *)bytes.data;
        X509_SIG *sealed = d2i_X509_SIG(NULL, &at, (long)bytes.length); /* EncryptedPrivateKeyInfo */
        *is_encrypted = sealed != NULL;
        X509_SIG_free(sealed);
    }
    return pkey;
}

static int explain_failure(struct slice bytes, bool is_encrypted, struct err *err)
{
    if (is_encrypted)
        return err_set(err, "the private key is encrypted; a server must start without anybody at hand, so "
                            "store it decrypted (openssl pkey -in OLD -out NEW) and mode 0600");
    if (bytes.length == 0)
        return err_set(err, "the private key is empty; give a key in PEM or DER");
    if (memmem(bytes.data, bytes.length, "-----BEGIN CERTIFICATE-----", 27) != NULL)
        return err_set(err, "this is a certificate, not a private key; give the key that belongs to it");
    return err_set(err, "not a private key; give one in PEM (BEGIN PRIVATE KEY) or DER");
}

static int check_strength(const struct tls_key *key, struct err *err)
{
    if (key_is_strong(key->pkey))
        return 0;
    return err_set(err,
                   "the private key is %s; use ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048 to "
                   "8192 bits",
                   key->description);
}

struct tls_key *tls_key_parse(struct slice bytes, struct err *err)
{
    bool is_encrypted = false;
    EVP_PKEY *pkey = NULL;
    if (bytes.length > 0 && bytes.length <= KEY_BYTES_MAX)
        pkey = is_pem(bytes) ? from_pem(bytes, &is_encrypted) : from_der(bytes, &is_encrypted);
    ERR_clear_error();
    if (pkey == NULL) {
        (void)explain_failure(bytes, is_encrypted, err);
        return NULL;
    }
    struct tls_key *key = xcalloc(1, sizeof(*key));
    key->pkey = pkey;
    key_describe(pkey, key->description, sizeof(key->description));
    if (check_strength(key, err) != 0) {
        tls_key_free(key);
        return NULL;
    }
    return key;
}

void tls_key_free(struct tls_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey); /* OpenSSL cleanses it */
    free(key);
}

const char *tls_key_describe(const struct tls_key *key)
{
    return key->description;
}

EVP_PKEY *tls_key_get(const struct tls_key *key)
{
    return key->pkey;
}
