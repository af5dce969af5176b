/* Putting a certificate together and signing it: the one place that knows the profile rules of RFC 5280 for
 * each role. */
#ifndef POSTERN_PKI_CERTIFICATE_H
#define POSTERN_PKI_CERTIFICATE_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/pki/database.h"
#include "postern/pki/issue.h"

#define PKI_BACKDATE_S 60 /* clocks of gateways and devices differ */
#define PKI_DAY_S      INT64_C(86400)

enum pki_role { PKI_ROLE_AUTHORITY, PKI_ROLE_SERVER, PKI_ROLE_CLIENT, PKI_ROLE_OCSP };

/* Everything is borrowed; NULL where there is none. */
struct pki_certificate_plan {
    enum pki_role role;
    const char *country, *organization, *unit, *common_name;
    EVP_PKEY *key;               /* the subject's: its public half goes in */
    X509 *issuer;                /* NULL: self-signed */
    EVP_PKEY *signer;            /* the issuer's key */
    const unsigned char *serial; /* PKI_SERIAL_BYTES */
    int64_t not_before_s, not_after_s;
    int path_length; /* authorities */
    GENERAL_NAMES *names;
    const char *crl_uri, *ocsp_uri;
};

/* Gives; free with X509_free(). NULL with err. */
NODISCARD X509 *pki_certificate_new(const struct pki_certificate_plan *plan, struct err *err);
/* Its serial in upper-case hex; false if it has over PKI_SERIAL_BYTES_MAX bytes.
 *   out  PKI_SERIAL_TEXT_SIZE bytes */
NODISCARD bool pki_certificate_serial(const X509 *certificate, char *out);
/* What a certificate is for, by its extended key usage: PKI_ANY if for both or neither. */
enum pki_kind pki_certificate_kind(X509 *certificate);
/* The last attribute of this type in its subject (NID_commonName) as UTF-8; NULL if there is none or it holds
 * a NUL. Gives; free with free(). */
char *pki_certificate_attribute(X509 *certificate, int nid);
/* True if an attribute of its subject (NID_commonName) is exactly these bytes, as UTF-8; the last of several.
 */
bool pki_certificate_has(X509 *certificate, int nid, struct slice value);

#endif
