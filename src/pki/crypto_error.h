/* OpenSSL's error queue turned into one line of ours, and drained. */
#ifndef POSTERN_PKI_CRYPTO_ERROR_H
#define POSTERN_PKI_CRYPTO_ERROR_H

#include "postern/base/err.h"

/* "what: first reason in the queue". Always -1.
 *   path  the file it is about, or NULL; borrows */
int pki_crypto_error(struct err *err, const char *path, const char *what);

#endif
