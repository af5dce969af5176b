#include "crypto_error.h"

#include <openssl/err.h>
#include <stddef.h>

int pki_crypto_error(struct err *err, const char *path, const char *what)
{
    /* The oldest is the cause; what follows is each caller's complaint about it. */
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (!reason)
        reason = "OpenSSL gives no reason";
    ERR_clear_error();
    return err_set_at(err, path, 0, "%s: %s", what, reason);
}
