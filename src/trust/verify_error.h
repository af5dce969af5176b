/* What X509_verify_cert() found, in our words. */
#ifndef POSTERN_TRUST_VERIFY_ERROR_H
#define POSTERN_TRUST_VERIFY_ERROR_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/trust/reason.h"

/* Of a X509_V_ERR_*; never TRUST_ADMITTED. */
enum trust_reason verify_error_reason(int error);
/* A clause for people about the certificate that it was found at (may be NULL). */
void verify_error_text(int error, const X509 *certificate, int64_t now_s, char *out, size_t size);

#endif
