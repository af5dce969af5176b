/* What an index.txt says of each serial, as a sorted array in shared memory: 32 bytes a certificate, asked by
 * binary search. */
#ifndef POSTERN_SRC_PKI_OCSP_STATUS_H
#define POSTERN_SRC_PKI_OCSP_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/slice.h"
#include "postern/pki/database.h"

struct ocsp_status {
    unsigned char serial[PKI_SERIAL_BYTES_MAX]; /* big-endian, zeros in front */
    uint8_t is_revoked;
    uint8_t reason; /* enum pki_reason */
    uint8_t reserved[2];
    int64_t revoked_s;
};

/* All entries of a database. Gives; free with free(). NULL without memory. */
struct ocsp_status *ocsp_status_list(const struct pki_database *database);
/* A serial as DER has it, without sign, in the form above. False if it is longer than any of ours. */
NODISCARD bool ocsp_serial(const unsigned char *bytes, size_t length,
                           unsigned char out[PKI_SERIAL_BYTES_MAX]);
/* Look it up in the bytes of such an array. NULL: unknown. */
const struct ocsp_status *ocsp_status_find(struct slice list,
                                           const unsigned char serial[PKI_SERIAL_BYTES_MAX]);

#endif
