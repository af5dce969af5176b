/* OpenSSL's way to our socket. As BIO_s_socket(), but: no SIGPIPE; it tells an end from an error; and it asks
 * the kernel only when something can have come, so that reading until STREAM_WAIT costs no extra system call.
 * epoll(7): on a stream socket a short read means that the queue is empty, unless the end is behind it, which
 * WATCH_CLOSED tells. Private to room tls. */
#ifndef POSTERN_SRC_TLS_SOCKET_BIO_H
#define POSTERN_SRC_TLS_SOCKET_BIO_H

#include <openssl/bio.h>
#include <stdbool.h>

struct tls_socket {
    int fd;
    bool readable;    /* something may wait: try recv(2) */
    bool peer_closed; /* WATCH_CLOSED was told: the end follows what waits */
    bool ended;       /* the end was read */
    bool more;        /* what is written shall wait for what is written next, and go with it */
    int error_number; /* of a failed call; 0 if none */
};

/* Gives; free with BIO_meth_free() after the last BIO of it. */
BIO_METHOD *socket_bio_method_new(void);
/*   socket  keeps; outlives the BIO, and owns the descriptor
 * Gives, or NULL without memory. */
BIO *socket_bio_new(BIO_METHOD *method, struct tls_socket *socket);

#endif
