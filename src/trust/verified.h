/* Paths that were verified before: what a client presented, byte for byte, to the path that was built from
 * it. Who presents the same again is spared the building and the signatures. Nothing that time or a CRL can
 * change is kept: dates and revocation are asked again each time, and the client still has to prove that it
 * holds the key. Only what was admitted is kept, so that strangers cannot fill it. It belongs to one struct
 * trust, and so to one generation; bounded: newer ones take the place of older ones. */
#ifndef POSTERN_TRUST_VERIFIED_H
#define POSTERN_TRUST_VERIFIED_H

#include <openssl/types.h>
#include <stdbool.h>

#include "postern/trust/digest.h"
#include "postern/trust/path.h"

#define VERIFIED_SETS 4096u /* of two */

struct verified;

/* The CAs of a path, from the leaf's issuer to the anchor, and what is asked again. */
struct verified_path {
    STACK_OF(X509) * issuers; /* the same objects for all clients of a CA, so that a path is but references */
    struct trust_path *path;
};

/* A digest over all that the client presented, in its order: the leaf's own and that of each certificate.
 *   leaf_digest  SHA-256 of the leaf
 *   presented    borrows; NULL: nothing but the leaf
 * Returns false if it cannot be made: then there is nothing to look up. */
NODISCARD bool verified_digest(const unsigned char leaf_digest[TRUST_DIGEST_SIZE],
                               const STACK_OF(X509) * presented, unsigned char out[TRUST_DIGEST_SIZE]);

struct verified *verified_new(void);
/* Accepts NULL. */
void verified_free(struct verified *verified);
/* Borrowed until the next verified_keep(). NULL: not seen before. */
const struct verified_path *verified_find(const struct verified *verified,
                                          const unsigned char digest[TRUST_DIGEST_SIZE]);
/* Remember a path that was admitted just now.
 *   chain  leaf first, anchor last; borrows, refers to all but the leaf
 *   path   of chain; borrows */
void verified_keep(struct verified *verified, const unsigned char digest[TRUST_DIGEST_SIZE],
                   const STACK_OF(X509) * chain, const struct trust_path *path);

#endif
