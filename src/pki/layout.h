/* Where things lie in a profile, and how certificates are read and written there. */
#ifndef POSTERN_PKI_LAYOUT_H
#define POSTERN_PKI_LAYOUT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"

struct pki_staging;

#define PKI_MODE_PUBLIC    0644
#define PKI_MODE_SECRET    0400
#define PKI_MODE_DIRECTORY 0700

/* "directory/name". Gives; free with free(). */
char *pki_path(const char *directory, const char *name);
/* True if "directory/name" is there. */
bool pki_is_there(const char *directory, const char *name);
/* mkdir(2) with 0700 whatever the umask; it is an error if it exists. Returns 0, or -1 with err. */
NODISCARD int pki_make_directory(const char *path, struct err *err);
/* The same, but one that exists is fine. */
NODISCARD int pki_need_directory(const char *path, struct err *err);
/* fsync(2) of a directory: its renames are then on the disk. Returns 0, or -1 with err. */
NODISCARD int pki_sync_directory(const char *path, struct err *err);

/* Replace a file by certificates in PEM. Returns 0, or -1 with err.
 *   staging  staging.h; NULL: at once */
NODISCARD int pki_write_certificates(const char *path, X509 *const *certificates, size_t count,
                                     struct pki_staging *staging, struct err *err);
/* The same bytes into a buffer, which is initialised. */
NODISCARD int pki_certificates_to_pem(X509 *const *certificates, size_t count, struct buffer *out,
                                      struct err *err);
/* The first certificate in a file; text around it is skipped, as `openssl ca` writes one.
 *   out  gives; free with X509_free() */
NODISCARD int pki_read_certificate(const char *path, size_t limit, X509 **out, struct err *err);

#endif
