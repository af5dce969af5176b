/* What is loaded, and as whom: the address, the request's bytes and the TLS context with the client's
 * certificate. Made once a thread, each with an OpenSSL library context of its own: threads that shared one
 * would wait for its locks, and the bench would measure itself. Nothing is changed after target_new(), but
 * for the memory of the server's certificate (see target_new) and whose turn it is to be the client. */
#ifndef POSTERN_BENCH_TARGET_H
#define POSTERN_BENCH_TARGET_H

#include <sys/socket.h>

#include <openssl/ssl.h>

#include "identity.h"
#include "lean.h"
#include "options.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

/* The parts of a URL: views into its text. */
struct url {
    struct slice authority; /* "host:port" as written, for Host */
    struct slice host;      /* without brackets */
    unsigned port;
    struct slice target; /* "/path?query", never empty */
};

struct target {
    struct lean lean;
    SSL_CTX *context;
    X509 *server;                 /* certificate that was verified already */
    struct identity_list clients; /* of --certs; each connection takes the next */
    struct sockaddr_storage address;
    socklen_t address_length;
    char server_name[256];
    struct buffer request; /* the whole request */
    bool asks_by_head;
};

/* Take "https://host[:port][/path][?query]" apart; a fragment or userinfo is an error. */
NODISCARD int url_parse(const char *text, struct url *out, struct err *err);
/* Resolve the name, load the files, write the request. Blocks. Gives; NULL with err.
 * The server's certification path is verified in full the first time; a connection whose end-entity
 * certificate has the same bytes is taken for verified (its signature over the handshake is always checked),
 * so that the client spends its time on load. */
struct target *target_new(const struct options *options, struct err *err);
void target_free(struct target *target);
/* A TLS object for a new connection, with name and checks set up; not connected. Gives; NULL if out of
 * memory.
 */
SSL *target_new_ssl(struct target *target, int fd);

#endif
