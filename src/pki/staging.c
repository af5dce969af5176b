#include "staging.h"

#include <string.h>

#include "postern/base/assert.h"

int pki_staging_put(struct pki_staging *staging, const char *path, const void *data, size_t length,
                    mode_t mode, struct err *err)
{
    if (!staging)
        return file_replace(path, data, length, mode, err);
    ASSERT(staging->count < PKI_STAGED_MAX);
    if (file_stage(&staging->files[staging->count], path, data, length, mode, err) < 0)
        return -1;
    staging->count++;
    return 0;
}

const char *pki_staging_path(const struct pki_staging *staging, const char *path)
{
    for (size_t i = staging ? staging->count : 0; i > 0; i--)
        if (strcmp(staging->files[i - 1].path, path) == 0)
            return staging->files[i - 1].beside;
    return path;
}

int pki_staging_commit(struct pki_staging *staging, struct err *err)
{
    for (size_t i = 0; i < staging->count; i++)
        if (file_commit(&staging->files[i], err) < 0)
            return -1;
    return 0;
}

void pki_staging_clear(struct pki_staging *staging)
{
    for (size_t i = 0; i < staging->count; i++)
        file_discard(&staging->files[i]);
    staging->count = 0;
}
