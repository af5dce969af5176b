/* A server's certificate chain: parsed, and checked against its key, its order and the time. Private to room
 * tls. */
#ifndef POSTERN_SRC_TLS_CHAIN_H
#define POSTERN_SRC_TLS_CHAIN_H

#include <openssl/x509.h>
#include <stdint.h>

#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/tls/key.h"

#define CHAIN_CERTIFICATES_MAX 10

/* The leaf first.
 *   pem     borrows for the call
 *   now_s   wall seconds
 *   prefix  before each message, to tell which of several it is; ""
 * Gives; free with sk_X509_pop_free(chain, X509_free). NULL with err: what is wrong and what would be right.
 */
STACK_OF(X509) * chain_parse(struct slice pem, const struct tls_key *key, int64_t now_s, bool admit_ended,
                             const char *prefix, struct err *err);
/* Names that the certificate is for: SANs, comma-separated, for people. Returns out. */
const char *chain_names(const X509 *certificate, char *out, size_t size);

#endif
