/* A connection whose client is no longer admitted: what is done about it, and what is said. By default it is
 * cut at once, whatever it is in the middle of, with what it has not been sent yet dropped. */
#ifndef POSTERN_PROXY_CUT_H
#define POSTERN_PROXY_CUT_H

#include <stdbool.h>

#include "session.h"

/* May the exchange in flight end first? By on_revoke = finish_exchange, and only what has begun upstream and
 * will end: a tunnel does not. */
bool cut_is_put_off(const struct session *session);
/* Has the kernel anything that it would still send if the socket were closed properly? */
bool cut_leaves_unsent(const struct session *session);
/* One line in the event log: who, why, under which generation, in the middle of what, how many bytes; and the
 * counters. session->verdict says why; before the session is ended. */
void cut_tell(struct session *session);
void cut_tell_put_off(struct session *session);

#endif
