/* What an identity holds: shared by the files of this room. */
#ifndef POSTERN_IDENTITY_PRIVATE_H
#define POSTERN_IDENTITY_PRIVATE_H

#include <stdint.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "postern/base/buffer.h"
#include "postern/config/template.h"
#include "postern/identity/identity.h"

#include "names.h"

enum { IDENTITY_TEXT_MAX = 16 * 1024 };

struct identity {
    X509 *leaf;             /* NULL: unpacked */
    STACK_OF(X509) * chain; /* leaf first, or NULL */
    int64_t not_after;
    struct buffer text; /* what the slices point into */
    size_t ends[4];     /* common name, subject, issuer, serial: where each ends in text */
    char fingerprint[2 * 32 + 1];
};

/* Append the value of a template variable. */
enum name_result identity_append_variable(const struct identity *identity, enum template_variable variable,
                                          struct buffer *out);
/* Append the certificate as PEM, percent-encoded but for RFC 3986's unreserved characters. */
enum name_result identity_append_pem(X509 *certificate, struct buffer *out);
/* The value of X-Forwarded-Client-Cert: one element, of this hop. */
enum name_result identity_append_xfcc(const struct identity *identity, bool with_cert, bool with_chain,
                                      struct buffer *out);
/* The value of Client-Cert, RFC 9440 §2.2, and of Client-Cert-Chain, §2.3 (without the leaf and the anchor).
 */
enum name_result identity_append_client_cert(const struct identity *identity, struct buffer *out);
enum name_result identity_append_client_cert_chain(const struct identity *identity, struct buffer *out);

#endif
