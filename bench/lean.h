/* A library context in which handshakes are cheap for a client.
 *
 * OpenSSL 3.0 and 3.1 look through all that is on offer for each public key of each certificate that the
 * server sends: half of what a handshake costs a client. The provider here lends the default provider's
 * algorithms, but only those that nearly all servers agree on: AES-GCM, ChaCha20, AES-CBC; X25519 and the
 * NIST curves; RSA, ECDSA and Ed25519. Others are there when they are asked for by name, and from OpenSSL 3.2
 * on, which needs none of this.
 *
 * Private keys are parsed in the context beside it, which has everything. Made in one thread, before others
 * begin; each pair is then used by one thread. */
#ifndef POSTERN_BENCH_LEAN_H
#define POSTERN_BENCH_LEAN_H

#include <stdbool.h>

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "postern/base/attributes.h"

struct lean {
    OSSL_LIB_CTX *library;   /* for connections */
    OSSL_LIB_CTX *aside;     /* for private keys and PKCS#12 */
    OSSL_PROVIDER *borrower; /* in library; NULL: it has the default provider */
    OSSL_PROVIDER *lender;   /* in aside */
};

/* True if a list of groups, ciphers or signature algorithms (or NULL) names what is left out. */
bool lean_leaves_out(const char *list);
/*   wants_all  leave nothing out
 * Returns 0, or -1 if OpenSSL gives no memory. lean_clear() in either case. */
NODISCARD int lean_init(struct lean *lean, bool wants_all);
void lean_clear(struct lean *lean);

#endif
