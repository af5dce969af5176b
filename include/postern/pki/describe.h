/* What a certificate says, as text for people: for list and show. */
#ifndef POSTERN_PKI_DESCRIBE_H
#define POSTERN_PKI_DESCRIBE_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/issue.h"

struct x509_st;
struct pki_entry;

/* "valid", "expired", "revoked" or "hold". Static. */
const char *pki_status_text(const struct pki_entry *entry, int64_t now_s);

struct pki_description {
    char *subject, *issuer; /* RFC 2253 */
    char *names;            /* "DNS:a, IP:192.0.2.1", or empty */
    char *key;              /* "p256", "rsa3072", ... or OpenSSL's name and the bits */
    char fingerprint[65];   /* SHA-256, lower-case hex */
    int64_t not_before_s, not_after_s;
    enum pki_kind kind;
};

/*   certificate  borrows
 *   out          clear with pki_description_clear() in any case
 * Returns 0, or -1 with err. */
NODISCARD int pki_describe(struct x509_st *certificate, struct pki_description *out, struct err *err);
void pki_description_clear(struct pki_description *description);
/* X509_free(3), for rooms without OpenSSL. NULL is fine. */
void pki_certificate_free(struct x509_st *certificate);

#endif
