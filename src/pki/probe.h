/* A client of a gateway, blocking and with a deadline: connects, shakes hands, asks, and says what came of
 * it.
 */
#ifndef POSTERN_SRC_PKI_PROBE_H
#define POSTERN_SRC_PKI_PROBE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct probe {
    int fd; /* -1: nobody answered */
    SSL *ssl;
    bool shook_hands, is_silent;
    long verified;      /* X509_V_OK if the server's certificate is the profile's and the host's */
    int sent;           /* certificates that the server sent */
    int64_t server_end; /* notAfter of the first */
};

/* Connect.
 *   context  with what to trust and, perhaps, a certificate of ours
 *   session  to resume, or NULL
 * Close it in any case. */
void probe_open(struct probe *probe, SSL_CTX *context, const char *host, const char *port,
                SSL_SESSION *session);
/* GET / and the status of the answer; 0 if there was none and the connection has been ended; PROBE_SILENT if
 * nothing came in time, which is neither yes nor no. */
#define PROBE_SILENT (-1)

int probe_ask(struct probe *probe, const char *host);
void probe_close(struct probe *probe);

#endif
