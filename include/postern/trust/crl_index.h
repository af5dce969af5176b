/* The index of all CRLs of a generation, as a worker sees it: a view of sealed memory that the loader wrote.
 * Nothing is copied; looking a serial up is a binary search. The memory comes from a process that read
 * hostile files, so every bound is checked when it is opened, and none later. */
#ifndef POSTERN_TRUST_CRL_INDEX_H
#define POSTERN_TRUST_CRL_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/trust/crl_record.h"

#define CRL_INDEX_VERSION 1u

struct crl_index;

/* memory: keeps until crl_index_free(); aligned to 8. Returns NULL with err if it is not an index. */
NODISCARD struct crl_index *crl_index_open(const void *memory, size_t size, struct err *err);
void crl_index_free(struct crl_index *index);

/* Its CRLs, sorted by issuer; pending ones first. Borrowed as long as the memory. */
size_t crl_index_count(const struct crl_index *index);
const struct crl_record *crl_index_record(const struct crl_index *index, size_t i);
/* The records of one issuer: the first of *count, or NULL. */
const struct crl_record *crl_index_find(const struct crl_index *index, const struct trust_id *issuer,
                                        size_t *count);
/* The entry that revokes a serial, or NULL. O(log n). */
const struct crl_entry *crl_index_lookup(const struct crl_index *index, const struct crl_record *record,
                                         const struct trust_serial *serial);
/* Entries of all CRLs together. */
uint64_t crl_index_entries(const struct crl_index *index);

/* For people: RFC 2253 name, file name; signature of a pending one. Borrowed as long as the memory. */
struct slice crl_record_issuer(const struct crl_index *index, const struct crl_record *record);
struct slice crl_record_source(const struct crl_index *index, const struct crl_record *record);
struct slice crl_record_signature(const struct crl_index *index, const struct crl_record *record);

#define CRL_NUMBER_TEXT_SIZE (2 * TRUST_SERIAL_MAX + 3)
/* crlNumber as hex with 0x, as `openssl crl -crlnumber` shows it; "none". Returns out. */
const char *crl_record_number_text(const struct crl_record *record, char out[CRL_NUMBER_TEXT_SIZE]);

/* Does any CRL go backwards: a crlNumber below the one that the older index holds for the same issuer and
 * scope? Without numbers, thisUpdate. RFC 5280 §5.2.3.
 * Returns 0, or -1 with err naming issuer and numbers. */
NODISCARD int crl_index_check_rollback(const struct crl_index *older, const struct crl_index *newer,
                                       struct err *err);

#endif
