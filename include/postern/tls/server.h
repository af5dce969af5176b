/* What Postern is towards clients: certificates with their keys, protocol versions, and the demand for a
 * client certificate, bound to one `struct trust`. Built whole from bytes, immutable, shared by all
 * connections of a generation: one SSL_CTX. */
#ifndef POSTERN_TLS_SERVER_H
#define POSTERN_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/net/stream.h"
#include "postern/tls/key.h"
#include "postern/trust/path.h"
#include "postern/trust/trust.h"
#include "postern/trust/verdict.h"

struct tls_server;
struct x509_st;
struct stack_st_X509;

struct tls_pair {
    struct slice chain;  /* PEM: the leaf first, then intermediates; borrows for the call */
    struct tls_key *key; /* borrows for the call */
};

/* Resumption by tickets. RFC 5077, RFC 8446 §2.2 */
#define TLS_TICKET_SECRET_MIN 32
#define TLS_TICKET_SECRET_MAX 1024
#define TLS_TICKET_RECORD_MAX 6144 /* a ticket comes back in one ClientHello */

struct tls_ticket_options {
    struct slice
        secret; /* what keys are made of, TLS_TICKET_SECRET_MIN to _MAX bytes; data NULL: no tickets */
    const unsigned char *context; /* 32 bytes: a ticket is good where secret and context are the same */
    int64_t lifetime_s;           /* of a ticket */
    int64_t max_age_s;            /* since the last full handshake, after which another is due */
    int64_t rotation_s;           /* a key encrypts so long, and decrypts twice as long */
    void *sessions; /* TLS 1.3: hold them in this memory and not in tickets, so that only who shares it
                       can resume them; zeroed at first, aligned to 8; keeps; NULL: in tickets */
    size_t sessions_size;
    bool needs_record; /* a ticket is of no use without tls_stream_offer_ticket()'s record */
};

struct tls_server_options {
    const struct tls_pair *pairs; /* one for each key type */
    size_t pair_count;
    int min_version, max_version;      /* 0x0303 for TLS 1.2, 0x0304 for TLS 1.3 */
    const char *ciphers;               /* TLS 1.2 cipher list; NULL: Mozilla intermediate */
    const char *groups;                /* NULL: X25519:P-256:P-384 */
    bool refuse_with_page;             /* on_refusal = page: a refused handshake completes, without tickets */
    bool send_ca_names;                /* in the CertificateRequest */
    bool admit_ended;                  /* a certificate past its notAfter goes on, and clients judge it */
    struct tls_ticket_options tickets; /* borrows for the call */
    const struct clock *clock;         /* keeps */
};

/*   trust  keeps; outlives the server
 * Checks that each key matches its certificate, that the chain's order is right and each certificate is in
 * date.
 * Returns NULL with err. */
NODISCARD struct tls_server *tls_server_new(const struct tls_server_options *options,
                                            const struct trust *trust, struct err *err);
void tls_server_free(struct tls_server *server);
/* Shake hands with it once in each protocol version that it allows, as a client that has no certificate: that
 * ciphers, groups and certificates go together is seen before any client sees it. Blocks for some
 * milliseconds. Returns 0, or -1 with err. */
NODISCARD int tls_server_rehearse(const struct tls_server *server, struct err *err);

/* The certificates of a pair as found, for `postern check` and status: calls each with subject (RFC 2253),
 * issuer, names (comma-separated SANs), notBefore and notAfter in wall seconds. */
struct tls_certificate_info {
    const char *subject, *issuer, *names, *serial, *key;
    int64_t not_before, not_after;
    bool is_leaf;
};
void tls_server_describe(const struct tls_server *server,
                         void (*each)(void *context, const struct tls_certificate_info *info), void *context);

/* A client's connection: TLS as server over a connected socket.
 *   fd  takes
 * Its handshake asks for the verdict. STREAM_FAILED with tls_stream_verdict() refused means that the alert
 * has been sent. Returns NULL (fd closed) without memory. */
NODISCARD struct stream *tls_stream_accept(const struct tls_server *server, struct loop *loop, int fd);

/* All below: after the handshake, of a stream that tls_stream_accept() made. */

/* The verdict at the handshake. Before there is one its reason is TRUST_INTERNAL: nobody is admitted by
 * default. */
const struct trust_verdict *tls_stream_verdict(const struct stream *stream);
/* True if the handshake failed by the verdict (or for want of a certificate): an alert has said so. If it
 * failed for another cause, this is false and stream_error() tells. */
bool tls_stream_is_refused(const struct stream *stream);
/* What to ask trust_verdict() about again. */
const struct trust_path *tls_stream_path(const struct stream *stream);
/* The certificate that the client presented, also when refused; NULL if none. Borrowed: lives as the stream.
 */
struct x509_st *tls_stream_peer(const struct stream *stream);
/* The verified path, leaf first, anchor last; NULL if there is none. Borrowed until the first read, which
 * frees it. */
struct stack_st_X509 *tls_stream_peer_chain(const struct stream *stream);
/* "TLSv1.3", "TLS_AES_256_GCM_SHA384"; literals. */
const char *tls_stream_version(const struct stream *stream);
const char *tls_stream_cipher(const struct stream *stream);
bool tls_stream_resumed(const struct stream *stream);
/* The client offered a ticket, but a full handshake was due. */
bool tls_stream_declined_ticket(const struct stream *stream);
/* The record that came with the ticket; empty if there was none. Borrowed until the first write. */
struct slice tls_stream_record(const struct stream *stream);
/* Let the client have a ticket, with the first bytes that are written, unless it never uses them: called for
 * one that is admitted and that we can name. In TLS 1.2 the ticket is part of the handshake, and has no
 * record. record  to be given back when it is used, up to TLS_TICKET_RECORD_MAX bytes (a longer one: no
 * ticket); borrows. A resumed connection passes on the one that it came with. */
void tls_stream_offer_ticket(struct stream *stream, struct slice record);
/* The server name the client asked for (SNI), or an empty slice. Borrowed, unescaped. */
struct slice tls_stream_server_name(const struct stream *stream);
/* After a refusal by alert: nothing more is written; discard what comes until the peer ends, 64 KiB, or the
 * owner's timer (1 s), so that the alert is not lost to a reset. STREAM_WAIT, or anything else: free it now.
 */
enum stream_status tls_stream_discard(struct stream *stream);

#endif
