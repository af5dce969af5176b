/* The exclusive flock(2) on a profile's `.lock`; the kernel lets go when the process ends, however it ends.
 */
#ifndef POSTERN_PKI_LOCK_H
#define POSTERN_PKI_LOCK_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"

/* Wait for the lock of a directory.
 *   fd  gives; closing it lets go. -1 on failure
 * Returns 0, or -1 with err. */
NODISCARD int pki_lock(const char *directory, int *fd, struct err *err);
/* Remove the folders "TARGET.new-XXXXXX" of processes that were killed while they made the profile TARGET:
 * those whose lock nobody holds. There are keys in them. */
void pki_lock_sweep(const char *target);

#define PKI_LOCK_BESIDE FILE_BESIDE "XXXXXX"

#endif
