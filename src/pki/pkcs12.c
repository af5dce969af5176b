#include "postern/pki/pkcs12.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "crypto_error.h"
#include "postern/base/memory.h"

#define PKCS12_MAX        (1024u * 1024)
#define MODERN_ITERATIONS 10000 /* the passphrase is random; iterations help only one that people chose */
#define LEGACY_ITERATIONS 2048
#define GROUPS            4
#define GROUP_LETTERS     6

static PKCS12 *make(const struct pki_pkcs12_plan *plan)
{
    int scheme = plan->legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc;
    int iterations = plan->legacy ? LEGACY_ITERATIONS : MODERN_ITERATIONS;
    const EVP_MD *digest = plan->legacy ? EVP_sha1() : EVP_sha256();
    STACK_OF(X509) *chain = sk_X509_new_null();
    PKCS12 *file = NULL;
    if (!chain || (plan->intermediate && sk_X509_push(chain, plan->intermediate) <= 0))
        goto out;
    /* The MAC apart: PKCS12_create would take the digest of its own default. */
    file = PKCS12_create(plan->passphrase, plan->name, plan->key, plan->certificate, chain, scheme, scheme,
                         iterations, -1, 0);
    if (file && PKCS12_set_mac(file, plan->passphrase, -1, NULL, 0, iterations, digest) != 1) {
        PKCS12_free(file);
        file = NULL;
    }
out:
    sk_X509_free(chain);
    return file;
}

int pki_pkcs12_write(const struct pki_pkcs12_plan *plan, struct buffer *out, struct err *err)
{
    unsigned char *der = NULL;
    PKCS12 *file = make(plan);
    int length = file ? i2d_PKCS12(file, &der) : -1;
    buffer_init(out, PKCS12_MAX);
    bool good = length > 0 && buffer_append(out, der, (size_t)length);
    OPENSSL_free(der);
    PKCS12_free(file);
    return good ? 0 : pki_crypto_error(err, NULL, "cannot make the PKCS#12");
}

int pki_passphrase_draw(char *out, size_t size, struct err *err)
{
    /* No i, l, o, 0, 1: they are read for each other. */
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    static const size_t count = sizeof letters - 1;
    size_t length = 0;
    if (size < GROUPS * (GROUP_LETTERS + 1))
        return err_set(err, "no room for a passphrase");
    while (length < GROUPS * (GROUP_LETTERS + 1) - 1) {
        unsigned char byte = 0;
        if (length % (GROUP_LETTERS + 1) == GROUP_LETTERS) {
            out[length++] = '-';
            continue;
        }
        if (RAND_bytes(&byte, 1) != 1)
            return pki_crypto_error(err, NULL, "no random numbers");
        /* Bytes past the last whole multiple would make the first letters more likely. */
        if (byte < 256 / count * count)
            out[length++] = letters[byte % count];
    }
    out[length] = '\0';
    return 0;
}
