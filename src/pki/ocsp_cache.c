#include "ocsp_cache.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(struct slice key)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * UINT64_C(1099511628211);
    return (size_t)((hash ^ hash >> 32) % OCSP_CACHE_PLACES);
}

const struct ocsp_cached *ocsp_cache_find(const struct ocsp_cache *cache, struct slice key)
{
    const struct ocsp_cached *place = &cache->places[place_of(key)];
    bool same = place->der && slice_equal(slice_of((const char *)place->key, place->key_length), key);
    return same ? place : NULL;
}

void ocsp_cache_keep(struct ocsp_cache *cache, struct slice key, struct slice der, int64_t this_update_s,
                     int64_t next_update_s)
{
    struct ocsp_cached *place = &cache->places[place_of(key)];
    char *copy = key.length <= OCSP_CACHE_KEY_MAX && der.length <= OCSP_CACHE_MAX ? malloc(der.length) : NULL;
    if (!copy)
        return;
    free(place->der);
    memcpy(copy, der.data, der.length);
    memcpy(place->key, key.data, key.length);
    place->key_length = key.length;
    place->length = der.length;
    place->der = copy;
    place->this_update_s = this_update_s;
    place->next_update_s = next_update_s;
}

void ocsp_cache_clear(struct ocsp_cache *cache)
{
    for (size_t i = 0; i < OCSP_CACHE_PLACES; i++) {
        free(cache->places[i].der);
        cache->places[i].der = NULL;
    }
}
