/* Commands to a running gateway: finding its control socket, asking, and showing the answer. */
#ifndef POSTERN_CLI_LIVE_H
#define POSTERN_CLI_LIVE_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

struct live {
    const char *config, *control; /* options; exactly one is needed */
    int wait_ms;
    bool as_json; /* print the answer as it came */
};

/* Path of the control socket, by either option. Gives; NULL with err. */
NODISCARD char *live_socket(const struct live *live, struct err *err);
/* A member of an answer. Gives; NULL if it is not there. */
NODISCARD char *live_member(struct slice answer, const char *name);
bool live_is_ok(struct slice answer);
/* Ask, and have an answer that says ok.
 *   answer  is initialised; buffer_clear() it
 *   fd      gives what came with it, or -1; NULL: nothing is expected
 * Returns 0, or -1 with err: nobody there, or what the gateway said is wrong. */
NODISCARD int live_request(const struct live *live, const char *command, const char *extra,
                           struct buffer *answer, int *fd, struct err *err);
/* Ask and print: the answer's text on standard output, or its error on standard error.
 *   extra  more members of the request, or ""
 * Returns an exit status. */
int live_ask(const struct live *live, const char *command, const char *extra);

#endif
