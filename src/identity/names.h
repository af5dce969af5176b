/* The names in a certificate as text for a header field: printable ASCII, never ambiguous. All append to a
 * buffer and tell whether there was such a name; a name with a NUL, or that is not the string type it claims
 * to be, is no name. What is outside printable ASCII, '%', and a space at either end is percent-encoded (RFC
 * 3986 §2.1); where several values are joined with ',', a ',' inside one is encoded too. */
#ifndef POSTERN_IDENTITY_NAMES_H
#define POSTERN_IDENTITY_NAMES_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "postern/base/buffer.h"

enum name_result {
    NAME_WRITTEN,
    NAME_ABSENT,   /* nothing was appended */
    NAME_TOO_LONG, /* the buffer is full; nothing was appended */
};

enum { NAMES_MAX = 64 }; /* most values of one kind that are shown; a certificate with more shows none */

/* A distinguished name as RFC 2253 has it (OpenSSL's XN_FLAG_RFC2253, which escapes to ASCII).
 * X509_NAME_print_ex(3) */
enum name_result names_append_dn(struct buffer *buffer, const X509_NAME *name);
/* The common name, if there is exactly one. */
enum name_result names_append_common_name(struct buffer *buffer, const X509_NAME *name);
/* All values of an attribute (NID_organizationalUnitName, ...), joined with ','. */
enum name_result names_append_attribute(struct buffer *buffer, const X509_NAME *name, int nid);
/* All subject alternative names of one type (GEN_DNS, GEN_URI, GEN_EMAIL, GEN_IPADD), joined. RFC 5280
 * §4.2.1.6 */
enum name_result names_append_san(struct buffer *buffer, const X509 *certificate, int type);
/* Each such name apart. Returns how many, at most NAMES_MAX; each is called with its encoded text. */
unsigned names_each_san(const X509 *certificate, int type, void (*each)(void *context, struct slice name),
                        void *context);
/* The SPIFFE ID: exactly one URI, of the exact form of the SPIFFE-ID specification §2, in a certificate that
 * is no CA. */
enum name_result names_append_spiffe_id(struct buffer *buffer, X509 *certificate);
/* Pure: whether a URI is a SPIFFE ID. */
bool names_is_spiffe_id(struct slice uri);

#endif
