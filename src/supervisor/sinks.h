/* Where logs go: the supervisor opens the files, since workers cannot, and hands out descriptors. Appending
 * and never blocking; a file is made with mode 0640. */
#ifndef POSTERN_SUPERVISOR_SINKS_H
#define POSTERN_SUPERVISOR_SINKS_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/generation/summary.h"

struct sinks {
    int events;
    int access; /* -1: off */
};

void sinks_init(struct sinks *sinks);
/* Open both anew; those open stay as they are on failure. Returns 0, or -1 with err. */
NODISCARD int sinks_open(struct sinks *sinks, const struct summary *summary, const char *config_path,
                         struct err *err);
void sinks_close(struct sinks *sinks);

#endif
