/* Commands that come over the control socket. */
#ifndef POSTERN_SUPERVISOR_COMMAND_H
#define POSTERN_SUPERVISOR_COMMAND_H

#include "control.h"

struct supervisor;

/* For control_open(): answers now, or lets the client wait for a load. */
void command_request(void *supervisor, struct control_client *client, struct slice request);
/* A load has ended, one way or the other.
 *   sequence  of the load
 *   error     NULL: the generation in force is its result */
void command_load_ended(struct supervisor *supervisor, uint64_t sequence, const char *error);

#endif
