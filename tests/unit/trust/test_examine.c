#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#include "postern/trust/examine.h"
#include "world.h"

#define ENTRIES(rows) .entries = rows, .entry_count = LENGTH_OF(rows)

struct court {
    struct world world;
    struct judge judge;
};

/* Root and intermediate, each with a CRL; the intermediate's revokes the client if revoked. */
static void court_init(struct court *court, bool revoked)
{
    world_init(&court->world);
    const struct crl_entry_options entries[] = {{.cert = court->world.client, .reason = 2}};
    const struct crl_factory_options options = {ENTRIES(entries), .number = "2A"};
    const struct cert *cas[] = {court->world.root, court->world.intermediate};
    X509_CRL *crls[] = {crl_new(NULL, court->world.root),
                        crl_new(revoked ? &options : NULL, court->world.intermediate)};
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true};
    judge_init(&court->judge, &policy, cas, 2, crls, 2);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
}

static void court_clear(struct court *court)
{
    judge_clear(&court->judge);
    world_clear(&court->world);
}

static void examine(const struct court *court, const struct cert *client, struct examination *out)
{
    const struct presented presented = {.leaf = client->x509};
    trust_examine(court->judge.trust, &presented, CERTS_NOW, out);
}

static void an_admitted_client_is_told_with_its_path_and_crls(void **state)
{
    struct court court;
    struct examination found;
    (void)state;
    court_init(&court, false);
    examine(&court, court.world.client, &found);
    assert_int_equal(found.verdict.reason, TRUST_ADMITTED);
    assert_int_equal(found.count, 3);
    assert_true(found.reaches_anchor);
    assert_true(found.certificates[0].is_presented);
    assert_false(found.certificates[1].is_presented);
    assert_string_equal(found.certificates[2].info.subject, "CN=Test Root");
    for (size_t i = 0; i < 2; i++) {
        assert_true(found.certificates[i].is_asked);
        assert_int_equal(found.certificates[i].crl_count, 1);
        assert_true(found.certificates[i].crls[0].is_in_scope);
        assert_null(found.certificates[i].crls[0].entry);
        assert_int_equal(found.certificates[i].crls[0].standing, TRUST_ADMITTED);
    }
    assert_false(found.certificates[2].is_asked);
    examination_clear(&found);
    court_clear(&court);
}

static void a_revoked_client_is_told_with_the_entry_and_its_day(void **state)
{
    struct court court;
    struct examination found;
    (void)state;
    court_init(&court, true);
    examine(&court, court.world.client, &found);
    assert_int_equal(found.verdict.reason, TRUST_REVOKED);
    const struct examined *leaf = &found.certificates[0];
    assert_int_equal(leaf->revocation, TRUST_REVOKED);
    assert_int_equal(leaf->crl_count, 1);
    assert_non_null(leaf->crls[0].entry);
    assert_int_equal(leaf->crls[0].entry->reason, 1);
    int64_t day = crl_entry_day(leaf->crls[0].entry);
    assert_int_equal(day % CERTS_DAY, 0);
    assert_in_range(CERTS_NOW - day, 0, 3 * CERTS_DAY); /* the factory revokes two days before */
    /* The issuer stands well, and that is told too. */
    assert_int_equal(found.certificates[1].revocation, TRUST_ADMITTED);
    examination_clear(&found);
    court_clear(&court);
}

/* Each verdict is the one of trust_verify_certificates(), whatever the client brings. */
static void the_verdict_is_that_of_the_handshake(void **state)
{
    struct court court;
    struct examination found;
    struct trust_verdict verdict;
    (void)state;
    court_init(&court, true);
    struct cert *stranger = cert_root("stranger"), *visitor = cert_leaf("visitor", stranger);
    const struct cert *issuer = court.world.intermediate;
    struct cert *clients[] = {
        cert_leaf("good", issuer),
        cert_new(&(struct cert_options){.cn = "old", .not_after = CERTS_NOW - 1}, issuer),
        cert_new(&(struct cert_options){.cn = "new", .not_before = CERTS_NOW + 9}, issuer),
        cert_new(&(struct cert_options){.cn = "server", .eku = "serverAuth"}, issuer),
        cert_new(&(struct cert_options){.cn = "weak", .key = "P-224"}, issuer),
        visitor,
    };
    static const enum trust_reason expected[] = {TRUST_ADMITTED,      TRUST_EXPIRED,  TRUST_NOT_YET_VALID,
                                                 TRUST_WRONG_PURPOSE, TRUST_WEAK_KEY, TRUST_UNTRUSTED_CHAIN};
    for (size_t i = 0; i < LENGTH_OF(clients); i++) {
        examine(&court, clients[i], &found);
        assert_int_equal(found.verdict.reason, expected[i]);
        assert_int_equal(judge_ask(&court.judge, clients[i], NULL, 0, CERTS_NOW, NULL, &verdict),
                         found.verdict.reason);
        assert_string_equal(found.verdict.detail, verdict.detail);
        examination_clear(&found);
        cert_free(clients[i]);
    }
    cert_free(stranger);
    court_clear(&court);
}

static void a_ca_of_the_same_name_and_another_key_is_noticed(void **state)
{
    struct court court;
    struct examination found;
    (void)state;
    court_init(&court, false);
    struct cert *namesake = cert_root("Test Root"), *other = cert_root("Other");
    struct cert *client = cert_leaf("mallory", namesake), *stranger = cert_leaf("stranger", other);
    examine(&court, client, &found);
    assert_int_equal(found.verdict.reason, TRUST_UNTRUSTED_CHAIN);
    assert_true(found.has_namesake);
    assert_false(found.reaches_anchor);
    examination_clear(&found);
    examine(&court, stranger, &found);
    assert_false(found.has_namesake);
    assert_int_equal(found.count, 1);
    examination_clear(&found);
    cert_free(client);
    cert_free(stranger);
    cert_free(other);
    cert_free(namesake);
    court_clear(&court);
}

struct count {
    unsigned crls, revoked;
};

static void count_crl(void *context, const struct examined_crl *crl)
{
    struct count *count = context;
    count->crls++;
    count->revoked += crl->entry != NULL;
}

static void a_serial_is_looked_up_in_the_crls_of_its_issuer(void **state)
{
    static const struct crl_entry_options entries[] = {{.serial = "0A3F"}, {.serial = "7B"}};
    static const struct {
        const char *serial, *issuer;
        int found;
        unsigned revoked;
    } rows[] = {
        {"0A3F", "", 2, 1},          {"a3f", "", 2, 1},
        {"000A3F", "", 2, 1},        {"0A3F", "intermediate", 1, 1},
        {"0A3F", "test root", 1, 0}, {"0A3F", "nobody", 0, 0},
        {"0A40", "", 2, 0},          {"0", "", 2, 0},
        {"7b", "CN=Test", 2, 1},     {"", "", -1, 0},
        {"xy", "", -1, 0},           {"0102030405060708090A0B0C0D0E0F101112131415", "", -1, 0},
    };
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root, world.intermediate};
    X509_CRL *crls[] = {crl_new(NULL, world.root),
                        crl_new(&(struct crl_factory_options){ENTRIES(entries)}, world.intermediate)};
    judge_init(&judge, NULL, cas, 2, crls, 2);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct count count = {0};
        assert_int_equal(trust_examine_serial(judge.trust, slice_text(rows[i].serial), rows[i].issuer,
                                              CERTS_NOW, count_crl, &count),
                         rows[i].found);
        assert_int_equal(count.revoked, rows[i].revoked);
    }
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    judge_clear(&judge);
    world_clear(&world);
}

static void append_p12(struct buffer *out, const struct world *world, const char *passphrase)
{
    unsigned char *der = NULL;
    STACK_OF(X509) *others = sk_X509_new_null();
    sk_X509_push(others, world->intermediate->x509);
    PKCS12 *pkcs12 = PKCS12_create(passphrase, "client", world->client->key, world->client->x509, others,
                                   NID_aes_256_cbc, NID_aes_256_cbc, 1000, 1000, 0);
    assert_non_null(pkcs12);
    int length = i2d_PKCS12(pkcs12, &der);
    assert_true(length > 0 && buffer_append(out, der, (size_t)length));
    OPENSSL_free(der);
    PKCS12_free(pkcs12);
    sk_X509_free(others);
}

/* Each form in which people have a client's certificate. */
static void what_a_client_presents_is_read_from_every_form(void **state)
{
    struct world world;
    struct presented presented;
    struct err err = {.line = 0};
    enum { FORMS = 4 };
    struct buffer forms[FORMS];
    static const int others[FORMS] = {1, 1, 0, 1};
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < FORMS; i++)
        buffer_init(&forms[i], PRESENTED_SIZE_MAX);
    cert_append_pem(&forms[0], world.client);
    cert_append_pem(&forms[0], world.intermediate);
    cert_append_key_pem(&forms[1], world.client); /* a key before, text between */
    cert_append_pem(&forms[1], world.client);
    assert_true(buffer_append_text(&forms[1], "Bag Attributes\n  friendlyName: x\n"));
    cert_append_pem(&forms[1], world.intermediate);
    cert_append_der(&forms[2], world.client);
    append_p12(&forms[3], &world, "secret");
    for (size_t i = 0; i < FORMS; i++) {
        assert_int_equal(presented_is_pkcs12(buffer_view(&forms[i])), i == 3);
        assert_int_equal(presented_parse(buffer_view(&forms[i]), "secret", "file", &presented, &err), 0);
        assert_int_equal(X509_cmp(presented.leaf, world.client->x509), 0);
        assert_int_equal(sk_X509_num(presented.others), others[i]);
        presented_clear(&presented);
    }
    assert_int_equal(presented_parse(buffer_view(&forms[3]), "wrong", "file", &presented, &err), -1);
    assert_non_null(strstr(err.text, "passphrase"));
    presented_clear(&presented);
    for (size_t i = 0; i < FORMS; i++)
        buffer_clear(&forms[i]);
    world_clear(&world);
}

static void what_is_no_certificate_is_an_error_and_no_crash(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "no certificate"},
        {"hello\n", "no certificate"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "malformed"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n", "malformed"},
        {"0\x03\x02\x01\x03", "PKCS#12"},
        {"0\x05xxxxx", "DER"},
    };
    struct presented presented;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct err err = {.line = 0};
        assert_int_equal(presented_parse(slice_text(rows[i].text), NULL, "file", &presented, &err), -1);
        if (strstr(err.text, rows[i].error) == NULL)
            fail_msg("%zu: %s", i, err.text);
        presented_clear(&presented);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_admitted_client_is_told_with_its_path_and_crls),
        cmocka_unit_test(a_revoked_client_is_told_with_the_entry_and_its_day),
        cmocka_unit_test(the_verdict_is_that_of_the_handshake),
        cmocka_unit_test(a_ca_of_the_same_name_and_another_key_is_noticed),
        cmocka_unit_test(a_serial_is_looked_up_in_the_crls_of_its_issuer),
        cmocka_unit_test(what_a_client_presents_is_read_from_every_form),
        cmocka_unit_test(what_is_no_certificate_is_an_error_and_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
