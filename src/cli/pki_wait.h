/* postern pki revoke --wait: asking a running gateway whether what was just revoked is refused there now, and
 * how many open connections that has ended. */
#ifndef POSTERN_CLI_PKI_WAIT_H
#define POSTERN_CLI_PKI_WAIT_H

#include <stdint.h>

#include "live.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/pki/revoke.h"

struct pki_wait {
    struct live live;
    int64_t cut_before; /* its counter of connections cut; -1: not known */
};

/* Before the revocation, which does not depend on whether somebody answers here. */
void pki_wait_begin(struct pki_wait *wait, const char *config, const char *control);
/* After it: have the gateway look again, judge each certificate by the generation that is in force then, and
 * tell on standard output. Returns 0 if all are refused, or -1 with err. */
NODISCARD int pki_wait_end(const struct pki_wait *wait, const struct pki_revoked *revoked, struct err *err);

#endif
