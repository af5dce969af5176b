/* Files that change together. Each is written beside its own and synced; only when all are on the disk are
 * they renamed, in the order in which they were put. So a disk that is full changes nothing, and a crash
 * between two renames leaves a beginning of the row, whose order is the caller's to choose.
 *
 * Who writes a file takes a `struct pki_staging *`; NULL means at once. */
#ifndef POSTERN_PKI_STAGING_H
#define POSTERN_PKI_STAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/file.h"

#define PKI_STAGED_MAX 16 /* index, counter and CRL of four authorities, and two bundles */

struct pki_staging {
    struct file_staged files[PKI_STAGED_MAX];
    size_t count;
};

/* Write a file, to be renamed with the others; at once if staging is NULL. Returns 0, or -1 with err. */
NODISCARD int pki_staging_put(struct pki_staging *staging, const char *path, const void *data, size_t length,
                              mode_t mode, struct err *err);
/* Where the bytes lie that a file has, or will have: beside it, or the path itself. Borrowed. */
const char *pki_staging_path(const struct pki_staging *staging, const char *path);
/* Rename all, in order. Returns 0, or -1 with err: the rest is as it was, and cleared by the call below. */
NODISCARD int pki_staging_commit(struct pki_staging *staging, struct err *err);
/* Remove what was not renamed. */
void pki_staging_clear(struct pki_staging *staging);

#endif
