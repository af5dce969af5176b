/* What a generation says of itself: the report of a load. */
#ifndef POSTERN_GENERATION_DESCRIBE_H
#define POSTERN_GENERATION_DESCRIBE_H

#include "postern/generation/generation.h"
#include "postern/generation/report.h"
#include "postern/trust/bundle.h"
#include "postern/trust/crl_set.h"

/* Server certificates, CAs, CRLs, issuers without a CRL, routes; with warnings of what is about to end.
 *   bundle, crls  as loaded; crls may be NULL */
void describe_generation(const struct generation *generation, const struct trust_bundle *bundle,
                         const struct crl_set *crls, int64_t now_s, struct report *report);

#endif
