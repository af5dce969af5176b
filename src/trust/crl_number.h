/* Which of two CRLs is the newer, and do they compete at all. */
#ifndef POSTERN_TRUST_CRL_NUMBER_H
#define POSTERN_TRUST_CRL_NUMBER_H

#include <stdbool.h>

#include "postern/trust/crl_record.h"

/* Of one CA (or, pending, of one name and key identifier) and for the same certificates? */
bool crl_record_is_same_scope(const struct crl_record *left, const struct crl_record *right);
/* Below 0 if left is older, above 0 if newer, 0 if they are level: by crlNumber where both have one (RFC 5280
 * §5.2.3), else by thisUpdate. */
int crl_record_age(const struct crl_record *left, const struct crl_record *right);

#endif
