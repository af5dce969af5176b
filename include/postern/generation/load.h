/* From files to a generation: every file is read once, everything is checked against everything, a generation
 * is built from the very bytes and asked what it thinks of them, and packed. Runs in the loader process and
 * in `postern check`; knows no other process. */
#ifndef POSTERN_GENERATION_LOAD_H
#define POSTERN_GENERATION_LOAD_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/base/secret.h"

/* Largest files, in bytes. */
#define LOAD_CHAIN_MAX  (256u * 1024)
#define LOAD_BUNDLE_MAX (16u * 1024 * 1024)
#define LOAD_CRL_MAX    (1024u * 1024 * 1024)

/* Files to load in place of those that the configuration names, to see what would come of it. NULL: as it
 * says. */
struct load_stand_ins {
    const char *trust, *crl;
};

struct load_order {
    const char *config_path;                /* as it shall stand in messages */
    const struct load_stand_ins *stand_ins; /* or NULL */
    uint64_t number;                        /* of the generation */
    int running_fd; /* the pack in force, whose keys that need a new start must not change; -1 at a
                     * start */
    const struct clock *clock;
};
/* Load the configuration and all that it names.
 *   order   borrows
 *   keys    keys_init() has been called; the private keys are put in, and the caller clears it
 *   inputs  is initialised and takes the list of files that were looked at (input_list.h), also after an
 *           error; buffer_clear() it
 * Returns the sealed pack (gives, close-on-exec), or -1 with err: "FILE:LINE: [section] key: what is wrong;
 * what would be right". */
NODISCARD int generation_load_order(const struct load_order *order, struct secret *keys,
                                    struct buffer *inputs, struct err *err);
/* The same for who watches nothing. */
NODISCARD int generation_load(const char *config_path, uint64_t number, int running_fd,
                              const struct clock *clock, struct secret *keys, struct err *err);

/* The same with stand-ins, which are borrowed. */
NODISCARD int generation_load_with(const char *config_path, const struct load_stand_ins *stand_ins,
                                   uint64_t number, int running_fd, const struct clock *clock,
                                   struct secret *keys, struct err *err);

/* The loader process: take one HANDOVER_LOAD from the channel, load, answer, leave. Returns an exit status.
 */
int loader_main(int channel);

#endif
