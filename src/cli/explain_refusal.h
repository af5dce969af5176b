/* `postern explain --request-id`: one of the last refusals of a running gateway, as it was. */
#ifndef POSTERN_CLI_EXPLAIN_REFUSAL_H
#define POSTERN_CLI_EXPLAIN_REFUSAL_H

#include "live.h"

/* Prints, and returns an exit status: 1 it was refused, 3 nothing is known of it, 2 not an id. */
int explain_refusal(const struct live *gateway, const char *request_id);

#endif
