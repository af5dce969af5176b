/* Commands that come over the control socket. */
#ifndef POSTERN_SUPERVISOR_COMMAND_H
#define POSTERN_SUPERVISOR_COMMAND_H

#include "control.h"

struct supervisor;

/* For control_open(): answers now, or lets the client wait for a load. */
void command_request(void *supervisor, struct control_client *client, struct slice request);
/* Answer those who wait for something from first to last (control_each_waiting()): it has failed, or it is in
 * force and open connections have been asked. */
void command_failed(struct supervisor *supervisor, uint64_t first, uint64_t last, const char *error);
void command_in_force(struct supervisor *supervisor, uint64_t first, uint64_t last);

/* How many workers have the generation in force. */
unsigned command_serving(const struct supervisor *supervisor);

#endif
