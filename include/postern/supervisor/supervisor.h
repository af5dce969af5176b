/* The supervisor process: opens the listening sockets, has generations loaded by a short-lived loader, starts
 * workers and restarts them, publishes generations to them in two phases, answers the control socket. It
 * parses no INI, no DER and no HTTP. */
#ifndef POSTERN_SUPERVISOR_SUPERVISOR_H
#define POSTERN_SUPERVISOR_SUPERVISOR_H

#include "postern/base/attributes.h"

/* Serve until drained.
 *   config_path  borrows
 * Returns an exit status: 0 after a drain, 1 for a bad configuration (told on standard error) or when it was
 * made to leave before the drain was over. */
NODISCARD int supervisor_run(const char *config_path);

#endif
