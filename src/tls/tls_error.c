#include "tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "postern/base/attributes.h"

const char *tls_alert_name(unsigned alert)
{
    static const struct {
        unsigned alert;
        const char *name;
    } names[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {21, "decryption_failed"},
        {22, "record_overflow"},
        {30, "decompression_failure"},
        {40, "handshake_failure"},
        {41, "no_certificate"},
        {42, "bad_certificate"},
        {43, "unsupported_certificate"},
        {44, "certificate_revoked"},
        {45, "certificate_expired"},
        {46, "certificate_unknown"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {49, "access_denied"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {60, "export_restriction"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {100, "no_renegotiation"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {111, "certificate_unobtainable"},
        {112, "unrecognized_name"},
        {113, "bad_certificate_status_response"},
        {114, "bad_certificate_hash_value"},
        {115, "unknown_psk_identity"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
    };
    for (size_t i = 0; i < LENGTH_OF(names); i++)
        if (names[i].alert == alert)
            return names[i].name;
    return NULL;
}

/* Causes that have a better explanation than OpenSSL's. */
static const char *plain_words(int reason)
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
        return "plain HTTP was spoken to the TLS port; use https://";
    case SSL_R_HTTPS_PROXY_REQUEST:
        return "a proxy request (CONNECT) was spoken to the TLS port";
    case SSL_R_WRONG_VERSION_NUMBER:
        return "what came is not TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
        return "the client offers no TLS version that is allowed here";
    case SSL_R_NO_SHARED_CIPHER:
        return "the client offers no cipher that is allowed here";
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_GROUPS:
        return "the client offers no key exchange group that is allowed here";
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return "the client does not offer http/1.1 (ALPN)";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return TLS_ERROR_NO_CERTIFICATE;
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
        return "a handshake message is too large";
    default:
        return NULL;
    }
}

const char *tls_error_take(char *out, size_t size)
{
    unsigned long error = ERR_get_error();
    int reason = ERR_GET_REASON(error);
    const char *alert = NULL;
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
        alert = tls_alert_name((unsigned)(reason - SSL_AD_REASON_OFFSET));
    const char *words = ERR_GET_LIB(error) == ERR_LIB_SSL ? plain_words(reason) : NULL;
    const char *text = ERR_reason_error_string(error);
    if (alert != NULL)
        snprintf(out, size, "the client sent the alert %s (%d)", alert, reason - SSL_AD_REASON_OFFSET);
    else if (words != NULL)
        snprintf(out, size, "%s", words);
    else
        snprintf(out, size, "%s", text != NULL ? text : "unknown TLS error");
    ERR_clear_error();
    return out;
}
