#include "handshake.h"

#include <openssl/x509.h>
#include <string.h>

#include "postern/base/clock.h"
#include "postern/trust/verify.h"
#include "stream_private.h"

/* A client that renegotiates is told no (RFC 5246 §7.2.2), and one that insists is cut. */
#define RENEGOTIATION_WEIGHT 24

int handshake_verify(X509_STORE_CTX *context, void *server_pointer)
{
    const struct tls_server *server = server_pointer;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_stream *tls = SSL_get_app_data(ssl);
    X509 *leaf = X509_STORE_CTX_get0_cert(context);
    /* OpenSSL keeps it only if it is accepted; the log wants to name the refused one. */
    if (leaf != NULL && X509_up_ref(leaf) == 1) {
        X509_free(tls->peer);
        tls->peer = leaf;
    }
    enum trust_reason reason = trust_verify(server->trust, context, clock_wall_s(server->clock), tls->path,
                                            &tls->verdict);
    /* With a page the handshake completes, for the sole purpose of saying no in words. */
    tls->refused = reason != TRUST_ADMITTED && !server->refuse_with_page;
    return !tls->refused;
}

int handshake_select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                              const unsigned char *offered, unsigned offered_length, void *context)
{
    static const char wanted[] = "http/1.1";
    (void)ssl;
    (void)context;
    for (unsigned at = 0; at < offered_length; at += 1U + offered[at]) {
        unsigned length = offered[at];
        if (at + 1 + length > offered_length)
            break;
        if (length == sizeof(wanted) - 1 && memcmp(offered + at + 1, wanted, length) == 0) {
            *out = offered + at + 1;
            *out_length = (unsigned char)length;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void handshake_count_message(int written, int version, int content_type, const void *bytes, size_t length,
                             SSL *ssl, void *context)
{
    (void)version;
    (void)context;
    struct tls_stream *tls = SSL_get_app_data(ssl);
    if (tls == NULL || tls->phase != TLS_ESTABLISHED)
        return;
    const unsigned char *alert = bytes;
    if (!written && (content_type == SSL3_RT_HANDSHAKE || content_type == SSL3_RT_ALERT))
        tls->idle_count++;
    else if (written && content_type == SSL3_RT_ALERT && length == 2 && alert[1] == SSL_AD_NO_RENEGOTIATION)
        tls->idle_count += RENEGOTIATION_WEIGHT;
}

const char *handshake_check(const struct tls_stream *tls)
{
    const X509 *peer = SSL_get0_peer_certificate(tls->ssl);
    long result = SSL_get_verify_result(tls->ssl);
    if (SSL_session_reused(tls->ssl) == 1 && tls->verdict.reason != TRUST_ADMITTED)
        return "internal: a session was resumed for a refused client";
    /* A held session has no certificate: it was asked about by its path, and by tickets_resume() again. */
    if (SSL_session_reused(tls->ssl) == 1 && peer == NULL)
        return NULL;
    if (tls->verdict.reason == TRUST_ADMITTED)
        return peer != NULL && tls->peer != NULL && X509_cmp(peer, tls->peer) == 0 && result == X509_V_OK
                   ? NULL
                   : "internal: admitted without a verified certificate";
    if (!tls->server->refuse_with_page)
        return "internal: the handshake ended well for a refused client";
    return NULL;
}
