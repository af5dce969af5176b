/* Lines of the access log, and the counters that go with them. */
#ifndef POSTERN_PROXY_RECORD_H
#define POSTERN_PROXY_RECORD_H

#include "session.h"

/* A connection that came to no request: a handshake refused, failed or timed out, or cut while idle. detail:
 * for people, or NULL. */
void record_refusal(struct session *session, struct cause cause, const char *detail);
/* The exchange of the session, which is over. */
void record_exchange(struct session *session);

#endif
