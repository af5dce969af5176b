/* A generation: everything that decides whom we trust and who we are, loaded together, immutable, numbered.
 * The loader packs it (pack.h) into sealed memory; a worker opens it here. The pack holds the bytes that the
 * loader checked (configuration text, certificates, trust bundle, CRL index), and private keys travel apart.
 * Counted references, one thread: a connection in its handshake, or not yet swept, holds the one it began
 * with. */
#ifndef POSTERN_GENERATION_GENERATION_H
#define POSTERN_GENERATION_GENERATION_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/config/config.h"
#include "postern/tls/server.h"
#include "postern/trust/trust.h"

struct generation;

/* Open a pack and build all contexts from it.
 *   pack_fd  sealed memory; borrows (it is mapped, so it may be closed)
 *   keys     private keys, PEM or DER, and ticket secrets, as keys.h says; borrows, the caller cleanses.
 *            Without any secret, as in a rehearsal, there are no tickets
 *   sessions HANDOVER_SESSIONS_SIZE bytes that all workers share (handover.h), or NULL: tickets hold their
 *            sessions; keeps
 *   clock    keeps
 * Returns a generation with one reference, or NULL with err. */
NODISCARD struct generation *generation_open(int pack_fd, const struct slice *keys, size_t key_count,
                                             void *sessions, const struct clock *clock, struct err *err);
/* The same to judge only: without private keys, so generation_server() is NULL and nobody can be served. For
 * `explain` and `trial`. */
NODISCARD struct generation *generation_open_judge(int pack_fd, const struct clock *clock, struct err *err);
struct generation *generation_ref(struct generation *generation);
/* The last one frees everything and unmaps. NULL is nothing. */
void generation_unref(struct generation *generation);

/* Carry over what an older generation has learnt: CAs that clients brought. Call before the new one is put in
 * force. */
void generation_inherit(struct generation *generation, const struct generation *older);

uint64_t generation_number(const struct generation *generation);
/* Borrowed as long as the generation. */
const struct config *generation_config(const struct generation *generation);
const struct trust *generation_trust(const struct generation *generation);
const struct tls_server *generation_server(const struct generation *generation);
/* Digest, 32 bytes: generations with the same one say the same of a client in their identity fields. */
const unsigned char *generation_identity_rules(const struct generation *generation);

/* Code name of a reason's number in struct metrics, for the supervisor, which knows nothing of trust; NULL
 * from the first number on that is none. */
const char *generation_reason_code(unsigned reason);

#endif
