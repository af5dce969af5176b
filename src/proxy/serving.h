/* What is in force: one generation with what the proxy reads from it at every turn. The proxy holds the
 * newest; a session holds the one that its verdict is from until it has been asked again. Counted, one
 * thread. */
#ifndef POSTERN_PROXY_SERVING_H
#define POSTERN_PROXY_SERVING_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/config/config.h"
#include "postern/generation/generation.h"
#include "postern/tls/server.h"
#include "postern/trust/verdict.h"

struct serving {
    unsigned references;
    struct generation *generation; /* holds all below; NULL only in tests */
    const struct config *config;
    const struct tls_server *server;
    const struct trust *trust;
    const unsigned char *identity_rules; /* generation_identity_rules(); NULL in tests */
    uint64_t number;
    /* trust_verdict(); a test has its own. */
    enum trust_reason (*judge)(const struct serving *serving, const struct trust_path *path, int64_t now_s,
                               struct trust_verdict *verdict);
};

/* Takes a reference of its own to the generation. Gives one reference. */
struct serving *serving_new(struct generation *generation);
/* Whether both say the same of a client to a backend. */
bool serving_same_fields(const struct serving *left, const struct serving *right);
struct serving *serving_ref(struct serving *serving);
/* NULL is nothing. */
void serving_unref(struct serving *serving);

#endif
