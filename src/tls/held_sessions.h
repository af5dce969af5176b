/* Sessions that a worker holds itself, for TLS 1.3, in place of tickets that hold them: a ticket is then a
 * random name, and nothing is encrypted, serialised or parsed, neither when it is made nor when it is used.
 * What is held is a copy of the few values that a session is made of, not OpenSSL's object with its
 * certificate. Bounded: of those that fall into one set the oldest goes. Counted, since it outlives
 * generations. One thread. Private to room tls. */
#ifndef POSTERN_SRC_TLS_HELD_SESSIONS_H
#define POSTERN_SRC_TLS_HELD_SESSIONS_H

#include <openssl/ssl.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define HELD_SETS       1024
#define HELD_WAYS       4
#define HELD_NAME_SIZE  32 /* SSL_MAX_SSL_SESSION_ID_LENGTH */
#define HELD_TICKET_CTX 32

struct held_sessions;

/* Gives one reference. */
struct held_sessions *held_sessions_new(void);
struct held_sessions *held_sessions_ref(struct held_sessions *sessions);
/* The last one overwrites and frees all. NULL is nothing. */
void held_sessions_unref(struct held_sessions *sessions);

/* Keep what this session of TLS 1.3 is made of, under its id.
 *   context  HELD_TICKET_CTX bytes: where it is good */
void held_sessions_put(struct held_sessions *sessions, const unsigned char *context, SSL_SESSION *session);
/* A session made of what was kept under this name, if it is good in this context. Gives; NULL if there is
 * none. */
NODISCARD SSL_SESSION *held_sessions_find(struct held_sessions *sessions, const unsigned char *context,
                                          struct slice name);

#endif
