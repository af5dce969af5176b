/* From a pack to a generation: what generation_open() does in a worker, and the loader for a rehearsal. */
#ifndef POSTERN_GENERATION_BUILD_H
#define POSTERN_GENERATION_BUILD_H

#include "context.h"
#include "postern/generation/generation.h"
#include "postern/generation/pack.h"

struct generation {
    unsigned references;
    void *sessions;   /* of all workers, or NULL */
    bool admit_ended; /* of the server's certificates; the loader judges their dates */
    struct pack pack; /* what all below points into; unmapped last */
    struct config *config;
    struct crl_index *crls; /* NULL without `crl` */
    struct deny *deny;
    struct trust *trust;
    struct tls_server *server;
    const char **publishes_none;
    struct generation_context context;
};

/* Build from a pack that was parsed; takes it on success. keys NULL: without a server, to judge only. Errors
 * are in the form of config_error(). */
NODISCARD struct generation *generation_build(struct pack *pack, const struct slice *keys, size_t key_count,
                                              void *sessions, const struct clock *clock, bool admit_ended,
                                              struct err *err);

#endif
