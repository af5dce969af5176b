/* Foreign bytes as an index.txt. What is read is written and read again: the same entries must come of it;
 * and what the entries say must be readable wherever it is asked.
 * Covers: src/pki/index_line.c */
#include <stdint.h>
#include <stdlib.h>

#include "index_line.h"
#include "postern/base/assert.h"
#include "postern/base/buffer.h"
#include "postern/pki/database.h"

#define INDEX_LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct pki_entry *entry)
{
    struct pki_revocation revocation;
    struct buffer text;
    struct err err = {0};
    enum pki_reason reason;
    buffer_init(&text, INDEX_LIMIT);
    ASSERT(pki_append_unescaped(&text, pki_entry_attribute(entry, "CN")));
    ASSERT(buffer_length(&text) <= entry->subject.length);
    ASSERT(pki_entry_revocation(entry, &revocation) == (entry->state == 'R'));
    ASSERT(!pki_entry_is_valid(entry, INT64_MAX));
    int known = pki_reason_parse(pki_reason_text(revocation.reason), &reason, &err);
    ASSERT(known == 0 ? reason == revocation.reason : revocation.reason == PKI_REASON_REMOVE_FROM_CRL);
    buffer_clear(&text);
}

static void write_all(const struct pki_database *database, struct buffer *out)
{
    for (size_t i = 0; i < database->count; i++) {
        ask(&database->entries[i]);
        ASSERT(pki_index_line_write(&database->entries[i], out));
    }
}

static void must_be_the_same(const struct pki_database *first, const struct pki_database *second)
{
    ASSERT(first->count == second->count);
    for (size_t i = 0; i < first->count; i++) {
        const struct pki_entry *left = &first->entries[i], *right = &second->entries[i];
        ASSERT(left->state == right->state && slice_equal(left->expires, right->expires) &&
               slice_equal(left->revoked, right->revoked) && slice_equal(left->serial, right->serial) &&
               slice_equal(left->file, right->file) && slice_equal(left->subject, right->subject));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct pki_database first = {0}, second = {0};
    struct buffer text;
    if (size > INDEX_LIMIT / 2 ||
        pki_database_parse(&first, slice_of((const char *)data, size), "index.txt", &err) < 0)
        return 0;
    buffer_init(&text, INDEX_LIMIT);
    write_all(&first, &text);
    ASSERT(pki_database_parse(&second, buffer_view(&text), "index.txt", &err) == 0);
    must_be_the_same(&first, &second);
    pki_database_clear(&first);
    pki_database_clear(&second);
    buffer_clear(&text);
    return 0;
}
