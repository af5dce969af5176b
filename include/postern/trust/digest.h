/* SHA-256 of what was read, so that files and generations can be told apart in logs and compared. */
#ifndef POSTERN_TRUST_DIGEST_H
#define POSTERN_TRUST_DIGEST_H

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

#define TRUST_DIGEST_SIZE 32

/* SHA-256 over the parts one after the other. Returns 0, or -1 if OpenSSL has no memory. */
NODISCARD int trust_digest(const struct slice *parts, size_t count, unsigned char out[TRUST_DIGEST_SIZE]);

#endif
