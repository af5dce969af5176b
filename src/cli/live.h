/* Commands to a running gateway: finding its control socket, asking, and showing the answer. */
#ifndef POSTERN_CLI_LIVE_H
#define POSTERN_CLI_LIVE_H

#include <stdbool.h>

#include "postern/base/attributes.h"

struct live {
    const char *config, *control; /* options; exactly one is needed */
    int wait_ms;
    bool as_json; /* print the answer as it came */
};

/* Ask and print: the answer's text on standard output, or its error on standard error.
 *   extra  more members of the request, or ""
 * Returns an exit status. */
int live_ask(const struct live *live, const char *command, const char *extra);

#endif
