/* Subject alternative names from text: "DNS:gw.example.org,IP:10.0.0.1,URI:spiffe://x/y,email:a@b". */
#ifndef POSTERN_PKI_SAN_H
#define POSTERN_PKI_SAN_H

#include <openssl/x509v3.h>
#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_SAN_MAX 64 /* names in one certificate */

/* Append the names of a list between commas; the type before ':' may be left out for host names and
 * addresses. A name that is there already is not added again. wildcard  whether DNS names may begin with "*."
 * Returns 0, or -1 with err: an unknown type, a name that is none of its type, too many. */
NODISCARD int pki_san_add(GENERAL_NAMES *names, struct slice list, bool wildcard, struct err *err);
/* The same of one name, in which a comma is a comma. */
NODISCARD int pki_san_add_one(GENERAL_NAMES *names, struct slice text, bool wildcard, struct err *err);
/* "DNS:a", "IP:192.0.2.1", ... Gives; free with free(). NULL for other types and for what holds a NUL. */
char *pki_san_text(const GENERAL_NAME *name);
/* True if the text alone is a host name or address, and so has a place among a server's names. */
bool pki_san_is_host(struct slice text, bool wildcard);

#endif
