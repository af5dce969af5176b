/* What a client would present: its certificate first, then what it sends along. Read from the files that
 * people have: PEM with or without the private key, DER, PKCS#12. Lenient about what stands around the
 * certificates, since it decides nothing: `explain` and the checks of the PKI hand it to the code of the
 * handshake. For commands; no process that serves clients reads these files. */
#ifndef POSTERN_TRUST_PRESENTED_H
#define POSTERN_TRUST_PRESENTED_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PRESENTED_SIZE_MAX (1024u * 1024) /* bytes of a file */
#define PRESENTED_MAX      32             /* certificates */

struct x509_st;
struct stack_st_X509;

struct presented {
    struct x509_st *leaf;
    struct stack_st_X509 *others; /* in the order of the file */
};

/* Is it PKCS#12, for which a passphrase is needed? */
bool presented_is_pkcs12(struct slice bytes);
/*   bytes       of the file; borrows
 *   passphrase  of PKCS#12, UTF-8; NULL: none
 *   path        for messages
 *   out         gives; presented_clear() frees it, also after an error
 * Returns 0, or -1 with err: no certificate in it, malformed, wrong passphrase. */
NODISCARD int presented_parse(struct slice bytes, const char *passphrase, const char *path,
                              struct presented *out, struct err *err);
void presented_clear(struct presented *presented);

#endif
