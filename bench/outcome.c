#include "outcome.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

/* What OpenSSL's error queue says: an alert, a refused certificate, or something else. */
static struct failure tls_failure(const SSL *ssl, enum failure_kind closed)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    ERR_clear_error();
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return (struct failure){closed, 0};
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return (struct failure){FAILURE_SERVER_CERTIFICATE, (int)SSL_get_verify_result(ssl)};
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
        return (struct failure){FAILURE_ALERT, reason - SSL_AD_REASON_OFFSET};
    return (struct failure){FAILURE_TLS, reason};
}

bool outcome_is_failure(SSL *ssl, int result, enum failure_kind closed, struct failure *failure)
{
    int error_number = errno;
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return false;
    case SSL_ERROR_ZERO_RETURN:
        *failure = (struct failure){closed, 0};
        break;
    case SSL_ERROR_SYSCALL:
        *failure = error_number == 0 ? (struct failure){closed, 0}
                                     : (struct failure){FAILURE_IO, error_number};
        ERR_clear_error();
        break;
    default:
        *failure = tls_failure(ssl, closed);
    }
    return true;
}
