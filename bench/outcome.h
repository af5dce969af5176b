/* What a call on a TLS connection came to when it did not succeed: wait, or one cause of failure. Takes the
 * errors out of OpenSSL's queue. */
#ifndef POSTERN_BENCH_OUTCOME_H
#define POSTERN_BENCH_OUTCOME_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "failure.h"
#include "postern/base/attributes.h"

/* Call at once behind the call, before which errno was 0. SSL_get_error(3).
 *   result   what the call returned
 *   closed   what it means that the server has gone
 *   failure  set if the connection failed
 * Returns false if it only has to wait. */
NODISCARD bool outcome_is_failure(SSL *ssl, int result, enum failure_kind closed, struct failure *failure);

#endif
