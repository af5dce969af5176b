/* The keys of tickets, one set for each period of wall time, made by HKDF (RFC 5869) from a secret, the
 * period and the context in which a ticket is good. So who shares the secret shares the keys without a word
 * between them, and a ticket from another context cannot even be told apart from noise. A key encrypts in its
 * period and decrypts in the next one too; and in the one before, since the clocks of a fleet differ. The
 * secret and the keys lie in locked memory. One owner, one thread. Private to room tls. */
#ifndef POSTERN_SRC_TLS_TICKET_RING_H
#define POSTERN_SRC_TLS_TICKET_RING_H

#include <openssl/types.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define TICKET_NAME_SIZE    16 /* RFC 5077 §4 */
#define TICKET_KEY_SIZE     32
#define TICKET_CONTEXT_SIZE 32

struct ticket_key {
    int64_t period; /* which one: wall seconds over the period's length */
    unsigned char name[TICKET_NAME_SIZE];
    unsigned char cipher[TICKET_KEY_SIZE], mac[TICKET_KEY_SIZE]; /* of tickets that hold their session */
    unsigned char held[TICKET_KEY_SIZE];                         /* of sessions that are held here */
};

struct ticket_ring;

/*   secret    TLS_TICKET_SECRET_MIN to _MAX bytes; copied
 *   context   TICKET_CONTEXT_SIZE bytes; copied
 *   period_s  at least 1
 * Returns NULL without memory. */
NODISCARD struct ticket_ring *ticket_ring_new(struct slice secret, const unsigned char *context,
                                              int64_t period_s);
void ticket_ring_free(struct ticket_ring *ring);

/* The context, TICKET_CONTEXT_SIZE bytes. Borrowed. */
const unsigned char *ticket_ring_context(const struct ticket_ring *ring);
/* What encrypts now. Borrowed until the next call; NULL if OpenSSL fails. */
const struct ticket_key *ticket_ring_current(struct ticket_ring *ring, int64_t now_s);
/* The key of this name, TICKET_NAME_SIZE bytes, if it still decrypts. Borrowed until the next call; NULL if
 * there is none. */
const struct ticket_key *ticket_ring_find(struct ticket_ring *ring, const unsigned char *name, int64_t now_s);

#endif
