/* The gateway of a demo: `postern serve` as a child, whose standard error is read here. It leaves with us,
 * however we go. */
#ifndef POSTERN_CLI_DEMO_GATEWAY_H
#define POSTERN_CLI_DEMO_GATEWAY_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"

struct demo_gateway {
    pid_t pid;  /* 0: none */
    int errors; /* its standard error */
    struct buffer line;
    char address[128]; /* from its ready line; empty until then */
    FILE *said;        /* where all other lines go; standard error at first */
    bool has_cut;      /* it said that it cut somebody off */
};

/* Start it. Returns 0, or -1 with err; clear in any case. */
NODISCARD int demo_gateway_start(struct demo_gateway *gateway, const char *config, struct err *err);
/* Read what it says: notes the ready line, passes all others on. Returns 1, 0 at the end, -1 with errno. */
int demo_gateway_read(struct demo_gateway *gateway);
/* Have it drain, wait, and pass on its last words. Returns its exit status, or -1 if it was killed. */
int demo_gateway_stop(struct demo_gateway *gateway);

#endif
