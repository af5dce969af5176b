#include "postern/trust/crl_set.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crl_layout.h"
#include "crl_number.h"
#include "postern/base/memory.h"
#include "postern/trust/crl_index.h"
#include "postern/trust/pem.h"

struct crl_member {
    struct crl crl;
    char *source;
};

struct crl_set {
    struct crl_member *members[CRL_SET_MAX];
    size_t count;
};

static void member_free(struct crl_member *member)
{
    if (!member)
        return;
    crl_clear(&member->crl);
    free(member->source);
    free(member);
}

struct crl_set *crl_set_new(void)
{
    return xcalloc(1, sizeof(struct crl_set));
}

void crl_set_free(struct crl_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        member_free(set->members[i]);
    free(set);
}

static bool is_same_crl(const struct crl_record *left, const struct crl_record *right)
{
    return left->digest_nid == right->digest_nid && left->digest_length == right->digest_length &&
           memcmp(left->digest, right->digest, left->digest_length) == 0;
}

static int refuse_tie(const struct crl_member *held, const struct crl_member *added, struct err *err)
{
    char number[CRL_NUMBER_TEXT_SIZE];
    return err_set_at(
        err, added->source, added->crl.record.line,
        "CRL of %s: differs from the one at %s:%u although both have number %s and nothing says "
        "which is newer; remove the wrong one",
        added->crl.issuer_text, held->source, held->crl.record.line,
        crl_record_number_text(&added->crl.record, number));
}

/*   added  takes
 * The newer of two stays in the place of the older. */
static int replace_if_newer(struct crl_member **held, struct crl_member *added, struct err *err)
{
    int order = crl_record_age(&(*held)->crl.record, &added->crl.record);
    int result = 0;
    if (order < 0) {
        struct crl_member *older = *held;
        *held = added;
        added = older;
    } else if (order == 0 && !is_same_crl(&(*held)->crl.record, &added->crl.record)) {
        result = refuse_tie(*held, added, err);
    }
    member_free(added);
    return result;
}

/*   added  takes */
static int insert(struct crl_set *set, struct crl_member *added, struct err *err)
{
    for (size_t i = 0; i < set->count; i++)
        if (crl_record_is_same_scope(&set->members[i]->crl.record, &added->crl.record))
            return replace_if_newer(&set->members[i], added, err);
    if (set->count >= CRL_SET_MAX) {
        int result = err_set_at(err, added->source, added->crl.record.line, "more than %u CRLs", CRL_SET_MAX);
        member_free(added);
        return result;
    }
    set->members[set->count++] = added;
    return 0;
}

static int add_der(struct crl_set *set, struct slice der, const struct trust_bundle *bundle,
                   const struct crl_options *options, const char *path, unsigned line, struct err *err)
{
    struct crl_member *member = xcalloc(1, sizeof(*member));
    member->source = xstrdup(path);
    if (crl_parse(der, bundle, options, path, line, &member->crl, err) != 0) {
        member_free(member);
        return -1;
    }
    return insert(set, member, err);
}

int crl_set_add(struct crl_set *set, struct slice bytes, enum trust_form form,
                const struct trust_bundle *bundle, const struct crl_options *options, const char *path,
                struct err *err)
{
    struct pem pem;
    if (form == TRUST_DER)
        return add_der(set, bytes, bundle, options, path, 0, err);
    int result = pem_parse(bytes, PEM_CRL, path, &pem, err);
    for (size_t i = 0; result == 0 && i < pem.count; i++)
        result = add_der(set, pem.blocks[i].der, bundle, options, path, pem.blocks[i].line, err);
    pem_clear(&pem);
    return result;
}

size_t crl_set_count(const struct crl_set *set)
{
    return set->count;
}

const char *crl_set_issuer(const struct crl_set *set, size_t index)
{
    return index < set->count ? set->members[index]->crl.issuer_text : "";
}

const char *crl_set_remark(const struct crl_set *set, size_t index)
{
    return index < set->count ? set->members[index]->crl.remark : "";
}

static size_t align(size_t offset)
{
    return (offset + 7) & ~(size_t)7;
}

static size_t text_size(const struct crl_member *member)
{
    return strlen(member->crl.issuer_text) + strlen(member->source) + member->crl.record.signature_length;
}

/* Where the entries begin. */
static size_t entries_begin(const struct crl_set *set)
{
    size_t offset = sizeof(struct crl_layout) + set->count * sizeof(struct crl_record);
    for (size_t i = 0; i < set->count; i++)
        offset += text_size(set->members[i]);
    return align(offset);
}

size_t crl_set_size(const struct crl_set *set)
{
    size_t size = entries_begin(set);
    for (size_t i = 0; i < set->count; i++)
        size += set->members[i]->crl.record.entry_count * sizeof(struct crl_entry);
    return size;
}

static int compare_members(const void *left, const void *right)
{
    const struct crl_member *const *a = left, *const *b = right;
    return memcmp(&(*a)->crl.record.issuer, &(*b)->crl.record.issuer, sizeof(struct trust_id));
}

static uint64_t write_text(char *out, size_t *at, const void *text, size_t length)
{
    uint64_t offset = *at;
    memcpy(out + *at, text, length);
    *at += length;
    return offset;
}

static void write_member(char *out, size_t i, const struct crl_member *member, size_t *texts, size_t *entries)
{
    struct crl_record record = member->crl.record;
    size_t entries_size = record.entry_count * sizeof(struct crl_entry);
    record.issuer_length = (uint32_t)strlen(member->crl.issuer_text);
    record.source_length = (uint32_t)strlen(member->source);
    record.issuer_offset = write_text(out, texts, member->crl.issuer_text, record.issuer_length);
    record.source_offset = write_text(out, texts, member->source, record.source_length);
    record.signature_offset = write_text(out, texts, member->crl.signature, record.signature_length);
    record.entries_offset = *entries;
    if (entries_size > 0)
        memcpy(out + *entries, member->crl.entries, entries_size);
    *entries += entries_size;
    memcpy(out + sizeof(struct crl_layout) + i * sizeof(record), &record, sizeof(record));
}

void crl_set_write(const struct crl_set *set, void *out)
{
    struct crl_member *sorted[CRL_SET_MAX];
    size_t texts = sizeof(struct crl_layout) + set->count * sizeof(struct crl_record);
    size_t entries = entries_begin(set);
    struct crl_layout layout = {.magic = CRL_INDEX_MAGIC,
                                .version = CRL_INDEX_VERSION,
                                .record_size = sizeof(struct crl_record),
                                .size = crl_set_size(set),
                                .record_count = set->count};
    memcpy(sorted, set->members, set->count * sizeof(sorted[0]));
    /* By issuer, so that a worker finds all records of one side by side. */
    qsort(sorted, set->count, sizeof(sorted[0]), compare_members);
    memset(out, 0, entries);
    for (size_t i = 0; i < set->count; i++) {
        layout.entry_count += sorted[i]->crl.record.entry_count;
        write_member(out, i, sorted[i], &texts, &entries);
    }
    memcpy(out, &layout, sizeof(layout));
}
