/* X.509 extensions built from OpenSSL's structures, without its configuration language: what is put together
 * as text ("DNS:" and so on) can be made to say something else. Each returns 0, or -1 with the error queue
 * set. */
#ifndef POSTERN_PKI_EXTENSION_H
#define POSTERN_PKI_EXTENSION_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"

#define PKI_PATH_LENGTH_NONE (-1)

/* basicConstraints, critical. RFC 5280 §4.2.1.9. */
NODISCARD int pki_extension_basic(X509 *certificate, bool is_authority, int path_length);
/* keyUsage, critical. §4.2.1.3.
 *   bits  KU_DIGITAL_SIGNATURE and its like of x509v3.h, those of the first octet */
NODISCARD int pki_extension_key_usage(X509 *certificate, unsigned bits);
/* extKeyUsage with one purpose. §4.2.1.12. */
NODISCARD int pki_extension_purpose(X509 *certificate, int purpose_nid);
/* subjectKeyIdentifier: the first 160 bits of SHA-256 over the key. RFC 7093 §2. */
NODISCARD int pki_extension_subject_key(X509 *certificate);
/* authorityKeyIdentifier: the issuer's subjectKeyIdentifier. §4.2.1.1. */
NODISCARD int pki_extension_authority_key(X509 *certificate, const X509 *issuer);
NODISCARD int pki_extension_crl_authority_key(X509_CRL *crl, const X509 *issuer);
/* subjectAltName. §4.2.1.6. */
NODISCARD int pki_extension_alternative(X509 *certificate, GENERAL_NAMES *names);
/* cRLDistributionPoints with one URI. §4.2.1.13. */
NODISCARD int pki_extension_crl_uri(X509 *certificate, const char *uri);
/* authorityInfoAccess with an OCSP URI. §4.2.2.1. */
NODISCARD int pki_extension_ocsp_uri(X509 *certificate, const char *uri);
/* id-pkix-ocsp-nocheck: whoever meets it does not ask for its own status. RFC 6960 §4.2.2.2.1. */
NODISCARD int pki_extension_no_check(X509 *certificate);

/* Append a name of an IA5String type (GEN_DNS, GEN_URI, GEN_EMAIL) to a list. */
NODISCARD int pki_general_names_add_text(GENERAL_NAMES *names, int type, const char *text, size_t length);
/* Append an address of 4 or 16 bytes. */
NODISCARD int pki_general_names_add_address(GENERAL_NAMES *names, const unsigned char *bytes, size_t length);

#endif
