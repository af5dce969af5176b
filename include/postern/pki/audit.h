/* The audit log of a profile: audit.log, one JSON object a line, only ever appended to, a line for each act,
 * by whom and when. Mode 0600. */
#ifndef POSTERN_PKI_AUDIT_H
#define POSTERN_PKI_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
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

/* Many lines with one sync at the end. */
struct pki_audit {
    const struct pki_profile *profile;
    char *path;
    struct buffer lines;
    int fd;
};

/* Each returns 0, or -1 with err. End it in any case; after a failure before, its own is of no interest. */
NODISCARD int pki_audit_begin(struct pki_audit *audit, const struct pki_profile *profile, struct err *err);
NODISCARD int pki_audit_add(struct pki_audit *audit, const struct pki_act *act, struct err *err);
NODISCARD int pki_audit_end(struct pki_audit *audit, struct err *err);

#endif
