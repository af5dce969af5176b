/* Who a client is, read once from the certificate that it proved to hold, and the header fields that say so
 * to a backend, rendered once a connection. Values have the exact forms of docs/identity.md. */
#ifndef POSTERN_IDENTITY_IDENTITY_H
#define POSTERN_IDENTITY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"
#include "postern/config/config.h"

struct x509_st;
struct stack_st_X509;
struct identity;

/* Read a certificate.
 *   leaf   borrows for the call
 *   chain  the verified path for Client-Cert-Chain and XFCC's Chain, leaf first; borrows; may be NULL
 * Never fails for what the certificate holds: an attribute that is no name (a NUL in it) is absent. NULL only
 * without memory. Free with identity_free(). */
NODISCARD struct identity *identity_new(struct x509_st *leaf, struct stack_st_X509 *chain);
void identity_free(struct identity *identity);

/* Single attributes, for access logs, pages and authorisation; empty if absent. Borrowed. As they
 * stand in a field: printable ASCII, the rest percent-encoded. */
struct slice identity_common_name(const struct identity *identity);
struct slice identity_subject(const struct identity *identity); /* RFC 2253, printable ASCII */
struct slice identity_issuer(const struct identity *identity);
struct slice identity_serial(const struct identity *identity);      /* upper-case hex */
struct slice identity_fingerprint(const struct identity *identity); /* SHA-256, lower-case hex */
int64_t identity_not_after(const struct identity *identity);        /* wall seconds */

/* As bytes for a session ticket, with the field lines that were rendered; appends to out. False if they do
 * not fit, and nothing is appended. */
NODISCARD bool identity_pack(const struct identity *identity, struct slice fields, struct buffer *out);
/* Back from there, without the certificate: it can be asked for its attributes, not rendered again.
 *   fields  set to the field lines, which point into bytes
 * Gives; NULL if the bytes are of another version or malformed. */
NODISCARD struct identity *identity_unpack(struct slice bytes, struct slice *fields);
/* Whether identity_render() can be asked. */
bool identity_has_certificate(const struct identity *identity);
/* Whether the fields that config asks for take more than the client's own certificate. */
bool identity_needs_chain(const struct config *config);

/* The field lines that go to the backend: "Name: value\r\n" for each preset and template of config, in its
 * order, checked to be field values (printable ASCII). Gives into *out; free with free().
 * Returns 0; or -1 if there is no certificate, they are over 16 KiB together or a value would not be a field
 * value: then nothing may be forwarded. */
NODISCARD int identity_render(const struct identity *identity, const struct config *config, char **out,
                              size_t *length);

#endif
