/* Private keys: which kinds there are, making them, and their PEM. Keys are PKCS#8 (RFC 5958); a passphrase
 * means PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256. OpenSSL's EVP_PKEY stays opaque to other rooms. */
#ifndef POSTERN_PKI_KEY_H
#define POSTERN_PKI_KEY_H

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"

struct evp_pkey_st;
struct evp_md_st;

enum pki_key_type {
    PKI_KEY_DEFAULT, /* P-256 */
    PKI_KEY_P256,
    PKI_KEY_P384,
    PKI_KEY_ED25519,
    PKI_KEY_RSA2048,
    PKI_KEY_RSA3072,
    PKI_KEY_RSA4096,
};

/* "p256", "p384", "ed25519", "rsa2048", "rsa3072", "rsa4096"; any case. Returns 0, or -1 with err. */
NODISCARD int pki_key_type_parse(const char *text, enum pki_key_type *out, struct err *err);
/* The same text of a type, for messages and files. */
const char *pki_key_type_text(enum pki_key_type type);

/* A new key. Gives; free with EVP_PKEY_free(). NULL with err. EVP_PKEY_Q_keygen(3). */
NODISCARD struct evp_pkey_st *pki_key_generate(enum pki_key_type type, struct err *err);
/* The digest to sign with: NULL for Ed25519 (RFC 8410), SHA-384 for P-384, else SHA-256. Static. */
const struct evp_md_st *pki_key_digest(struct evp_pkey_st *key);

/* Whether a gateway of ours admits such a key: RSA of 2048 to 8192 bits with an odd exponent above 65536,
 * P-256, P-384, P-521, Ed25519. Returns 0, or -1 with err. */
NODISCARD int pki_key_check_strength(struct evp_pkey_st *key, struct err *err);

/* The key as PEM.
 *   passphrase  encrypt under it; NULL or "" for none; borrows
 *   out         is initialised and takes the bytes; cleanse with pki_key_pem_clear()
 * Returns 0, or -1 with err. */
NODISCARD int pki_key_to_pem(struct evp_pkey_st *key, const char *passphrase, struct buffer *out,
                             struct err *err);
void pki_key_pem_clear(struct buffer *pem);

/* Read a key file.
 *   passphrase  for an encrypted one; may be NULL
 *   out         gives; free with EVP_PKEY_free()
 * Returns 0, or -1 with err naming the file: not there, not a key, encrypted and no passphrase, wrong
 * passphrase. */
NODISCARD int pki_key_load(const char *path, const char *passphrase, struct evp_pkey_st **out,
                           struct err *err);

#endif
