/* The shape of an index in memory: this header, the records, their texts and signatures, the entries. Offsets
 * count from the header. It never leaves the machine, so numbers are in its own byte order. */
#ifndef POSTERN_TRUST_CRL_LAYOUT_H
#define POSTERN_TRUST_CRL_LAYOUT_H

#include <stdint.h>

#define CRL_INDEX_MAGIC "PSTNCRL"

struct crl_layout {
    char magic[8];
    uint32_t version, record_size;
    uint64_t size;         /* of all, bytes */
    uint64_t record_count; /* records follow at once */
    uint64_t entry_count;  /* of all records together */
};

#endif
