#include "postern/tls/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "private.h"

#include "postern/base/memory.h"
#include "postern/trust/certificate.h"

struct tls_key {
    EVP_PKEY *key;
    char description[32];
};

/* PEM_read_bio_PrivateKey() asks for a passphrase on the terminal unless it is told not to. */
static int no_passphrase(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static EVP_PKEY *parse(struct slice bytes, bool *asked)
{
    const unsigned char *der = (const unsigned char *)bytes.data;
    if (memmem(bytes.data, bytes.length, "-----BEGIN ", 11) == NULL)
        return d2i_AutoPrivateKey(NULL, &der, (long)bytes.length);
    BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.length);
    if (bio == NULL)
        return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, asked);
    BIO_free(bio);
    return key;
}

struct tls_key *tls_key_parse(struct slice bytes, struct err *err)
{
    bool asked = false;
    char reason[128];
    if (bytes.length == 0 || bytes.length > 1024 * 1024) {
        err_set(err, "holds no private key; a PEM file with one unencrypted key would be right");
        return NULL;
    }
    ERR_clear_error();
    EVP_PKEY *parsed = parse(bytes, &asked);
    if (parsed == NULL) {
        tls_take_error(reason, sizeof reason);
        if (asked || memmem(bytes.data, bytes.length, "ENCRYPTED", 9) != NULL)
            err_set(err,
                    "the private key is encrypted, and nobody is there to type a passphrase; decrypt it with "
                    "`openssl pkey -in KEY -out NEW` and protect the file by its mode");
        else
            err_set(
                err,
                "holds no private key that can be read (%s); a PEM file with one unencrypted key would be "
                "right",
                reason);
        return NULL;
    }
    ERR_clear_error();
    struct tls_key *key = xcalloc(1, sizeof *key);
    key->key = parsed;
    key_describe(parsed, key->description, sizeof key->description);
    if (!key_is_strong(parsed)) {
        err_set(
            err,
            "the private key (%s) is not accepted; RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519 "
            "would be right",
            key->description);
        tls_key_free(key);
        return NULL;
    }
    return key;
}

void tls_key_free(struct tls_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

const char *tls_key_describe(const struct tls_key *key)
{
    return key->description;
}

EVP_PKEY *tls_key_get(const struct tls_key *key)
{
    return key->key;
}
