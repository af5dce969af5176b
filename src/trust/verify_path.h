/* What is kept of a verified chain. */
#ifndef POSTERN_TRUST_VERIFY_PATH_H
#define POSTERN_TRUST_VERIFY_PATH_H

#include <openssl/types.h>

#include "postern/trust/path.h"

struct stack_st_X509;

/*   chain  leaf first, anchor last; two to TRUST_PATH_MAX + 1 certificates; borrows
 *   out    count is 0 unless all of it could be read
 * Returns -1, or the place in the chain of a certificate that cannot be described. */
int trust_path_of_chain(const struct stack_st_X509 *chain, struct trust_path *out);

#endif
