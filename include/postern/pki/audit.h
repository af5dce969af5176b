/* The audit log of a profile: audit.log, one JSON object a line, only ever appended to, a line for each act,
 * by whom and when. Mode 0600. */
#ifndef POSTERN_PKI_AUDIT_H
#define POSTERN_PKI_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

struct pki_profile;

/* One act. NULL, 0 and empty are left out. Borrowed. */
struct pki_act {
    const char *act;    /* "init", "issue", "revoke", "unrevoke", "crl" */
    const char *kind;   /* "server", "client" */
    const char *name;   /* CN */
    const char *serial; /* hex */
    const char *reason;
    int64_t not_after_s;
};

/* Append a line and sync it. Returns 0, or -1 with err. */
NODISCARD int pki_audit(const struct pki_profile *profile, const struct pki_act *act, struct err *err);

#endif
