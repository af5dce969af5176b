#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crl_layout.h"
#include "postern/trust/crl_index.h"
#include "postern/trust/crl_set.h"
#include "world.h"

#define ENTRIES(rows) .entries = rows, .entry_count = LENGTH_OF(rows)

struct setting {
    struct cert *root, *stranger;
    struct trust_bundle *bundle;
};

static int set_up(void **state)
{
    static struct setting setting;
    setting.root = cert_root("Set Root");
    setting.stranger = cert_root("Stranger");
    const struct cert *cas[] = {setting.root};
    setting.bundle = bundle_of(cas, 1);
    *state = &setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;
    trust_bundle_free(setting->bundle);
    cert_free(setting->root);
    cert_free(setting->stranger);
    return 0;
}

/* An index in memory of its own. */
struct opened {
    void *memory;
    size_t size;
    struct crl_index *index;
};

static struct opened open_set(const struct crl_set *set)
{
    struct err err = {0};
    struct opened opened = {.size = crl_set_size(set)};
    opened.memory = malloc(opened.size);
    crl_set_write(set, opened.memory);
    opened.index = crl_index_open(opened.memory, opened.size, &err);
    if (!opened.index)
        fail_msg("%s", err.text);
    return opened;
}

static void opened_clear(struct opened *opened)
{
    crl_index_free(opened->index);
    free(opened->memory);
}

static int add(struct crl_set *set, const struct setting *setting, const struct crl_factory_options *options,
               const struct cert *issuer, struct err *err)
{
    const struct crl_options loader = {.profile = CRL_LEGACY, .now_s = CERTS_NOW};
    struct buffer pem = {0};
    X509_CRL *crl = crl_new(options, issuer);
    crl_append_pem(&pem, crl);
    *err = (struct err){0};
    int result = crl_set_add(set, buffer_view(&pem), TRUST_PEM, setting->bundle, &loader, "crl.pem", err);
    X509_CRL_free(crl);
    buffer_clear(&pem);
    return result;
}

/* Reference 1.3: stock OpenSSL takes the latest thisUpdate, and on a tie the first in the store. */
static void the_highest_number_wins_in_either_order(void **state)
{
    const struct setting *setting = *state;
    const struct crl_entry_options entries[] = {{.serial = "05"}};
    const struct crl_factory_options lower = {.number = "FF"};
    const struct crl_factory_options higher = {
        .number = "0100", .this_update = CERTS_NOW - 3 * CERTS_DAY, ENTRIES(entries)};
    for (int order = 0; order < 2; order++) {
        struct crl_set *set = crl_set_new();
        struct err err;
        assert_int_equal(add(set, setting, order ? &higher : &lower, setting->root, &err), 0);
        assert_int_equal(add(set, setting, order ? &lower : &higher, setting->root, &err), 0);
        assert_int_equal(crl_set_count(set), 1);
        struct opened opened = open_set(set);
        assert_int_equal(crl_index_entries(opened.index), 1);
        opened_clear(&opened);
        crl_set_free(set);
    }
}

static void without_numbers_the_latest_wins(void **state)
{
    const struct setting *setting = *state;
    const struct crl_entry_options entries[] = {{.serial = "05"}};
    const struct crl_factory_options older = {.number = "", .this_update = CERTS_NOW - 5 * CERTS_DAY};
    const struct crl_factory_options newer = {.number = "", ENTRIES(entries)};
    for (int order = 0; order < 2; order++) {
        struct crl_set *set = crl_set_new();
        struct err err;
        assert_int_equal(add(set, setting, order ? &newer : &older, setting->root, &err), 0);
        assert_int_equal(add(set, setting, order ? &older : &newer, setting->root, &err), 0);
        struct opened opened = open_set(set);
        assert_int_equal(crl_index_entries(opened.index), 1);
        opened_clear(&opened);
        crl_set_free(set);
    }
}

static void a_tie_that_differs_is_refused_and_a_copy_collapses(void **state)
{
    const struct setting *setting = *state;
    const struct crl_entry_options entries[] = {{.serial = "05"}};
    struct crl_set *set = crl_set_new();
    struct err err;
    assert_int_equal(add(set, setting, &(struct crl_factory_options){0}, setting->root, &err), 0);
    assert_int_equal(add(set, setting, &(struct crl_factory_options){0}, setting->root, &err), 0);
    assert_int_equal(crl_set_count(set), 1);
    assert_int_equal(add(set, setting, &(struct crl_factory_options){ENTRIES(entries)}, setting->root, &err),
                     -1);
    assert_non_null(strstr(err.text, "0x01"));
    crl_set_free(set);
}

static void other_issuers_and_scopes_stand_side_by_side(void **state)
{
    static const struct cert_extension user[] = {{"2.5.29.28", true, "30038101FF"}};
    static const struct cert_extension ca[] = {{"2.5.29.28", true, "30038201FF"}};
    static const struct cert_extension a[] = {{"2.5.29.28", true, "300BA009A0078605683A2F2F61"}};
    static const struct cert_extension b[] = {{"2.5.29.28", true, "300BA009A0078605683A2F2F62"}};
    const struct setting *setting = *state;
    const struct cert_extension *const scopes[] = {user, ca, a, b};
    struct crl_set *set = crl_set_new();
    struct err err;
    size_t found;
    struct trust_id id;
    assert_int_equal(add(set, setting, &(struct crl_factory_options){0}, setting->root, &err), 0);
    assert_int_equal(add(set, setting, &(struct crl_factory_options){0}, setting->stranger, &err), 0);
    for (size_t i = 0; i < LENGTH_OF(scopes); i++)
        assert_int_equal(add(set, setting,
                             &(struct crl_factory_options){.extensions = scopes[i], .extension_count = 1},
                             setting->root, &err),
                         0);
    assert_int_equal(crl_set_count(set), 6);
    struct opened opened = open_set(set);
    assert_int_equal(trust_id_of_issuer(setting->root->x509, &id), 0);
    assert_non_null(crl_index_find(opened.index, &id, &found));
    assert_int_equal(found, 5);
    assert_true(crl_index_record(opened.index, 0)->flags & CRL_PENDING);
    assert_null(crl_index_record(opened.index, 6));
    assert_int_equal(trust_id_of_issuer(setting->stranger->x509, &id), 0);
    assert_null(crl_index_find(opened.index, &id, &found));
    opened_clear(&opened);
    crl_set_free(set);
}

static void an_index_tells_what_was_loaded(void **state)
{
    const struct setting *setting = *state;
    const struct crl_entry_options entries[] = {{.serial = "05"}, {.serial = "00FF", .reason = 5}};
    const struct crl_factory_options options = {.number = "0ABC", ENTRIES(entries)};
    struct crl_set *set = crl_set_new();
    struct err err;
    char number[CRL_NUMBER_TEXT_SIZE];
    assert_int_equal(add(set, setting, &options, setting->root, &err), 0);
    struct opened opened = open_set(set);
    const struct crl_record *record = crl_index_record(opened.index, 0);
    assert_true(slice_equal_text(crl_record_issuer(opened.index, record), "CN=Set Root"));
    assert_true(slice_equal_text(crl_record_source(opened.index, record), "crl.pem"));
    assert_string_equal(crl_record_number_text(record, number), "0x0ABC");
    assert_int_equal(record->line, 1);
    const struct trust_serial absent = {.length = 1, .bytes = {6}}, present = {.length = 1, .bytes = {0xff}};
    assert_null(crl_index_lookup(opened.index, record, &absent));
    assert_int_equal(crl_index_lookup(opened.index, record, &present)->reason, 4);
    opened_clear(&opened);
    crl_set_free(set);
}

/* T15: an older file put back. */
static void a_number_that_goes_backwards_is_found(void **state)
{
    static const struct {
        const char *older, *newer;
        int64_t newer_update;
        int expected;
    } rows[] = {{"05", "05", 0, 0},    {"05", "06", 0, 0},
                {"FF", "0100", 0, 0},  {"06", "05", 0, -1},
                {"0100", "FF", 0, -1}, {"", "", CERTS_NOW - 3 * CERTS_DAY, -1},
                {"", "", 0, 0},        {"05", "", CERTS_NOW - 3 * CERTS_DAY, -1}};
    const struct setting *setting = *state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct crl_set *first = crl_set_new(), *second = crl_set_new();
        struct err err;
        assert_int_equal(
            add(first, setting, &(struct crl_factory_options){.number = rows[i].older}, setting->root, &err),
            0);
        assert_int_equal(
            add(second, setting,
                &(struct crl_factory_options){.number = rows[i].newer, .this_update = rows[i].newer_update},
                setting->root, &err),
            0);
        struct opened older = open_set(first), newer = open_set(second);
        err = (struct err){0};
        assert_int_equal(crl_index_check_rollback(older.index, newer.index, &err), rows[i].expected);
        if (rows[i].expected != 0) {
            assert_non_null(strstr(err.text, "CN=Set Root"));
            assert_string_equal(err.path, "crl.pem");
        }
        opened_clear(&older);
        opened_clear(&newer);
        crl_set_free(first);
        crl_set_free(second);
    }
}

/* The loader may be in an attacker's hands: whatever it writes must be safe to read. */
static void a_damaged_index_is_refused_or_harmless(void **state)
{
    const struct setting *setting = *state;
    const struct crl_entry_options entries[] = {{.serial = "05"}, {.serial = "0FFF"}};
    struct crl_set *set = crl_set_new();
    struct err err;
    assert_int_equal(add(set, setting, &(struct crl_factory_options){ENTRIES(entries)}, setting->root, &err),
                     0);
    assert_int_equal(add(set, setting, &(struct crl_factory_options){0}, setting->stranger, &err), 0);
    struct opened opened = open_set(set);
    const struct trust_serial serial = {.length = 1, .bytes = {5}};
    size_t refused = 0;
    for (size_t i = 0; i < opened.size * 3; i++) {
        static const unsigned char masks[] = {0x01, 0x80, 0xff};
        unsigned char *copy = malloc(opened.size);
        memcpy(copy, opened.memory, opened.size);
        copy[i / 3] ^= masks[i % 3];
        struct crl_index *index = crl_index_open(copy, opened.size, &err);
        refused += index == NULL;
        for (size_t j = 0; index && j < crl_index_count(index); j++) {
            const struct crl_record *record = crl_index_record(index, j);
            size_t sum = 0;
            struct slice texts[] = {crl_record_issuer(index, record), crl_record_source(index, record),
                                    crl_record_signature(index, record)};
            for (size_t k = 0; k < LENGTH_OF(texts); k++)
                for (size_t l = 0; l < texts[k].length; l++)
                    sum += (unsigned char)texts[k].data[l];
            crl_index_lookup(index, record, &serial);
            assert_true(sum < SIZE_MAX);
        }
        crl_index_free(index);
        free(copy);
    }
    assert_true(refused > 100);
    for (size_t i = 0; i < opened.size; i += 7)
        assert_null(crl_index_open(opened.memory, i, &err));
    opened_clear(&opened);
    crl_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_number_wins_in_either_order),
        cmocka_unit_test(without_numbers_the_latest_wins),
        cmocka_unit_test(a_tie_that_differs_is_refused_and_a_copy_collapses),
        cmocka_unit_test(other_issuers_and_scopes_stand_side_by_side),
        cmocka_unit_test(an_index_tells_what_was_loaded),
        cmocka_unit_test(a_number_that_goes_backwards_is_found),
        cmocka_unit_test(a_damaged_index_is_refused_or_harmless),
    };
    return cmocka_run_group_tests_name("crl_set", tests, set_up, tear_down);
}
