/* What OpenSSL found wrong, in words. Private to room tls. */
#ifndef POSTERN_SRC_TLS_TLS_ERROR_H
#define POSTERN_SRC_TLS_TLS_ERROR_H

#include <stddef.h>

#define TLS_ERROR_NO_CERTIFICATE "the client did not return a certificate"

/* "unknown_ca" of 48, RFC 8446 §6; NULL if there is no such alert. */
const char *tls_alert_name(unsigned alert);
/* Text of the first error in OpenSSL's queue, which is cleared. Returns out. */
const char *tls_error_take(char *out, size_t size);

#endif
