#include "ticket_secret.h"

#include <stdbool.h>

#include "postern/tls/server.h"

/* 32 hexadecimal digits at random have fewer than 8 different ones once in a million. */
enum { DIFFERENT_MIN = 8 };

#define ADVICE "make one with: openssl rand -hex 32"

int ticket_secret_check(struct slice secret, struct err *err)
{
    bool seen[256] = {false};
    unsigned different = 0;
    if (secret.length < TLS_TICKET_SECRET_MIN || secret.length > TLS_TICKET_SECRET_MAX)
        return err_set(err, "the ticket secret is %zu bytes long, not %d to %d; " ADVICE, secret.length,
                       TLS_TICKET_SECRET_MIN, TLS_TICKET_SECRET_MAX);
    for (size_t i = 0; i < secret.length; i++) {
        unsigned char byte = (unsigned char)secret.data[i];
        different += !seen[byte];
        seen[byte] = true;
    }
    if (different < DIFFERENT_MIN)
        return err_set(err, "the ticket secret is not random: only %u different bytes; " ADVICE, different);
    return 0;
}
