#include "postern/tls/init.h"

#include <openssl/ssl.h>

#include "postern/base/assert.h"

void tls_init(void)
{
    ASSERT(OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
}
