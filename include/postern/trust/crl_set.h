/* All CRLs of a load, on their way into one index: of several for one issuer and scope the highest crlNumber
 * wins (without numbers the latest thisUpdate); two that claim the same number and differ are an error.
 * Loader side; the worker's side is crl_index.h. */
#ifndef POSTERN_TRUST_CRL_SET_H
#define POSTERN_TRUST_CRL_SET_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/trust/bundle.h"
#include "postern/trust/crl.h"

#define CRL_SET_MAX 1024u /* CRLs */

struct crl_set;

struct crl_set *crl_set_new(void);
void crl_set_free(struct crl_set *set);
/* Add the CRLs of one file.
 *   bytes  borrows for the call
 *   form   TRUST_DER: exactly one CRL
 *   path   the file, for messages and status
 * Returns 0, or -1 with err; the set is then of no further use. */
NODISCARD int crl_set_add(struct crl_set *set, struct slice bytes, enum trust_form form,
                          const struct trust_bundle *bundle, const struct crl_options *options,
                          const char *path, struct err *err);
/* CRLs held. */
size_t crl_set_count(const struct crl_set *set);
/* What stands out about a CRL (legacy profile used, pending), or "". Borrowed. */
const char *crl_set_remark(const struct crl_set *set, size_t index);
/* Who issued it, RFC 2253. Borrowed. */
const char *crl_set_issuer(const struct crl_set *set, size_t index);
/* Bytes of the index. */
size_t crl_set_size(const struct crl_set *set);
/* Write the index: crl_set_size() bytes at out, aligned to 8. */
void crl_set_write(const struct crl_set *set, void *out);

#endif
