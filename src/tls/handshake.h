/* What OpenSSL asks us while it shakes hands, and the last word when it is done. Private to room tls. */
#ifndef POSTERN_SRC_TLS_HANDSHAKE_H
#define POSTERN_SRC_TLS_HANDSHAKE_H

#include <openssl/ssl.h>

struct tls_stream;

/* SSL_CTX_set_cert_verify_callback(3): asks room trust. server is a struct tls_server. */
int handshake_verify(X509_STORE_CTX *context, void *server);
/* SSL_CTX_set_alpn_select_cb(3): http/1.1 or the alert no_application_protocol. RFC 7301 §3.2. */
int handshake_select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                              const unsigned char *offered, unsigned offered_length, void *context);
/* SSL_CTX_set_msg_callback(3): counts what a peer may send without end and without content. */
void handshake_count_message(int written, int version, int content_type, const void *bytes, size_t length,
                             SSL *ssl, void *context);
/* The handshake has ended well for OpenSSL. Has it for us? Returns NULL, or what is wrong: fails closed. */
const char *handshake_check(const struct tls_stream *tls);

#endif
