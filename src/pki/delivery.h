/* The folder of a name, server/NAME or client/NAME, written beside and exchanged whole: key and certificate
 * in it always belong together, whatever stops us. The files of the certificate before are removed; what
 * others have put there is carried over. Call in order: begin, put..., commit; clear in any case. */
#ifndef POSTERN_PKI_DELIVERY_H
#define POSTERN_PKI_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

struct pki_delivery {
    char *parent; /* server/ or client/ */
    char *staged; /* .NAME.new in it: no name begins with a dot */
    char *target; /* NAME in it */
};

/*   kind  "server" or "client" */
NODISCARD int pki_delivery_begin(struct pki_delivery *delivery, const char *profile, const char *kind,
                                 const char *name, struct err *err);
NODISCARD int pki_delivery_put(const struct pki_delivery *delivery, const char *file, const void *data,
                               size_t length, mode_t mode, struct err *err);
NODISCARD int pki_delivery_commit(struct pki_delivery *delivery, struct err *err);
/* Removes what was not committed. */
void pki_delivery_clear(struct pki_delivery *delivery);

#endif
