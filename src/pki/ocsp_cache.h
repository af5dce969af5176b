/* Signed OCSP answers, by what was asked. A fixed number of places; who comes to a place that is taken takes
 * it over, so that asking for many serials costs memory to nobody. */
#ifndef POSTERN_SRC_PKI_OCSP_CACHE_H
#define POSTERN_SRC_PKI_OCSP_CACHE_H

#include <stdint.h>

#include "postern/base/slice.h"

#define OCSP_CACHE_PLACES  4096u
#define OCSP_CACHE_KEY_MAX 192u  /* bytes of a CertID */
#define OCSP_CACHE_MAX     8192u /* bytes of an answer */

struct ocsp_cached {
    unsigned char key[OCSP_CACHE_KEY_MAX];
    size_t key_length, length;
    char *der; /* NULL: free */
    int64_t this_update_s, next_update_s;
};

struct ocsp_cache {
    struct ocsp_cached places[OCSP_CACHE_PLACES];
};

/* What is kept for this key, or NULL. */
const struct ocsp_cached *ocsp_cache_find(const struct ocsp_cache *cache, struct slice key);
/* Keep a copy. What is too large is not kept. */
void ocsp_cache_keep(struct ocsp_cache *cache, struct slice key, struct slice der, int64_t this_update_s,
                     int64_t next_update_s);
void ocsp_cache_clear(struct ocsp_cache *cache);

#endif
