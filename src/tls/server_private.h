/* What a server is inside room tls. A part of it is shared with the connections that it made, since these may
 * outlive it. */
#ifndef POSTERN_SRC_TLS_SERVER_PRIVATE_H
#define POSTERN_SRC_TLS_SERVER_PRIVATE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "postern/tls/server.h"
#include "tickets.h"

/* Counted references: the server's, and one of each stream. */
struct tls_shared {
    unsigned references;
    BIO_METHOD *socket_method;
    struct tickets *tickets; /* NULL: no resumption */
};

struct tls_server {
    SSL_CTX *context;
    struct tls_shared *shared;
    const struct trust *trust;
    const struct clock *clock;
    bool refuse_with_page;
    STACK_OF(X509) * *chains; /* of each pair */
    size_t chain_count;
};

struct tls_shared *tls_shared_ref(struct tls_shared *shared);
void tls_shared_unref(struct tls_shared *shared);

#endif
