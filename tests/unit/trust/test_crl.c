#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <string.h>

#include "guard.h"
#include "postern/trust/crl.h"
#include "world.h"

/* What the rows need from the world of the test. */
enum signer { BY_ROOT, BY_STRANGER, BY_OTHER_KEY };

struct row {
    const char *name;
    struct crl_factory_options options;
    enum signer signer;
    const char *strict; /* part of the error; NULL: accepted */
    const char *legacy;
};

#define EXTENSIONS(rows) .extensions = rows, .extension_count = LENGTH_OF(rows)
#define ENTRIES(rows)    .entries = rows, .entry_count = LENGTH_OF(rows)

static const struct cert_extension delta[] = {{"2.5.29.27", true, "020101"}};
static const struct cert_extension delta_not_critical[] = {{"2.5.29.27", false, "020101"}};
static const struct cert_extension unknown[] = {{"1.2.3.4", false, "0500"}};
static const struct cert_extension unknown_critical[] = {{"1.2.3.4", true, "0500"}};
static const struct cert_extension unknown_twice[] = {{"1.2.3.4", false, "0500"}, {"1.2.3.4", false, "0500"}};
static const struct cert_extension number_twice[] = {{"2.5.29.20", false, "020102"}};
static const struct cert_extension negative_number[] = {{"2.5.29.20", false, "0201FF"}};
static const struct cert_extension long_number[] = {
    {"2.5.29.20", false, "021501FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}};
static const struct cert_extension bad_key_id[] = {{"2.5.29.35", false, "30028005"}};
static const struct cert_extension other_key_id[] = {{"2.5.29.35", false, "3006800401020304"}};
static const struct cert_extension idp_user[] = {{"2.5.29.28", true, "30038101FF"}};
static const struct cert_extension idp_ca[] = {{"2.5.29.28", true, "30038201FF"}};
static const struct cert_extension idp_both[] = {{"2.5.29.28", true, "30068101FF8201FF"}};
static const struct cert_extension idp_reasons[] = {{"2.5.29.28", true, "300483020640"}};
static const struct cert_extension idp_indirect[] = {{"2.5.29.28", true, "30038401FF"}};
static const struct cert_extension idp_attribute[] = {{"2.5.29.28", true, "30038501FF"}};
static const struct cert_extension idp_empty[] = {{"2.5.29.28", true, "3000"}};
static const struct cert_extension idp_broken[] = {{"2.5.29.28", true, "30058101FF"}};
static const struct cert_extension idp_not_der[] = {{"2.5.29.28", true, "FFFF"}};
static const struct cert_extension idp_order[] = {{"2.5.29.28", true, "30068201008101FF"}};
static const struct cert_extension idp_boolean[] = {{"2.5.29.28", true, "3003810101"}};
static const struct cert_extension idp_point[] = {{"2.5.29.28", true,
                                                   "300BA009A0078605"
                                                   "683A2F2F61"}};
static const struct cert_extension idp_point_tag[] = {{"2.5.29.28", true, "300BA009A007C605683A2F2F61"}};
static const struct cert_extension idp_relative[] = {{"2.5.29.28", true, "3009A007A1053003060141"}};
static const struct cert_extension freshest_critical[] = {{"2.5.29.46", true, "3000"}};

static const struct cert_extension entry_issuer[] = {{"2.5.29.29", true, "3000"}};
static const struct cert_extension entry_critical[] = {{"1.2.3.4", true, "0500"}};
static const struct cert_extension entry_date[] = {
    {"2.5.29.24", false, "180F32303236303130313030303030305A"}};
static const struct cert_extension entry_reason_7[] = {{"2.5.29.21", false, "0A0107"}};
static const struct cert_extension entry_reason_11[] = {{"2.5.29.21", false, "0A010B"}};
static const struct cert_extension entry_reason_text[] = {{"2.5.29.21", false, "0C0141"}};
static const struct cert_extension entry_reason_twice[] = {{"2.5.29.21", false, "0A0101"},
                                                           {"2.5.29.21", false, "0A0102"}};

static const struct crl_entry_options plain_entry[] = {{.serial = "0A"}, {.serial = "0B", .reason = 2}};
static const struct crl_entry_options removed[] = {{.serial = "0A", .reason = 9}};
static const struct crl_entry_options negative[] = {{.serial = "-0A"}};
static const struct crl_entry_options too_long[] = {{.serial = "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}};
static const struct crl_entry_options longest[] = {{.serial = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}};
static const struct crl_entry_options with_issuer[] = {{.serial = "0A", EXTENSIONS(entry_issuer)}};
static const struct crl_entry_options with_critical[] = {{.serial = "0A", EXTENSIONS(entry_critical)}};
static const struct crl_entry_options with_date[] = {{.serial = "0A", EXTENSIONS(entry_date)}};
static const struct crl_entry_options with_reason_7[] = {{.serial = "0A", EXTENSIONS(entry_reason_7)}};
static const struct crl_entry_options with_reason_11[] = {{.serial = "0A", EXTENSIONS(entry_reason_11)}};
static const struct crl_entry_options with_reason_text[] = {{.serial = "0A", EXTENSIONS(entry_reason_text)}};
static const struct crl_entry_options with_reasons[] = {{.serial = "0A", EXTENSIONS(entry_reason_twice)}};

/* RFC 5280 §5; a rule that OpenSSL does not enforce is one that we do. */
static const struct row rows[] = {
    {"an empty CRL", {0}, BY_ROOT, NULL, NULL},
    {"entries", {ENTRIES(plain_entry)}, BY_ROOT, NULL, NULL},
    {"a serial of 20 octets", {ENTRIES(longest)}, BY_ROOT, NULL, NULL},
    {"an invalidity date", {ENTRIES(with_date)}, BY_ROOT, NULL, NULL},
    {"an expired CRL is for the verdict", {.next_update = CERTS_NOW - 60}, BY_ROOT, NULL, NULL},
    {"clock skew is tolerated", {.this_update = CERTS_NOW + CRL_SKEW_S}, BY_ROOT, NULL, NULL},
    {"an unknown extension", {EXTENSIONS(unknown)}, BY_ROOT, NULL, NULL},
    {"only user certificates", {EXTENSIONS(idp_user)}, BY_ROOT, NULL, NULL},
    {"only CA certificates", {EXTENSIONS(idp_ca)}, BY_ROOT, NULL, NULL},
    {"a distribution point", {EXTENSIONS(idp_point)}, BY_ROOT, NULL, NULL},
    {"a CA that is not in the bundle is pending", {0}, BY_STRANGER, NULL, NULL},
    {"SHA-384", {.digest = "SHA384"}, BY_ROOT, NULL, NULL},

    {"no nextUpdate", {.no_next_update = true}, BY_ROOT, "no nextUpdate", "no nextUpdate"},
    {"from the future", {.this_update = CERTS_NOW + CRL_SKEW_S + 1}, BY_ROOT, "future", "future"},
    {"nextUpdate before thisUpdate",
     {.this_update = CERTS_NOW - 60, .next_update = CERTS_NOW - 120},
     BY_ROOT,
     "not after",
     "not after"},
    {"no crlNumber", {.number = ""}, BY_ROOT, "crl_profile = legacy", NULL},
    {"no key identifier", {.no_key_id = true}, BY_ROOT, "crl_profile = legacy", NULL},
    {"version 1", {.version_1 = true}, BY_ROOT, "crl_profile = legacy", NULL},
    {"SHA-1", {.digest = "SHA1"}, BY_ROOT, "SHA-256 or better", "SHA-256 or better"},
    {"SHA-224", {.digest = "SHA224"}, BY_ROOT, "SHA-256 or better", "SHA-256 or better"},
    {"signed by another key", {0}, BY_OTHER_KEY, "does not verify", "does not verify"},
    {"signed by another key, unidentified", {.no_key_id = true}, BY_OTHER_KEY, "legacy", "does not verify"},
    {"a delta CRL", {EXTENSIONS(delta)}, BY_ROOT, "delta", "delta"},
    {"a delta CRL, not critical", {EXTENSIONS(delta_not_critical)}, BY_ROOT, "delta", "delta"},
    {"a delta CRL without crlNumber", {.number = "", EXTENSIONS(delta)}, BY_ROOT, "delta", "delta"},
    {"unknown critical", {EXTENSIONS(unknown_critical)}, BY_ROOT, "not understood (1.2.3.4)", "1.2.3.4"},
    {"freshest CRL, critical", {EXTENSIONS(freshest_critical)}, BY_ROOT, "not understood", "not understood"},
    {"an extension twice", {EXTENSIONS(unknown_twice)}, BY_ROOT, "twice", "twice"},
    {"crlNumber twice", {EXTENSIONS(number_twice)}, BY_ROOT, "twice", "twice"},
    {"negative crlNumber", {.number = "", EXTENSIONS(negative_number)}, BY_ROOT, "crlNumber", "crlNumber"},
    {"crlNumber over 20 octets", {.number = "", EXTENSIONS(long_number)}, BY_ROOT, "crlNumber", "crlNumber"},
    {"a broken key identifier",
     {.no_key_id = true, EXTENSIONS(bad_key_id)},
     BY_ROOT,
     "malformed",
     "malformed"},
    {"another key's identifier: an older or newer CA of that name, pending",
     {.no_key_id = true, EXTENSIONS(other_key_id)},
     BY_ROOT,
     NULL,
     NULL},
    {"only some reasons", {EXTENSIONS(idp_reasons)}, BY_ROOT, "onlySomeReasons", "onlySomeReasons"},
    {"indirect", {EXTENSIONS(idp_indirect)}, BY_ROOT, "indirect", "indirect"},
    {"only attribute certificates", {EXTENSIONS(idp_attribute)}, BY_ROOT, "attribute", "attribute"},
    {"user and CA only", {EXTENSIONS(idp_both)}, BY_ROOT, "so none", "so none"},
    {"an empty IDP", {EXTENSIONS(idp_empty)}, BY_ROOT, "malformed", "malformed"},
    {"an IDP that is cut off", {EXTENSIONS(idp_broken)}, BY_ROOT, "malformed", "malformed"},
    {"an IDP that is not DER", {EXTENSIONS(idp_not_der)}, BY_ROOT, "malformed", "malformed"},
    {"an IDP out of order", {EXTENSIONS(idp_order)}, BY_ROOT, "malformed", "malformed"},
    {"an IDP with a BER boolean", {EXTENSIONS(idp_boolean)}, BY_ROOT, "malformed", "malformed"},
    {"a distribution point that is no name", {EXTENSIONS(idp_point_tag)}, BY_ROOT, "malformed", "malformed"},
    {"a relative distribution point", {EXTENSIONS(idp_relative)}, BY_ROOT, "relative", "relative"},
    {"removeFromCRL", {ENTRIES(removed)}, BY_ROOT, "removeFromCRL", "removeFromCRL"},
    {"a negative serial", {ENTRIES(negative)}, BY_ROOT, "negative", "negative"},
    {"a serial of 21 octets", {ENTRIES(too_long)}, BY_ROOT, "20 octets", "20 octets"},
    {"an entry of another issuer", {ENTRIES(with_issuer)}, BY_ROOT, "indirect", "indirect"},
    {"a critical entry extension", {ENTRIES(with_critical)}, BY_ROOT, "critical", "critical"},
    {"reason 7", {ENTRIES(with_reason_7)}, BY_ROOT, "reason", "reason"},
    {"reason 11", {ENTRIES(with_reason_11)}, BY_ROOT, "reason", "reason"},
    {"a reason that is text", {ENTRIES(with_reason_text)}, BY_ROOT, "reason", "reason"},
    {"two reasons", {ENTRIES(with_reasons)}, BY_ROOT, "two reason", "two reason"},
    {"an entry extension in version 1",
     {.version_1 = true, ENTRIES(with_date)},
     BY_ROOT,
     "legacy",
     "malformed"},
};

struct setting {
    struct cert *root, *stranger;
    struct trust_bundle *bundle;
};

static int set_up(void **state)
{
    static struct setting setting;
    setting.root = cert_root("CRL Root");
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

static struct buffer der_of(const struct crl_factory_options *options, const struct cert *issuer)
{
    struct buffer der = {0};
    X509_CRL *crl = crl_new(options, issuer);
    crl_append_der(&der, crl);
    X509_CRL_free(crl);
    return der;
}

static int parse(struct slice der, const struct setting *setting, enum crl_profile profile, struct crl *out,
                 struct err *err)
{
    const struct crl_options options = {.profile = profile, .now_s = CERTS_NOW};
    *err = (struct err){0};
    return crl_parse(der, setting->bundle, &options, "crl.pem", 7, out, err);
}

static void check_row(const struct row *row, const struct setting *setting, enum crl_profile profile,
                      const char *expected)
{
    struct crl_factory_options options = row->options;
    struct crl crl;
    struct err err;
    if (row->signer == BY_OTHER_KEY)
        options.signer = setting->stranger;
    struct buffer der = der_of(&options, row->signer == BY_STRANGER ? setting->stranger : setting->root);
    int result = parse(buffer_view(&der), setting, profile, &crl, &err);
    if (!expected && result != 0)
        fail_msg("%s: %s", row->name, err.text);
    if (expected && (result == 0 || !strstr(err.text, expected)))
        fail_msg("%s: \"%s\" is not in \"%s\"", row->name, expected, err.text);
    if (expected) {
        assert_string_equal(err.path, "crl.pem");
        assert_int_equal(err.line, 7);
    }
    crl_clear(&crl);
    buffer_clear(&der);
}

static void crls_are_accepted_or_refused_by_rule(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        check_row(&rows[i], *state, CRL_STRICT, rows[i].strict);
        check_row(&rows[i], *state, CRL_LEGACY, rows[i].legacy);
    }
}

static void what_legacy_lets_in_is_remarked(void **state)
{
    struct crl crl;
    struct err err;
    struct buffer der = der_of(&(struct crl_factory_options){.number = ""}, ((struct setting *)*state)->root);
    assert_int_equal(parse(buffer_view(&der), *state, CRL_LEGACY, &crl, &err), 0);
    assert_non_null(strstr(crl.remark, "no crlNumber"));
    crl_clear(&crl);
    buffer_clear(&der);
}

static void entries_are_sorted_and_each_serial_is_once(void **state)
{
    const struct crl_entry_options entries[] = {
        {.serial = "0200"}, {.serial = "05"}, {.serial = "0100"},        {.serial = "05", .reason = 2},
        {.serial = "8000"}, {.serial = "00"}, {.serial = "7FFFFFFFFFFF"}};
    static const char *const expected[] = {"\x00",     "\x05",     "\x01\x00",
                                           "\x02\x00", "\x80\x00", "\x7f\xff\xff\xff\xff\xff"};
    static const unsigned char lengths[] = {1, 1, 2, 2, 2, 6};
    struct crl crl;
    struct err err;
    struct buffer der = der_of(&(struct crl_factory_options){ENTRIES(entries)},
                               ((struct setting *)*state)->root);
    assert_int_equal(parse(buffer_view(&der), *state, CRL_STRICT, &crl, &err), 0);
    assert_int_equal(crl.record.entry_count, LENGTH_OF(expected));
    for (size_t i = 0; i < LENGTH_OF(expected); i++) {
        assert_int_equal(crl.entries[i].serial.length, lengths[i]);
        assert_memory_equal(crl.entries[i].serial.bytes, expected[i], lengths[i]);
    }
    assert_int_equal(crl.entries[1].reason, 1);
    crl_clear(&crl);
    buffer_clear(&der);
}

/* A reason alone has a short way of its own, and must come out as on the long one. */
static void reasons_are_read_alone_and_beside_others(void **state)
{
    for (int reason = 0; reason <= 255; reason++) {
        char value[8];
        snprintf(value, sizeof(value), "0A01%02X", reason & 0xff);
        const struct cert_extension extensions[] = {{"2.5.29.21", false, value}, entry_date[0]};
        int results[2];
        for (size_t both = 0; both < 2; both++) {
            const struct crl_entry_options entries[] = {
                {.serial = "0A", .extensions = extensions, .extension_count = 1 + both}};
            struct crl_factory_options options = {ENTRIES(entries)};
            struct crl crl;
            struct err err;
            struct buffer der = der_of(&options, ((struct setting *)*state)->root);
            results[both] = parse(buffer_view(&der), *state, CRL_STRICT, &crl, &err);
            if (results[both] == 0)
                assert_int_equal(crl.entries[0].reason, reason);
            crl_clear(&crl);
            buffer_clear(&der);
        }
        assert_int_equal(results[0], results[1]);
        assert_int_equal(results[0], reason <= 10 && reason != 7 && reason != 8 ? 0 : -1);
    }
}

static void what_the_record_holds(void **state)
{
    struct setting *setting = *state;
    struct crl crl;
    struct err err;
    struct trust_id id;
    struct buffer der = der_of(&(struct crl_factory_options){.number = "0102", EXTENSIONS(idp_ca)},
                               setting->root);
    assert_int_equal(parse(buffer_view(&der), setting, CRL_STRICT, &crl, &err), 0);
    assert_int_equal(trust_id_of_issuer(setting->root->x509, &id), 0);
    assert_true(trust_id_equal(&id, &crl.record.issuer));
    assert_int_equal(crl.record.this_update, CERTS_NOW - CERTS_DAY);
    assert_int_equal(crl.record.next_update, CERTS_NOW + 30 * CERTS_DAY);
    assert_int_equal(crl.record.number.length, 2);
    assert_int_equal(crl.record.flags, CRL_ONLY_CA | CRL_HAS_NUMBER | CRL_HAS_KEY_ID);
    assert_string_equal(crl.issuer_text, "CN=CRL Root");
    crl_clear(&crl);
    buffer_clear(&der);
}

/* Each kind of key, and the signature over the raw bytes. */
static void signatures_of_every_kind_are_checked(void **state)
{
    static const struct {
        const char *key;
        bool pss;
        const char *pending; /* what is said when the CA is not in the bundle */
    } kinds[] = {{"P-256", false, NULL},    {"P-384", false, NULL},      {"P-521", false, NULL},
                 {"RSA-2048", false, NULL}, {"RSA-2048", true, "trust"}, {"ED25519", false, "trust"}};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
        struct setting own = {
            .root = cert_new(&(struct cert_options){.cn = "K", .is_ca = true, .key = kinds[i].key}, NULL)};
        const struct cert *cas[] = {own.root};
        struct crl crl;
        struct err err;
        struct buffer der = der_of(&(struct crl_factory_options){.pss = kinds[i].pss}, own.root);
        own.bundle = bundle_of(cas, 1);
        if (parse(buffer_view(&der), &own, CRL_STRICT, &crl, &err) != 0)
            fail_msg("%s: %s", kinds[i].key, err.text);
        assert_false(crl.record.flags & CRL_PENDING);
        crl_clear(&crl);
        /* One bit of the revocation time of what is signed. */
        der.data[der.begin + 60] ^= 1;
        assert_int_equal(parse(buffer_view(&der), &own, CRL_STRICT, &crl, &err), -1);
        crl_clear(&crl);
        der.data[der.begin + 60] ^= 1;
        int result = parse(buffer_view(&der), *state, CRL_STRICT, &crl, &err);
        assert_int_equal(result, kinds[i].pending ? -1 : 0);
        if (kinds[i].pending)
            assert_non_null(strstr(err.text, kinds[i].pending));
        else
            assert_true(crl.record.flags & CRL_PENDING);
        crl_clear(&crl);
        buffer_clear(&der);
        trust_bundle_free(own.bundle);
        cert_free(own.root);
    }
}

static void a_ca_without_crl_sign_is_refused(void **state)
{
    struct setting own = {
        .root = cert_new(&(struct cert_options){.cn = "K", .is_ca = true, .key_usage = "keyCertSign"}, NULL)};
    const struct cert *cas[] = {own.root};
    struct crl crl;
    struct err err;
    struct buffer der = der_of(NULL, own.root);
    (void)state;
    own.bundle = bundle_of(cas, 1);
    assert_int_equal(parse(buffer_view(&der), &own, CRL_STRICT, &crl, &err), -1);
    assert_non_null(strstr(err.text, "cRLSign"));
    crl_clear(&crl);
    buffer_clear(&der);
    trust_bundle_free(own.bundle);
    cert_free(own.root);
}

/* Two CAs of one name: the key decides. */
static void a_ca_with_two_keys_signs_with_either(void **state)
{
    struct cert *old = cert_root("Same"), *new = cert_root("Same");
    const struct cert *cas[] = {old, new};
    struct setting own = {.bundle = bundle_of(cas, 2)};
    struct crl crl;
    struct err err;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct trust_id id;
        struct buffer der = der_of(&(struct crl_factory_options){.no_key_id = true}, cas[i]);
        assert_int_equal(parse(buffer_view(&der), &own, CRL_LEGACY, &crl, &err), 0);
        assert_int_equal(trust_id_of_issuer(cas[i]->x509, &id), 0);
        assert_true(trust_id_equal(&id, &crl.record.issuer));
        crl_clear(&crl);
        buffer_clear(&der);
    }
    trust_bundle_free(own.bundle);
    cert_free(old);
    cert_free(new);
}

/* No prefix is a CRL, nothing may follow one, and no reader looks past the end. */
static void a_crl_cut_off_anywhere_is_refused(void **state)
{
    struct setting *setting = *state;
    struct crl crl;
    struct err err;
    struct buffer der = der_of(&(struct crl_factory_options){ENTRIES(plain_entry)}, setting->root);
    size_t length = buffer_length(&der);
    for (size_t i = 0; i < length; i++) {
        char *copy = guard_copy(buffer_view(&der).data, i);
        assert_int_equal(parse(slice_of(copy, i), setting, CRL_LEGACY, &crl, &err), -1);
        crl_clear(&crl);
        guard_free(copy, i);
    }
    assert_true(buffer_append(&der, "\0", 1));
    assert_int_equal(parse(buffer_view(&der), setting, CRL_LEGACY, &crl, &err), -1);
    assert_non_null(strstr(err.text, "behind its end"));
    crl_clear(&crl);
    buffer_clear(&der);
}

/* Every byte is signed, or is the signature, or is the length of one of them. */
static void a_crl_with_any_byte_changed_is_refused(void **state)
{
    struct setting *setting = *state;
    struct crl crl;
    struct err err;
    struct buffer der = der_of(&(struct crl_factory_options){ENTRIES(plain_entry)}, setting->root);
    size_t length = buffer_length(&der);
    unsigned pending = 0;
    for (size_t i = 0; i < length; i++) {
        der.data[der.begin + i] ^= 0x01;
        if (parse(buffer_view(&der), setting, CRL_LEGACY, &crl, &err) == 0) {
            /* A changed name or key identifier makes it some other CA's. */
            assert_true(crl.record.flags & CRL_PENDING);
            pending++;
        }
        crl_clear(&crl);
        der.data[der.begin + i] ^= 0x01;
    }
    assert_in_range(pending, 1, 40);
    buffer_clear(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crls_are_accepted_or_refused_by_rule),
        cmocka_unit_test(what_legacy_lets_in_is_remarked),
        cmocka_unit_test(entries_are_sorted_and_each_serial_is_once),
        cmocka_unit_test(reasons_are_read_alone_and_beside_others),
        cmocka_unit_test(what_the_record_holds),
        cmocka_unit_test(signatures_of_every_kind_are_checked),
        cmocka_unit_test(a_ca_without_crl_sign_is_refused),
        cmocka_unit_test(a_ca_with_two_keys_signs_with_either),
        cmocka_unit_test(a_crl_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_crl_with_any_byte_changed_is_refused),
    };
    return cmocka_run_group_tests_name("crl", tests, set_up, tear_down);
}
