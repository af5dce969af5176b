/* What decides whether a session of one generation is good in another. Private to room generation. */
#ifndef POSTERN_GENERATION_CONTEXT_H
#define POSTERN_GENERATION_CONTEXT_H

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/config/config.h"
#include "postern/trust/digest.h"

struct generation_context {
    /* Over [identity]: generations of one digest say the same of a client. */
    unsigned char identity_rules[TRUST_DIGEST_SIZE];
    /* Over the trust bundle, the policy of [client_auth], the terms of [tls] and the identity rules: a
     * session is resumed only where all of them are as they were. The CRLs are no part of it, nor is the
     * server's certificate: they change often, and each path is asked about at each use anyway. */
    unsigned char tickets[TRUST_DIGEST_SIZE];
};

/*   bundle  the trust bundle's DER; borrows
 * Returns 0, or -1 without memory. */
NODISCARD int context_of(const struct config *config, struct slice bundle, struct generation_context *out);

#endif
