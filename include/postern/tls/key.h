/* Private keys. Outside this header nobody sees how a key is held: today in the worker's memory, tomorrow
 * perhaps behind a socket. Keys come as PEM or DER bytes, never from a path. */
#ifndef POSTERN_TLS_KEY_H
#define POSTERN_TLS_KEY_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

struct tls_key;

/* An unencrypted PKCS#8, RSA or EC key from PEM or DER. An encrypted one is an error that says so, as is a
 * weak one (CONTRACT.md: RSA 2048-8192, P-256/384/521, Ed25519). bytes: borrows; the caller cleanses them. */
NODISCARD struct tls_key *tls_key_parse(struct slice bytes, struct err *err);
void tls_key_free(struct tls_key *key);
/* "RSA 2048", "ECDSA P-256", "Ed25519": for people. */
const char *tls_key_describe(const struct tls_key *key);

#endif
