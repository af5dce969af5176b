/* As whom connections are made: certificates with their intermediates and private keys, from PEM or PKCS#12
 * files or a directory of them. One thread's, in its own library context. */
#ifndef POSTERN_BENCH_IDENTITY_H
#define POSTERN_BENCH_IDENTITY_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "options.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"

struct identity {
    X509 *certificate;
    STACK_OF(X509) * chain; /* NULL: that of the SSL_CTX */
    EVP_PKEY *key;          /* NULL: that of the SSL_CTX */
};

/* Zeroed: none. */
struct identity_list {
    struct identity *items;
    size_t count, next;
};

/* Load what --cert and --key or --p12 name into the context, and those of --certs into the list:
 *   a file        certificates, PEM, for the key of --key
 *   a directory   NAME.pem or NAME.crt beside NAME.key, NAME.p12, and NAME/fullchain.pem or NAME/cert.pem
 * with NAME/key.pem; what has no key is passed over Encrypted keys and PKCS#12 take the first line of
 * --passphrase-file. Returns 0, or -1 with err. */
NODISCARD int identity_load(struct identity_list *list, SSL_CTX *context, OSSL_LIB_CTX *library,
                            const struct options *options, struct err *err);
void identity_list_clear(struct identity_list *list);
/* Give a connection the next identity, if there is a list. Returns false if out of memory. */
NODISCARD bool identity_use_next(struct identity_list *list, SSL *ssl);

#endif
