/* What the files of this room share. */
#ifndef POSTERN_TLS_PRIVATE_H
#define POSTERN_TLS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "postern/tls/key.h"
#include "postern/tls/server.h"

enum { TLS_PAIRS_MAX = 4, TLS_CHAIN_MAX = 8 };

/* One server certificate with its intermediates, leaf first. */
struct tls_chain {
    X509 *certificates[TLS_CHAIN_MAX];
    size_t count;
};

struct tls_server {
    SSL_CTX *context;
    const struct trust *trust;
    const struct clock *clock;
    bool refuse_with_page;
    struct tls_chain chains[TLS_PAIRS_MAX];
    size_t chain_count;
};

/* The key under a tls_key. Borrowed. */
EVP_PKEY *tls_key_get(const struct tls_key *key);

/* Parse a chain from PEM and check it: leaf first, each signed by the next, all in date, a leaf for servers,
 * and its key matches. Returns 0; or -1 with err. out: gives; tls_chain_clear() frees, also after an error.
 */
NODISCARD int tls_chain_load(struct slice pem, const struct tls_key *key, int64_t now_s,
                             struct tls_chain *out, struct err *err);
void tls_chain_clear(struct tls_chain *chain);

/* OpenSSL's oldest queued reason as text into out, and the queue emptied. Returns out. */
const char *tls_take_error(char *out, size_t size);

/* SSL_CTX_set_cert_verify_callback(): asks the trust for the verdict and keeps it in the stream. */
int tls_stream_on_verify(X509_STORE_CTX *context, void *server);
/* SSL_CTX_set_msg_callback(): counts what a peer may not send for ever. */
void tls_stream_on_message(int sent, int version, int content_type, const void *bytes, size_t length,
                           SSL *ssl, void *unused);

#endif
