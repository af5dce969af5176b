/* A TLS connection inside room tls. */
#ifndef POSTERN_SRC_TLS_STREAM_PRIVATE_H
#define POSTERN_SRC_TLS_STREAM_PRIVATE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "server_private.h"
#include "socket_bio.h"

enum tls_phase {
    TLS_HANDSHAKING,
    TLS_ESTABLISHED,
    TLS_FAILED,  /* OpenSSL must not be called any more: SSL_get_error(3) */
    TLS_ABORTED, /* by the owner */
};

struct tls_stream {
    struct stream stream;
    struct watch watch;
    struct tls_socket socket;
    SSL *ssl;
    struct tls_shared *shared;
    const struct tls_server *server; /* NULL after the handshake: it may be gone */
    enum tls_phase phase;
    bool lends_path;     /* OpenSSL still has the certificates that were verified */
    bool peer_ended;     /* close_notify came */
    bool sent_end;       /* ours went */
    bool refused;        /* by the verdict: an alert has said so */
    bool discarding;     /* tls_stream_discard() has begun */
    bool offered_ticket; /* the client did */
    bool owes_ticket;    /* TLS 1.3: it goes with the first bytes written */
    unsigned discarded;  /* bytes */
    unsigned idle_count; /* messages that carried no content, against bytes_read */
    uint64_t bytes_read;
    char *error; /* set when phase became TLS_FAILED */
    X509 *peer;
    struct trust_verdict verdict;
    struct trust_path *path; /* no longer than its links, once established */
    char *record;            /* for the ticket that is owed */
    size_t record_length;
};

static inline struct tls_stream *tls_of(const struct stream *stream)
{
    return (struct tls_stream *)(uintptr_t)stream;
}

#endif
