/* Resumption: stateless tickets (RFC 5077, RFC 8446 §4.6.1), made and opened by OpenSSL, with keys of ours,
 * and a decision of ours each time one is presented: the verdict on the path that it carries, under the trust
 * in force, and the time since the last full handshake. A no is no failure: the ticket is left aside and a
 * full handshake follows, in which the client proves itself anew or is told why not. Private to room tls. */
#ifndef POSTERN_SRC_TLS_TICKETS_H
#define POSTERN_SRC_TLS_TICKETS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/tls/server.h"

struct tls_stream;
struct tickets;

/* Turn resumption on in a context. Counted with struct tls_shared, since connections issue tickets after
 * their server may be gone. options  secret.data is not NULL Returns NULL with err. */
NODISCARD struct tickets *tickets_new(SSL_CTX *context, const struct tls_ticket_options *options,
                                      const struct clock *clock, struct err *err);
void tickets_free(struct tickets *tickets);

/* The handshake has ended and resumed a session: take over from it who the client is, and ask once more.
 * Returns NULL, or what is wrong: fail closed. */
const char *tickets_resume(struct tls_stream *tls);
/* Whether to issue one on this connection, TLS 1.3: asked once. */
bool tickets_worth_it(struct tls_stream *tls);
/* Issue one now, TLS 1.3: it goes out with what is written next. Returns what SSL_do_handshake(3) does. */
int tickets_issue(struct tls_stream *tls);

#endif
