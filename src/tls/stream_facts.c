/* What can be asked of a client's connection after its handshake. */
#include <openssl/ssl.h>
#include <string.h>

#include "stream_private.h"

const struct trust_verdict *tls_stream_verdict(const struct stream *stream)
{
    return &tls_of(stream)->verdict;
}

bool tls_stream_is_refused(const struct stream *stream)
{
    return tls_of(stream)->refused;
}

const struct trust_path *tls_stream_path(const struct stream *stream)
{
    return tls_of(stream)->path;
}

struct x509_st *tls_stream_peer(const struct stream *stream)
{
    return tls_of(stream)->peer;
}

struct stack_st_X509 *tls_stream_peer_chain(const struct stream *stream)
{
    struct stack_st_X509 *chain = SSL_get0_verified_chain(tls_of(stream)->ssl);
    return sk_X509_num(chain) > 0 ? chain : NULL;
}

const char *tls_stream_version(const struct stream *stream)
{
    return SSL_get_version(tls_of(stream)->ssl);
}

const char *tls_stream_cipher(const struct stream *stream)
{
    return SSL_get_cipher_name(tls_of(stream)->ssl);
}

bool tls_stream_resumed(const struct stream *stream)
{
    return SSL_session_reused(tls_of(stream)->ssl) == 1;
}

bool tls_stream_declined_ticket(const struct stream *stream)
{
    return tls_of(stream)->offered_ticket && !tls_stream_resumed(stream);
}

struct slice tls_stream_server_name(const struct stream *stream)
{
    return slice_text(SSL_get_servername(tls_of(stream)->ssl, TLSEXT_NAMETYPE_host_name));
}
