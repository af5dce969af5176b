/* The beginning of a session: TLS handshake, verdict, identity; or the refusal, by alert or by page. */
#ifndef POSTERN_PROXY_HANDSHAKE_H
#define POSTERN_PROXY_HANDSHAKE_H

#include "session.h"

/* SESSION_HANDSHAKE. */
enum step handshake_step(struct session *session);
/* The deadline has passed. */
void handshake_timeout(struct session *session);
/* SESSION_DISCARD. */
enum step discard_step(struct session *session);
/* Is the session admitted by what is in force now? Asks again where needed, and renders the identity fields
 * anew for another generation. False: it is not, and session->verdict says why. */
bool handshake_is_current(struct session *session);

#endif
