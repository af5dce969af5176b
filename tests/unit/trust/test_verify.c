#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <string.h>

#include "world.h"

struct subject {
    const char *name;
    struct cert_options options;
    enum trust_reason expected;
    const char *detail; /* that the detail holds */
};

static const struct cert_extension unknown_critical[] = {{"1.2.3.4", true, "0500"}};

/* RFC 5280 §6.1; CONTRACT.md "Who is admitted". */
static const struct subject subjects[] = {
    {"a good client is admitted", {.cn = "a"}, TRUST_ADMITTED, ""},
    {"P-384 is admitted", {.cn = "a", .key = "P-384"}, TRUST_ADMITTED, ""},
    {"P-521 is admitted", {.cn = "a", .key = "P-521"}, TRUST_ADMITTED, ""},
    {"Ed25519 is admitted", {.cn = "a", .key = "ED25519"}, TRUST_ADMITTED, ""},
    {"RSA of 2048 bits is admitted", {.cn = "a", .key = "RSA-2048"}, TRUST_ADMITTED, ""},
    {"RSA of 1024 bits is a weak key", {.cn = "a", .key = "RSA-1024"}, TRUST_WEAK_KEY, "weak"},
    {"P-224 is a weak key", {.cn = "a", .key = "P-224"}, TRUST_WEAK_KEY, "secp224r1"},
    {"secp256k1 is a weak key", {.cn = "a", .key = "secp256k1"}, TRUST_WEAK_KEY, "secp256k1"},
    {"Ed448 is a weak key", {.cn = "a", .key = "ED448"}, TRUST_WEAK_KEY, "ED448"},
    {"a SHA-1 signature is weak", {.cn = "a", .digest = "SHA1"}, TRUST_WEAK_SIGNATURE, "SHA-256"},
    {"a SHA-224 signature is weak", {.cn = "a", .digest = "SHA224"}, TRUST_WEAK_SIGNATURE, "SHA224"},
    {"a SHA-512 signature is admitted", {.cn = "a", .digest = "SHA512"}, TRUST_ADMITTED, ""},
    {"expired", {.cn = "a", .not_after = CERTS_NOW - 1}, TRUST_EXPIRED, "2026-03-01T11:59:59Z"},
    {"notAfter is now", {.cn = "a", .not_after = CERTS_NOW}, TRUST_EXPIRED, "valid until"},
    {"notAfter is in a second", {.cn = "a", .not_after = CERTS_NOW + 1}, TRUST_ADMITTED, ""},
    {"notBefore is in a second", {.cn = "a", .not_before = CERTS_NOW + 1}, TRUST_NOT_YET_VALID, "from"},
    {"notBefore is now", {.cn = "a", .not_before = CERTS_NOW}, TRUST_ADMITTED, ""},
    {"no EKU is admitted", {.cn = "a", .eku = ""}, TRUST_ADMITTED, ""},
    {"serverAuth alone", {.cn = "a", .eku = "serverAuth"}, TRUST_WRONG_PURPOSE, "usage"},
    {"emailProtection alone", {.cn = "a", .eku = "emailProtection"}, TRUST_WRONG_PURPOSE, "usage"},
    {"anyExtendedKeyUsage does not count",
     {.cn = "a", .eku = "anyExtendedKeyUsage"},
     TRUST_WRONG_PURPOSE,
     ""},
    {"clientAuth among others", {.cn = "a", .eku = "serverAuth,clientAuth"}, TRUST_ADMITTED, ""},
    {"key usage without digitalSignature",
     {.cn = "a", .key_usage = "keyEncipherment"},
     TRUST_WRONG_PURPOSE,
     ""},
    {"no key usage is admitted", {.cn = "a", .key_usage = ""}, TRUST_ADMITTED, ""},
    {"an unknown critical extension",
     {.cn = "a", .extensions = unknown_critical, .extension_count = 1},
     TRUST_BAD_CERTIFICATE,
     "critical"},
    {"a serial number of 20 octets",
     {.cn = "a", .serial = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
     TRUST_ADMITTED,
     ""},
    {"a serial number of 21 octets",
     {.cn = "a", .serial = "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
     TRUST_BAD_CERTIFICATE,
     "RFC 5280"},
    {"a negative serial number", {.cn = "a", .serial = "-5"}, TRUST_BAD_CERTIFICATE, "RFC 5280"},
    {"a NUL in the CN is for the identity rules", {.cn = "a\0.b", .cn_length = 4}, TRUST_ADMITTED, ""},
};

static void clients_are_judged_by_the_contract(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.intermediate, world.root};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    for (size_t i = 0; i < LENGTH_OF(subjects); i++) {
        const struct subject *row = &subjects[i];
        struct trust_verdict verdict;
        struct trust_path path;
        struct cert *client = cert_new(&row->options, world.intermediate);
        enum trust_reason got = judge_ask(&judge, client, NULL, 0, CERTS_NOW, &path, &verdict);
        if (got != row->expected)
            fail_msg("%s: %s (%s)", row->name, trust_reason_code(got), verdict.detail);
        if (!strstr(verdict.detail, row->detail))
            fail_msg("%s: \"%s\" is not in \"%s\"", row->name, row->detail, verdict.detail);
        assert_int_equal(verdict.detail[0] == '\0', got == TRUST_ADMITTED);
        assert_int_equal(path.count, got == TRUST_ADMITTED ? 2 : path.count);
        cert_free(client);
    }
    judge_clear(&judge);
    world_clear(&world);
}

/* RFC 5280 §6.1.4 (k): only basicConstraints make a CA. Older OpenSSL took keyCertSign, or Netscape's type,
 * for enough. */
static void an_end_entity_is_no_ca_whatever_its_key_usage(void **state)
{
    static const struct cert_extension netscape_ca = {"2.16.840.1.113730.1.1", false, "03020102"};
    const struct cert_options halves[] = {
        {.cn = "half", .no_constraints = true, .key_usage = "digitalSignature,keyCertSign"},
        {.cn = "half", .no_constraints = true, .key_usage = "keyCertSign", .eku = ""},
        {.cn = "half",
         .no_constraints = true,
         .key_usage = "",
         .eku = "",
         .extensions = &netscape_ca,
         .extension_count = 1},
        {.cn = "half", .key_usage = "digitalSignature,keyCertSign"},
    };
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root};
    judge_init(&judge, NULL, cas, 1, NULL, 0);
    for (size_t i = 0; i < LENGTH_OF(halves); i++) {
        struct cert *half = cert_new(&halves[i], world.root), *client = cert_leaf("mallory", half);
        const struct cert *sent[] = {half};
        struct trust_verdict verdict;
        enum trust_reason got = judge_ask(&judge, client, sent, 1, CERTS_NOW, NULL, &verdict);
        if (got != TRUST_UNTRUSTED_CHAIN)
            fail_msg("%zu: %s (%s)", i, trust_reason_code(got), verdict.detail);
        cert_free(client);
        cert_free(half);
    }
    judge_clear(&judge);
    world_clear(&world);
}

static void require_eku_refuses_absence(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root, world.intermediate};
    judge_init(&judge, &(struct trust_policy){.max_depth = 4, .require_eku = true}, cas, 2, NULL, 0);
    struct cert *client = cert_new(&(struct cert_options){.cn = "a", .eku = ""}, world.intermediate);
    assert_int_equal(judge_ask(&judge, client, NULL, 0, CERTS_NOW, NULL, &verdict), TRUST_WRONG_PURPOSE);
    assert_non_null(strstr(verdict.detail, "require_eku"));
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    cert_free(client);
    judge_clear(&judge);
    world_clear(&world);
}

static void no_certificate_is_its_own_reason(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root};
    judge_init(&judge, NULL, cas, 1, NULL, 0);
    assert_int_equal(judge_ask(&judge, NULL, NULL, 0, CERTS_NOW, NULL, &verdict), TRUST_NO_CERTIFICATE);
    judge_clear(&judge);
    world_clear(&world);
}

static void an_intermediate_may_come_from_the_client(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root}, *sent[] = {world.intermediate};
    judge_init(&judge, NULL, cas, 1, NULL, 0);
    assert_int_equal(judge_ask(&judge, world.client, sent, 1, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, CERTS_NOW, NULL, &verdict),
                     TRUST_UNTRUSTED_CHAIN);
    assert_non_null(strstr(verdict.detail, "CN=Test Intermediate"));
    judge_clear(&judge);
    world_clear(&world);
}

/* Forgeries: right names, wrong keys. */
static void a_forged_chain_is_untrusted(void **state)
{
    struct world world, forged;
    struct judge judge;
    (void)state;
    world_init(&world);
    world_init(&forged);
    const struct cert *cas[] = {world.root, world.intermediate};
    const struct cert *sent[] = {forged.intermediate, forged.root};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, forged.client, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_UNTRUSTED_CHAIN);
    assert_int_equal(judge_ask(&judge, forged.client, sent, 2, CERTS_NOW, NULL, NULL), TRUST_UNTRUSTED_CHAIN);
    struct cert *alone = cert_new(&(struct cert_options){.cn = "alone"}, NULL);
    assert_int_equal(judge_ask(&judge, alone, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_UNTRUSTED_CHAIN);
    cert_free(alone);
    judge_clear(&judge);
    world_clear(&forged);
    world_clear(&world);
}

static void a_leaf_cannot_issue(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    struct cert *below = cert_leaf("below", world.client);
    const struct cert *cas[] = {world.root, world.intermediate}, *sent[] = {world.client};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, below, sent, 1, CERTS_NOW, NULL, NULL), TRUST_UNTRUSTED_CHAIN);
    cert_free(below);
    judge_clear(&judge);
    world_clear(&world);
}

static void a_trusted_cas_own_certificate_is_no_client(void **state)
{
    struct judge judge;
    (void)state;
    struct cert *root = cert_new(&(struct cert_options){.cn = "R", .is_ca = true, .key_usage = ""}, NULL);
    const struct cert *cas[] = {root};
    judge_init(&judge, NULL, cas, 1, NULL, 0);
    assert_int_equal(judge_ask(&judge, root, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_WRONG_PURPOSE);
    cert_free(root);
    judge_clear(&judge);
}

/* max_depth counts intermediates; pathLenConstraint is the CA's own limit. RFC 5280 §4.2.1.9 */
static void depth_is_counted_in_intermediates(void **state)
{
    struct cert *chain[7];
    const struct cert *sent[6];
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    chain[0] = cert_root("R");
    for (int i = 1; i < 7; i++) {
        char name[8] = {'I', (char)('0' + i)};
        chain[i] = cert_new(&(struct cert_options){.cn = name, .is_ca = true}, chain[i - 1]);
        sent[i - 1] = chain[i];
    }
    const struct cert *cas[] = {chain[0]};
    for (unsigned depth = 0; depth < 7; depth++) {
        judge_init(&judge, &(struct trust_policy){.max_depth = depth}, cas, 1, NULL, 0);
        for (unsigned used = 0; used < 7; used++) {
            struct cert *client = cert_leaf("client", chain[used]);
            enum trust_reason got = judge_ask(&judge, client, sent, 6, CERTS_NOW, NULL, &verdict);
            if (got != (used <= depth ? TRUST_ADMITTED : TRUST_PATH_TOO_LONG))
                fail_msg("max_depth %u, %u intermediates: %s", depth, used, trust_reason_code(got));
            cert_free(client);
        }
        judge_clear(&judge);
    }
    for (int i = 0; i < 7; i++)
        cert_free(chain[i]);
}

static void the_path_length_of_a_ca_holds(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world); /* the intermediate has pathlen:0 */
    struct cert *second = cert_intermediate("Second", world.intermediate);
    struct cert *client = cert_leaf("client", second);
    const struct cert *cas[] = {world.root, world.intermediate, second};
    judge_init(&judge, NULL, cas, 3, NULL, 0);
    assert_int_equal(judge_ask(&judge, client, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_PATH_TOO_LONG);
    judge_clear(&judge);
    cert_free(client);
    cert_free(second);
    world_clear(&world);
}

/* RFC 5280 §4.2.1.10 */
static void name_constraints_hold(void **state)
{
    struct cert *root = cert_root("R");
    struct cert *inner = cert_new(
        &(struct cert_options){
            .cn = "I", .is_ca = true, .constraints = "critical,permitted;DNS:.branch.test"},
        root);
    struct cert *good = cert_new(&(struct cert_options){.cn = "a", .san = "DNS:a.branch.test"}, inner);
    struct cert *bad = cert_new(&(struct cert_options){.cn = "b", .san = "DNS:a.other.test"}, inner);
    const struct cert *cas[] = {root, inner};
    struct judge judge;
    (void)state;
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, good, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    assert_int_equal(judge_ask(&judge, bad, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_NAME_NOT_ALLOWED);
    judge_clear(&judge);
    cert_free(bad);
    cert_free(good);
    cert_free(inner);
    cert_free(root);
}

static void a_weak_signature_on_an_intermediate_counts_but_not_on_the_anchor(void **state)
{
    struct cert *root = cert_new(&(struct cert_options){.cn = "R", .is_ca = true, .digest = "SHA1"}, NULL);
    struct cert *good = cert_intermediate("I", root);
    struct cert *weak = cert_new(
        &(struct cert_options){.cn = "W", .is_ca = true, .path_length = 1, .digest = "SHA224"}, root);
    struct cert *one = cert_leaf("one", good), *two = cert_leaf("two", weak);
    const struct cert *cas[] = {root, good, weak};
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    judge_init(&judge, NULL, cas, 3, NULL, 0);
    assert_int_equal(judge_ask(&judge, one, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    assert_int_equal(judge_ask(&judge, two, NULL, 0, CERTS_NOW, NULL, &verdict), TRUST_WEAK_SIGNATURE);
    assert_int_equal(verdict.depth, 1);
    judge_clear(&judge);
    cert_free(two);
    cert_free(one);
    cert_free(weak);
    cert_free(good);
    cert_free(root);
}

/* CONTRACT: only with partial_chain is an intermediate an anchor. */
static void a_partial_chain_ends_at_an_intermediate(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_path path;
    struct err err = {0};
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.intermediate};
    struct trust_bundle *bundle = bundle_of(cas, 1);
    assert_null(trust_new(&(struct trust_policy){.max_depth = 4}, bundle, NULL, &err));
    assert_non_null(strstr(err.text, "partial_chain"));
    trust_bundle_free(bundle);
    judge_init(&judge, &(struct trust_policy){.max_depth = 4, .partial_chain = true}, cas, 1, NULL, 0);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, CERTS_NOW, &path, NULL), TRUST_ADMITTED);
    assert_int_equal(path.count, 1);
    judge_clear(&judge);
    world_clear(&world);
}

/* Else the root's CRL would no longer reach the intermediate. */
static void partial_chain_does_not_shorten_a_path_whose_root_is_there(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_path path;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.intermediate, world.root};
    judge_init(&judge, &(struct trust_policy){.max_depth = 4, .partial_chain = true}, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, CERTS_NOW, &path, NULL), TRUST_ADMITTED);
    assert_int_equal(path.count, 2);
    judge_clear(&judge);
    world_clear(&world);
}

static void the_context_is_left_with_the_error_of_the_reason(void **state)
{
    struct world world;
    struct judge judge, other;
    struct trust_path path;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root, world.intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    judge_init(&other, NULL, cas, 2, NULL, 0);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_true(X509_STORE_CTX_init(context, trust_store(judge.trust), world.client->x509, NULL));
    assert_int_equal(trust_verify(judge.trust, context, CERTS_NOW + 20 * CERTS_YEAR, &path, &verdict),
                     TRUST_EXPIRED);
    assert_int_equal(X509_STORE_CTX_get_error(context), X509_V_ERR_CERT_HAS_EXPIRED);
    X509_STORE_CTX_cleanup(context);
    /* A store that is not the one in force is a bug, and never admits. */
    assert_true(X509_STORE_CTX_init(context, trust_store(other.trust), world.client->x509, NULL));
    assert_int_equal(trust_verify(judge.trust, context, CERTS_NOW, &path, &verdict), TRUST_INTERNAL);
    X509_STORE_CTX_free(context);
    judge_clear(&other);
    judge_clear(&judge);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_judged_by_the_contract),
        cmocka_unit_test(an_end_entity_is_no_ca_whatever_its_key_usage),
        cmocka_unit_test(require_eku_refuses_absence),
        cmocka_unit_test(no_certificate_is_its_own_reason),
        cmocka_unit_test(an_intermediate_may_come_from_the_client),
        cmocka_unit_test(a_forged_chain_is_untrusted),
        cmocka_unit_test(a_leaf_cannot_issue),
        cmocka_unit_test(a_trusted_cas_own_certificate_is_no_client),
        cmocka_unit_test(depth_is_counted_in_intermediates),
        cmocka_unit_test(the_path_length_of_a_ca_holds),
        cmocka_unit_test(name_constraints_hold),
        cmocka_unit_test(a_weak_signature_on_an_intermediate_counts_but_not_on_the_anchor),
        cmocka_unit_test(a_partial_chain_ends_at_an_intermediate),
        cmocka_unit_test(partial_chain_does_not_shorten_a_path_whose_root_is_there),
        cmocka_unit_test(the_context_is_left_with_the_error_of_the_reason),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
