/* An admitted client comes and goes: noted in the worker's table (observe/visits.h), and told to the worker
 * once in a while with its path, so that a change of trust can be tried on those who would meet it. */
#ifndef POSTERN_PROXY_VISIT_H
#define POSTERN_PROXY_VISIT_H

#include "session.h"

void visit_begin(struct session *session);
/* Also if none has begun. */
void visit_end(struct session *session);

#endif
