/* A certificate told in words, for `check`, `explain`, status and logs, and the rules on key and signature
 * strength, which are the same for clients, CAs, CRL signers and servers. */
#ifndef POSTERN_TRUST_CERTIFICATE_H
#define POSTERN_TRUST_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/trust/id.h"

struct x509_st;
struct X509_name_st;
struct evp_pkey_st;
struct X509_algor_st;

#define CERTIFICATE_NAME_MAX 512

struct certificate_info {
    char subject[CERTIFICATE_NAME_MAX]; /* RFC 2253, printable ASCII, cut off with "..." */
    char issuer[CERTIFICATE_NAME_MAX];
    char serial[2 * TRUST_SERIAL_MAX + 3]; /* upper-case hex; "?" if over 20 octets or negative */
    char key[32];                          /* "RSA 2048", "ECDSA P-256", "Ed25519" */
    char fingerprint[65];                  /* SHA-256, lower-case hex */
    char purposes[128];                    /* "clientAuth, serverAuth"; "any purpose" without an EKU */
    int64_t not_before, not_after;         /* wall seconds */
    bool is_ca, is_self_issued;
};

/* certificate: borrows. Never fails: what cannot be read is "?" or 0. */
void certificate_describe(const struct x509_st *certificate, struct certificate_info *out);
/* RFC 2253 into out (printable ASCII, always terminated, cut off with "..."). Returns out. */
const char *certificate_name_text(const struct X509_name_st *name, char *out, size_t size);
/* Dates in wall seconds. False if either is not a date of RFC 5280. Borrows. */
NODISCARD bool certificate_dates(const struct x509_st *certificate, int64_t *not_before, int64_t *not_after);
/* RSA 2048-8192, P-256, P-384, P-521 (named curves), Ed25519. CONTRACT.md "Who is admitted". Borrows. */
NODISCARD bool key_is_strong(const struct evp_pkey_st *key);
/* "RSA 2048", "ECDSA P-256", "Ed25519" or what OpenSSL calls it. Returns out. */
const char *key_describe(const struct evp_pkey_st *key, char *out, size_t size);
/* SHA-256 up (SHA-2 and SHA-3), also inside RSASSA-PSS, or Ed25519. Borrows. */
NODISCARD bool signature_is_strong(const struct X509_algor_st *algorithm);

#endif
