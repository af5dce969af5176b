/* The walk through a CRL, beside stock OpenSSL: what we take it takes too, with the same issuer, dates,
 * number, scope, serials and reasons; and an index made of it finds each of them. No CA is known, so that
 * signatures stay pending and mutated CRLs get as far as those of a CA would. Covers: src/trust/crl.c
 * src/trust/crl_extensions.c src/trust/crl_entries.c src/trust/der.c */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "postern/base/assert.h"
#include "postern/trust/crl_index.h"
#include "postern/trust/crl_set.h"

enum { PAIRS_MAX = 64 }; /* so many entries are compared each with each */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;
    ASSERT(time != NULL && ASN1_TIME_to_tm(time, &parts) == 1);
    return timegm(&parts);
}

static struct trust_serial serial_of(const ASN1_INTEGER *number)
{
    struct trust_serial serial = {0};
    const unsigned char *bytes = ASN1_STRING_get0_data(number);
    int length = ASN1_STRING_length(number);
    ASSERT(ASN1_STRING_type(number) == V_ASN1_INTEGER && length > 0 && length <= TRUST_SERIAL_MAX);
    serial.length = (unsigned char)length;
    memcpy(serial.bytes, bytes, (size_t)length);
    return serial;
}

static long reason_of(const X509_REVOKED *entry)
{
    ASN1_ENUMERATED *code = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    long reason = code != NULL ? ASN1_ENUMERATED_get(code) : 0;
    ASN1_ENUMERATED_free(code);
    return reason;
}

/* Of entries with one serial the first reason that says something counts; so the count of ours is that of
 * distinct serials of theirs. */
static void check_entries(const struct crl_index *index, const struct crl_record *record, X509_CRL *stock)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(stock);
    int count = sk_X509_REVOKED_num(entries) > 0 ? sk_X509_REVOKED_num(entries) : 0;
    uint64_t distinct = 0;
    for (int i = 0; i < count; i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        struct trust_serial serial = serial_of(X509_REVOKED_get0_serialNumber(entry));
        const struct crl_entry *found = crl_index_lookup(index, record, &serial);
        bool is_first = true, is_told = false;
        ASSERT(found != NULL && found->reason <= 10 && found->reason != 7 && found->reason != 8);
        seconds_of(X509_REVOKED_get0_revocationDate(entry));
        for (int k = 0; k < count && count <= PAIRS_MAX; k++) {
            const X509_REVOKED *other = sk_X509_REVOKED_value(entries, k);
            if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(other),
                                 X509_REVOKED_get0_serialNumber(entry)) != 0)
                continue;
            is_first = is_first && k >= i;
            is_told = is_told || reason_of(other) == found->reason;
        }
        distinct += is_first;
        ASSERT(is_told || count > PAIRS_MAX);
    }
    ASSERT(record->entry_count == distinct || (count > PAIRS_MAX && record->entry_count <= (uint64_t)count));
}

/* Both sides read the name's bytes to their end, and see the same name in them. */
static void check_issuer(const struct crl_record *record, const X509_CRL *stock)
{
    struct trust_id id;
    ASSERT(trust_id_of_name(X509_CRL_get_issuer(stock), &id) == 0);
    ASSERT(trust_id_equal(&id, &record->issuer_name));
}

static void check_scope(const struct crl_record *record, X509_CRL *stock)
{
    int place = -1;
    ISSUING_DIST_POINT *scope = X509_CRL_get_ext_d2i(stock, NID_issuing_distribution_point, &place, NULL);
    const unsigned flags = CRL_ONLY_USER | CRL_ONLY_CA | CRL_HAS_POINTS;
    ASSERT(place != -2 && (scope != NULL || place == -1));
    if (scope == NULL) {
        ASSERT((record->flags & flags) == 0);
        return;
    }
    ASSERT((scope->onlyuser > 0) == ((record->flags & CRL_ONLY_USER) != 0));
    ASSERT((scope->onlyCA > 0) == ((record->flags & CRL_ONLY_CA) != 0));
    ASSERT((scope->distpoint != NULL) == ((record->flags & CRL_HAS_POINTS) != 0));
    ASSERT(scope->indirectCRL <= 0 && scope->onlyattr <= 0 && scope->onlysomereasons == NULL);
    ISSUING_DIST_POINT_free(scope);
}

static void check_against_stock(const struct crl_index *index, const uint8_t *data, size_t size)
{
    const unsigned char *at = data;
    const struct crl_record *record = crl_index_record(index, 0);
    X509_CRL *stock = d2i_X509_CRL(NULL, &at, (long)size);
    ASSERT(stock != NULL && at == data + size);
    ASSERT(record->this_update == seconds_of(X509_CRL_get0_lastUpdate(stock)));
    ASSERT(record->next_update == seconds_of(X509_CRL_get0_nextUpdate(stock)));
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(stock, NID_crl_number, NULL, NULL);
    ASSERT((number != NULL) == ((record->flags & CRL_HAS_NUMBER) != 0));
    if (number != NULL) {
        struct trust_serial value = serial_of(number);
        ASSERT(memcmp(&value, &record->number, sizeof(value)) == 0);
    }
    ASSERT(X509_CRL_get_ext_by_NID(stock, NID_delta_crl, -1) < 0);
    check_issuer(record, stock);
    check_scope(record, stock);
    check_entries(index, record, stock);
    ASN1_INTEGER_free(number);
    X509_CRL_free(stock);
    ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.line = 0};
    struct trust_bundle *bundle = trust_bundle_new();
    struct crl_set *set = crl_set_new();
    const struct crl_options options = {.profile = CRL_LEGACY, .now_s = INT64_C(1772366400)};
    int result = crl_set_add(set, slice_of((const char *)data, size), TRUST_DER, bundle, &options, "fuzz",
                             &err);
    ASSERT((result != 0) == err_is_set(&err));
    ASSERT(result != 0 || crl_set_count(set) == 1);
    if (result == 0) {
        void *memory = malloc(crl_set_size(set));
        ASSERT(memory != NULL);
        crl_set_write(set, memory);
        struct crl_index *index = crl_index_open(memory, crl_set_size(set), &err);
        ASSERT(index != NULL && (crl_index_record(index, 0)->flags & CRL_PENDING));
        check_against_stock(index, data, size);
        crl_index_free(index);
        free(memory);
    }
    crl_set_free(set);
    trust_bundle_free(bundle);
    return 0;
}
