/* Order of the entries of an index: by the 21 bytes of struct trust_serial. */
#ifndef POSTERN_TRUST_CRL_SORT_H
#define POSTERN_TRUST_CRL_SORT_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/trust/crl_record.h"

/* As memcmp(). */
int crl_entry_compare(const struct crl_entry *left, const struct crl_entry *right);
/* In time that grows with count alone: CRLs come from outside, and qsort() has a worst case. Returns 0, or -1
 * without memory for as many again. */
NODISCARD int crl_entries_sort(struct crl_entry *entries, size_t count);

#endif
