/* What a key is inside room tls. */
#ifndef POSTERN_SRC_TLS_KEY_PRIVATE_H
#define POSTERN_SRC_TLS_KEY_PRIVATE_H

#include <openssl/types.h>

#include "postern/tls/key.h"

/* Borrowed as long as the key. */
EVP_PKEY *tls_key_get(const struct tls_key *key);

#endif
