/* PEM (RFC 7468) to DER, from memory and strictly. Text between blocks is allowed, as the openssl commands
 * print it (`openssl x509 -text`, "Bag Attributes", comments); everything that could make a reader drop a
 * block without a word is an error with its line: a block that does not end, a broken BEGIN or END line,
 * base64 that is not, a label that the caller does not want, a NUL byte, an over-long line. Encapsulated
 * headers (RFC 1421) are refused. All bytes are decoded into one allocation; loader and tests only. */
#ifndef POSTERN_TRUST_PEM_H
#define POSTERN_TRUST_PEM_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PEM_LINE_MAX   1024u /* bytes of one line, in and between blocks */
#define PEM_BLOCKS_MAX 4096u

/* Also a set: what the caller accepts. */
enum pem_label {
    PEM_CERTIFICATE = 1, /* "CERTIFICATE", also the old "X509 CERTIFICATE" */
    PEM_CRL = 2,         /* "X509 CRL" */
};

struct pem_block {
    enum pem_label label;
    unsigned line;    /* of its BEGIN, from 1 */
    struct slice der; /* lives as long as the struct pem */
};

struct pem {
    struct pem_block *blocks;
    size_t count;
    char *bytes; /* what the blocks point into */
};

/* Split and decode.
 *   text    the file's bytes; borrows for the call
 *   accept  set of enum pem_label; a block of another kind is an error
 *   path    for messages; borrows
 *   out     gives; pem_clear() frees it, also after an error
 * Returns 0 with at least one block, or -1 with err. */
NODISCARD int pem_parse(struct slice text, unsigned accept, const char *path, struct pem *out,
                        struct err *err);
void pem_clear(struct pem *pem);

#endif
