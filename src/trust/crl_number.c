#include "crl_number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/clock.h"
#include "postern/base/text.h"
#include "postern/trust/crl_index.h"

bool crl_record_is_same_scope(const struct crl_record *left, const struct crl_record *right)
{
    const uint32_t scope = CRL_ONLY_USER | CRL_ONLY_CA | CRL_HAS_POINTS | CRL_PENDING;
    if (((left->flags ^ right->flags) & scope) || !trust_id_equal(&left->issuer, &right->issuer) ||
        left->point_count != right->point_count || memcmp(left->points, right->points, sizeof(left->points)))
        return false;
    if (!(left->flags & CRL_PENDING))
        return true;
    return trust_id_equal(&left->issuer_name, &right->issuer_name) &&
           left->key_id_length == right->key_id_length &&
           memcmp(left->key_id, right->key_id, left->key_id_length) == 0;
}

int crl_record_age(const struct crl_record *left, const struct crl_record *right)
{
    if (left->flags & right->flags & CRL_HAS_NUMBER)
        return memcmp(&left->number, &right->number, sizeof(left->number));
    return (left->this_update > right->this_update) - (left->this_update < right->this_update);
}

const char *crl_record_number_text(const struct crl_record *record, char out[CRL_NUMBER_TEXT_SIZE])
{
    if (!(record->flags & CRL_HAS_NUMBER)) {
        snprintf(out, CRL_NUMBER_TEXT_SIZE, "none");
        return out;
    }
    memcpy(out, "0x", 2);
    text_hex(out + 2, record->number.bytes, record->number.length, true);
    return out;
}

static int refuse_rollback(const struct crl_index *index, const struct crl_record *older,
                           const struct crl_record *newer, struct err *err)
{
    char was[CRL_NUMBER_TEXT_SIZE], is[CRL_NUMBER_TEXT_SIZE], was_at[CLOCK_TEXT_SIZE], is_at[CLOCK_TEXT_SIZE];
    char path[256];
    struct slice source = crl_record_source(index, newer), issuer = crl_record_issuer(index, newer);
    snprintf(path, sizeof(path), "%.*s", SLICE_ARG(source));
    return err_set_at(err, path, newer->line,
                      "CRL of %.*s: number %s of %s is older than number %s of %s, which is in force; put "
                      "the newer one back",
                      SLICE_ARG(issuer), crl_record_number_text(newer, is),
                      clock_format(newer->this_update, is_at), crl_record_number_text(older, was),
                      clock_format(older->this_update, was_at));
}

int crl_index_check_rollback(const struct crl_index *older, const struct crl_index *newer, struct err *err)
{
    for (size_t i = 0; i < crl_index_count(newer); i++) {
        const struct crl_record *now = crl_index_record(newer, i);
        for (size_t j = 0; j < crl_index_count(older); j++) {
            const struct crl_record *before = crl_index_record(older, j);
            if (crl_record_is_same_scope(before, now) && crl_record_age(before, now) > 0)
                return refuse_rollback(newer, before, now, err);
        }
    }
    return 0;
}
