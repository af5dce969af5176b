/* Certificate requests, PKCS#10 (RFC 2986): the key never leaves the device that made it. Bytes come from
 * strangers: read once, checked here, and then only asked for what follows.
 *
 * A request asks, it grants nothing: which of its names go into a certificate is decided when it is issued
 * (issue.h). Refused here is what no certificate of ours could have, whoever asks:
 *   a signature that is not its key's, or made with MD5 or SHA-1;
 *   a key that no gateway of ours would admit (RSA below 2048 or above 8192 bits, curves but P-256, P-384 and
 *   P-521, other algorithms but Ed25519);
 *   two CNs or OUs; names that name.h refuses;
 *   extensions but subjectAltName (DNS, IP, URI, email), keyUsage without keyCertSign and cRLSign,
 *   extendedKeyUsage, basicConstraints with CA:FALSE and subjectKeyIdentifier; any of them twice.
 * O, C and other attributes of the subject are not looked at: the profile writes its own. */
#ifndef POSTERN_PKI_REQUEST_H
#define POSTERN_PKI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_REQUEST_MAX (64u * 1024) /* bytes */

struct evp_pkey_st;
struct pki_request;

/* Read PEM or DER.
 *   bytes  borrows
 *   path   for messages, or NULL; borrows
 *   out    gives; free with pki_request_free()
 * Returns 0, or -1 with err. */
NODISCARD int pki_request_parse(struct slice bytes, const char *path, struct pki_request **out,
                                struct err *err);
/* The same from a file. */
NODISCARD int pki_request_load(const char *path, struct pki_request **out, struct err *err);
void pki_request_free(struct pki_request *request);

/* What it asks for; NULL if it does not. Borrowed from the request. */
const char *pki_request_name(const struct pki_request *request);
const char *pki_request_unit(const struct pki_request *request);
/* Its alternative names, "DNS:a", "IP:192.0.2.1", one each. */
size_t pki_request_san_count(const struct pki_request *request);
const char *pki_request_san(const struct pki_request *request, size_t index);
/* False if it lists extended key usages, and one of them is not this (NID_client_auth, NID_server_auth). */
bool pki_request_wants_only(const struct pki_request *request, int purpose_nid);
/* Its public key. Borrowed. */
struct evp_pkey_st *pki_request_key(const struct pki_request *request);

#endif
