#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "private.h"

const char *tls_take_error(char *out, size_t size)
{
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    if (code != 0 && ERR_SYSTEM_ERROR(code))
        reason = strerror(ERR_GET_REASON(code));
    if (reason != NULL)
        snprintf(out, size, "%s", reason);
    else
        snprintf(out, size, code == 0 ? "unknown error" : "OpenSSL error %lx", code);
    ERR_clear_error();
    return out;
}
