#include "ocsp_status.h"

#include <stdlib.h>
#include <string.h>

#include "postern/base/text.h"

bool ocsp_serial(const unsigned char *bytes, size_t length, unsigned char out[PKI_SERIAL_BYTES_MAX])
{
    while (length > 0 && *bytes == 0) {
        bytes++;
        length--;
    }
    if (length > PKI_SERIAL_BYTES_MAX)
        return false;
    memset(out, 0, PKI_SERIAL_BYTES_MAX - length);
    memcpy(out + PKI_SERIAL_BYTES_MAX - length, bytes, length);
    return true;
}

static bool fill(const struct pki_entry *entry, struct ocsp_status *out)
{
    unsigned char bytes[PKI_SERIAL_BYTES_MAX + 1];
    char even[2 * PKI_SERIAL_BYTES_MAX + 4] = "0";
    struct pki_revocation revocation;
    struct slice hex = entry->serial;
    if (hex.length > sizeof even - 2)
        return false;
    memcpy(even + 1, hex.data, hex.length);
    int count = text_unhex(bytes, sizeof bytes,
                           slice_of(even + (hex.length % 2 == 0), hex.length + hex.length % 2));
    *out = (struct ocsp_status){.is_revoked = pki_entry_revocation(entry, &revocation)};
    if (out->is_revoked) {
        out->reason = (uint8_t)revocation.reason;
        out->revoked_s = revocation.when_s;
    }
    return count >= 0 && ocsp_serial(bytes, (size_t)count, out->serial);
}

/* A serial that stands there twice, which damaged directories have, is revoked if one of them is. */
static int by_serial(const void *left, const void *right)
{
    const struct ocsp_status *one = left, *other = right;
    return memcmp(one->serial, other->serial, sizeof one->serial);
}

struct ocsp_status *ocsp_status_list(const struct pki_database *database)
{
    struct ocsp_status *list = calloc(database->count + 1, sizeof *list);
    for (size_t i = 0; list && i < database->count; i++) {
        if (!fill(&database->entries[i], &list[i])) {
            free(list);
            return NULL;
        }
    }
    if (list)
        qsort(list, database->count, sizeof *list, by_serial);
    return list;
}

const struct ocsp_status *ocsp_status_find(struct slice list,
                                           const unsigned char serial[PKI_SERIAL_BYTES_MAX])
{
    struct ocsp_status key;
    memcpy(key.serial, serial, sizeof key.serial);
    if (list.length == 0)
        return NULL;
    const struct ocsp_status *first = (const void *)list.data, *end = first + list.length / sizeof key;
    const struct ocsp_status *found = bsearch(&key, first, (size_t)(end - first), sizeof key, by_serial);
    if (!found)
        return NULL;
    while (found > first && by_serial(found - 1, found) == 0)
        found--;
    for (const struct ocsp_status *each = found; each < end && by_serial(each, found) == 0; each++)
        if (each->is_revoked)
            return each;
    return found;
}
