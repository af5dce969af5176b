/* A generation to judge by, for `explain` and `trial`: loaded from files as a start would load them, or the
 * one that is in force in a running gateway, which hands it over (it is public bytes in sealed memory).
 * Certificates are parsed here, in the process of whoever asks, and never in the supervisor. */
#ifndef POSTERN_CLI_JUDGING_H
#define POSTERN_CLI_JUDGING_H

#include "live.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/generation/generation.h"
#include "postern/generation/load.h"

struct judging {
    struct generation *generation;
    int pack_fd;
    char origin[256]; /* "generation 3, in force since ...", "postern.ini, as a start would load it" */
    bool is_live;
};

/* All return 0, or -1 with err. judging_clear() also after that. */
NODISCARD int judging_load(struct judging *judging, const char *config, struct err *err);
/* The same with stand-ins, as a reload of that generation would.
 *   running_fd  its pack, or -1 */
NODISCARD int judging_load_with(struct judging *judging, const char *config,
                                const struct load_stand_ins *stand_ins, int running_fd, struct err *err);
NODISCARD int judging_fetch(struct judging *judging, const struct live *live, struct err *err);
void judging_clear(struct judging *judging);

#endif
