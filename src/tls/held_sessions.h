/* Sessions of TLS 1.3 that the gateway holds itself, in place of tickets that hold them: a ticket is then a
 * random name, and no certificate is serialised or parsed, neither when it is made nor when it is used. What
 * is held is the few values that a session is made of and the facts about its client (ticket_facts.h).
 *
 * They lie in memory that all workers share, so that a client finds its session whichever worker it comes to.
 * There are no locks and nobody waits: a place is copied as a whole, and encrypted and authenticated
 * (AES-256-GCM) by the keys of tickets, period and context with them. What is torn, old, of another context
 * or tampered with does not open, and a full handshake follows. So a worker that was taken over can lose
 * sessions of others; to forge one it needs the keys, which it has, with this memory or without.
 *
 * Bounded: of those that fall into one set the oldest goes. One owner, one thread. Private to room tls. */
#ifndef POSTERN_SRC_TLS_HELD_SESSIONS_H
#define POSTERN_SRC_TLS_HELD_SESSIONS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "ticket_ring.h"

#define HELD_PLACE_SIZE 1024u
#define HELD_WAYS       4u
#define HELD_SET_SIZE   (HELD_WAYS * HELD_PLACE_SIZE)
#define HELD_NAME_SIZE  32 /* SSL_MAX_SSL_SESSION_ID_LENGTH */

struct held_sessions;

/*   memory  zeroed, or shared with others; aligned to 8, at least HELD_SET_SIZE bytes; keeps
 *   ring    keeps
 * Returns NULL without memory. */
NODISCARD struct held_sessions *held_sessions_new(void *memory, size_t size, struct ticket_ring *ring);
void held_sessions_free(struct held_sessions *sessions);

/* Would a session with so many bytes of facts fit into a place? */
bool held_sessions_has_room(size_t facts_length);
/* Keep what this session of TLS 1.3 is made of, under its id. One without facts, or that does not fit, is
 * not kept.
 *   now_s   wall
 *   now_us  monotonic: what is the oldest */
void held_sessions_put(struct held_sessions *sessions, SSL_SESSION *session, int64_t now_s, int64_t now_us);
/* A session made of what was kept under this name. ssl: to look its cipher up. Gives; NULL if there is none.
 */
NODISCARD SSL_SESSION *held_sessions_find(struct held_sessions *sessions, SSL *ssl, struct slice name,
                                          int64_t now_s);

#endif
