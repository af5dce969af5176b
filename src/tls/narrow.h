/* Where a process that was narrowed (postern/tls/init.h) finds the whole of OpenSSL. */
#ifndef POSTERN_TLS_NARROW_H
#define POSTERN_TLS_NARROW_H

#include <openssl/types.h>

/* The library context with everything, for what is done seldom, as parsing a private key. Keys from it are
 * good in any context. NULL, the default one, in a process that was not narrowed. Borrowed, lives as long as
 * the process. */
OSSL_LIB_CTX *tls_library_aside(void);

#endif
