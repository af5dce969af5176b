/* Memory for private keys: pages of its own, locked against swapping (mlock(2)), left out of core dumps
 * (MADV_DONTDUMP) and of children (MADV_WIPEONFORK), overwritten when released. Embedded: init and clear. */
#ifndef POSTERN_BASE_SECRET_H
#define POSTERN_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"

struct secret {
    char *data;
    size_t size;   /* bytes that fit */
    size_t length; /* bytes held; the owner sets it */
    bool locked;   /* false: RLIMIT_MEMLOCK was too low, and it may be swapped out */
};

/* Returns 0, or -1 with errno when there is no memory. A lock that fails is told in secret->locked only. */
NODISCARD int secret_init(struct secret *secret, size_t size);
/* Overwrite what is held and forget it. */
void secret_cleanse(struct secret *secret);
/* Overwrite and release. Also fine on a zeroed one. */
void secret_clear(struct secret *secret);
/* What is held. Borrowed until it is cleansed. */
struct slice secret_view(const struct secret *secret);

#endif
