/* For tests of rooms that use trust: a root, an intermediate and a client under it, and a `struct trust` made
 * from bytes as a loader and a worker make it. */
#ifndef POSTERN_TESTS_WORLD_H
#define POSTERN_TESTS_WORLD_H

#include <openssl/types.h>
#include <stddef.h>

#include "certs.h"
#include "postern/trust/crl_set.h"
#include "postern/trust/trust.h"
#include "postern/trust/verify.h"

struct world {
    struct cert *root, *intermediate, *client;
};

void world_init(struct world *world);
void world_clear(struct world *world);

/* A `struct trust` with all that it borrows. */
struct judge {
    struct trust *trust;
    struct crl_index *index;
    void *memory;
};

/* From certificates and CRLs (crl_count 0: revocation is not checked unless policy says so). Fails the test
 * if the loader refuses. NULL policy: max_depth 4. */
void judge_init(struct judge *judge, const struct trust_policy *policy, const struct cert *const *cas,
                size_t ca_count, X509_CRL *const *crls, size_t crl_count);
void judge_clear(struct judge *judge);

/* The verdict on a client that sends these intermediates. path may be NULL. */
enum trust_reason judge_ask(const struct judge *judge, const struct cert *client,
                            const struct cert *const *sent, size_t sent_count, int64_t now_s,
                            struct trust_path *path, struct trust_verdict *verdict);

struct trust_bundle *bundle_of(const struct cert *const *cas, size_t count);

#endif
