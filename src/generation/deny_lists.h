/* Reading both deny lists in a load. */
#ifndef POSTERN_GENERATION_DENY_LISTS_H
#define POSTERN_GENERATION_DENY_LISTS_H

#include <stdbool.h>

#include "inputs.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/config/config.h"
#include "postern/generation/report.h"
#include "postern/trust/bundle.h"

/* Texts, borrowed from the inputs; never NULL, so that a pack has both. */
struct deny_lists {
    struct slice file, kept;
};

/* Where `postern deny` keeps its list. Gives; free(). NULL without memory. */
char *deny_kept_path(const struct config *config);
/* Read and check both. That none has been kept yet is no error: it is noted as an input, to be watched.
 * Returns 0, or -1 with err. */
NODISCARD int deny_lists_read(struct deny_lists *lists, struct inputs *inputs, const struct config *config,
                              struct err *err);
/* Does a CA of the bundle have this name, as `postern check` prints it? */
bool deny_issuer_is_known(const struct trust_bundle *bundle, const char *issuer);
/* Say how many the file denies, and warn of entries that do nothing: ended, or of an issuer that is no CA of
 * the bundle. */
void deny_lists_report(const struct deny_lists *lists, const struct config *config,
                       const struct trust_bundle *bundle, int64_t now_s, struct report *report);

#endif
