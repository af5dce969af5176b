/* The other certificate of the same content. If (r, s) is an ECDSA signature, so is (r, n - s), and anybody
 * can compute it: who holds a certificate that was signed with ECDSA holds two, which differ in nothing that
 * is signed, and have two fingerprints. Whoever is known by one of them must be known by the other. Neither
 * RSA nor Ed25519 signatures can be changed so (RFC 8032 §8.4), nor can an encoding: OpenSSL writes it anew.
 */
#ifndef POSTERN_TRUST_TWIN_H
#define POSTERN_TRUST_TWIN_H

#include <openssl/types.h>
#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/trust/path.h"

/* SHA-256 of the other certificate.
 *   certificate  its signature has been verified; borrows
 *   issuer       whose key did that; borrows
 *   own          SHA-256 of the certificate: what out is, if there is no other
 * Returns false if it cannot be told. */
NODISCARD bool twin_fingerprint(const X509 *certificate, const X509 *issuer,
                                const unsigned char own[TRUST_FINGERPRINT_SIZE],
                                unsigned char out[TRUST_FINGERPRINT_SIZE]);

#endif
