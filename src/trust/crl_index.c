#include "postern/trust/crl_index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crl_layout.h"
#include "postern/base/memory.h"
#include "postern/trust/crl_set.h"

struct crl_index {
    const char *memory;
    size_t size;
    const struct crl_record *records;
    size_t count;
    uint64_t entries;
};

static bool lies_within(const struct crl_index *index, uint64_t offset, uint64_t length)
{
    return offset <= index->size && length <= index->size - offset;
}

static bool is_record_sound(const struct crl_index *index, const struct crl_record *record)
{
    return record->point_count <= TRUST_POINTS_MAX && record->key_id_length <= CRL_KEY_ID_MAX &&
           record->digest_length <= CRL_DIGEST_MAX && record->number.length <= TRUST_SERIAL_MAX &&
           record->signature_length <= CRL_SIGNATURE_MAX && record->entries_offset % 8 == 0 &&
           record->entry_count <= CRL_ENTRIES_MAX &&
           lies_within(index, record->entries_offset, record->entry_count * sizeof(struct crl_entry)) &&
           lies_within(index, record->issuer_offset, record->issuer_length) &&
           lies_within(index, record->source_offset, record->source_length) &&
           lies_within(index, record->signature_offset, record->signature_length);
}

static bool is_sound(struct crl_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct crl_record *record = &index->records[i];
        if (!is_record_sound(index, record))
            return false;
        /* Sorted, since crl_index_find() searches by halves. */
        if (i > 0 && memcmp(&record[-1].issuer, &record->issuer, sizeof(record->issuer)) > 0)
            return false;
        index->entries += record->entry_count;
    }
    return true;
}

struct crl_index *crl_index_open(const void *memory, size_t size, struct err *err)
{
    struct crl_layout layout;
    if (size < sizeof(layout) || (uintptr_t)memory % 8 != 0) {
        err_set(err, "not an index of CRLs");
        return NULL;
    }
    memcpy(&layout, memory, sizeof(layout));
    if (memcmp(layout.magic, CRL_INDEX_MAGIC, sizeof(layout.magic)) != 0 ||
        layout.version != CRL_INDEX_VERSION || layout.record_size != sizeof(struct crl_record) ||
        layout.size != size || layout.record_count > CRL_SET_MAX ||
        size - sizeof(layout) < layout.record_count * sizeof(struct crl_record)) {
        err_set(err, "not an index of CRLs, or of another version of this program");
        return NULL;
    }
    struct crl_index *index = xcalloc(1, sizeof(*index));
    index->memory = memory;
    index->size = size;
    index->count = (size_t)layout.record_count;
    index->records = (const struct crl_record *)(const void *)(index->memory + sizeof(layout));
    if (!is_sound(index)) {
        err_set(err, "a damaged index of CRLs");
        crl_index_free(index);
        return NULL;
    }
    return index;
}

void crl_index_free(struct crl_index *index)
{
    free(index);
}

size_t crl_index_count(const struct crl_index *index)
{
    return index->count;
}

const struct crl_record *crl_index_record(const struct crl_index *index, size_t i)
{
    return i < index->count ? &index->records[i] : NULL;
}

const struct crl_record *crl_index_find(const struct crl_index *index, const struct trust_id *issuer,
                                        size_t *count)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(&index->records[middle].issuer, issuer, sizeof(*issuer)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < index->count && trust_id_equal(&index->records[end].issuer, issuer))
        end++;
    *count = end - low;
    return end > low ? &index->records[low] : NULL;
}

const struct crl_entry *crl_index_lookup(const struct crl_index *index, const struct crl_record *record,
                                         const struct trust_serial *serial)
{
    const void *begin = index->memory + record->entries_offset;
    const struct crl_entry *entries = begin;
    size_t low = 0, high = (size_t)record->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&entries[middle].serial, serial, sizeof(*serial));
        if (order == 0)
            return &entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

uint64_t crl_index_entries(const struct crl_index *index)
{
    return index->entries;
}

struct slice crl_record_issuer(const struct crl_index *index, const struct crl_record *record)
{
    return slice_of(index->memory + record->issuer_offset, record->issuer_length);
}

struct slice crl_record_source(const struct crl_index *index, const struct crl_record *record)
{
    return slice_of(index->memory + record->source_offset, record->source_length);
}

struct slice crl_record_signature(const struct crl_index *index, const struct crl_record *record)
{
    return slice_of(index->memory + record->signature_offset, record->signature_length);
}
