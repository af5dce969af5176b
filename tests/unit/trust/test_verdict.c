#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <string.h>

#include "guard.h"
#include "world.h"

/* A path as a connection keeps it, and the generation that is to judge it. */
static void path_of(const struct world *world, struct trust_path *out)
{
    struct judge judge;
    const struct cert *cas[] = {world->root, world->intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, world->client, NULL, 0, CERTS_NOW, out, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
}

static void a_path_says_what_its_certificates_say(void **state)
{
    struct world world;
    struct trust_path path;
    struct trust_id root, intermediate;
    struct trust_serial serial;
    unsigned char digest[EVP_MAX_MD_SIZE];
    (void)state;
    world_init(&world);
    path_of(&world, &path);
    assert_int_equal(path.count, 2);
    assert_int_equal(trust_id_of_issuer(world.root->x509, &root), 0);
    assert_int_equal(trust_id_of_issuer(world.intermediate->x509, &intermediate), 0);
    assert_true(trust_id_equal(&path.anchor, &root));
    assert_true(trust_id_equal(&path.links[0].issuer, &intermediate));
    assert_true(trust_id_equal(&path.links[1].issuer, &root));
    assert_int_equal(trust_serial_of(world.client->x509, &serial), 0);
    assert_memory_equal(&path.links[0].serial, &serial, sizeof(serial));
    assert_int_equal(path.links[0].flags, TRUST_LINK_HAS_EKU | TRUST_LINK_CLIENT_AUTH);
    assert_int_equal(path.links[1].flags, TRUST_LINK_IS_CA);
    assert_int_equal(path.links[0].not_before, CERTS_NOW - CERTS_YEAR);
    assert_int_equal(path.links[0].not_after, CERTS_NOW + 10 * CERTS_YEAR);
    assert_true(X509_digest(world.client->x509, EVP_sha256(), digest, NULL));
    assert_memory_equal(path.fingerprint, digest, sizeof(path.fingerprint));
    world_clear(&world);
}

/* A generation that lost an anchor, or got another of its name. */
static void a_path_falls_with_its_anchor(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_path path;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    path_of(&world, &path);
    struct cert *namesake = cert_root("Test Root");
    struct cert *renewed = cert_new(&(struct cert_options){.cn = "Test Root",
                                                           .is_ca = true,
                                                           .serial = "77",
                                                           .same_key = world.root,
                                                           .not_after = CERTS_NOW + CERTS_DAY},
                                    NULL);
    const struct {
        const struct cert *root;
        enum trust_reason expected;
    } rows[] = {{world.root, TRUST_ADMITTED}, {renewed, TRUST_ADMITTED}, {namesake, TRUST_UNTRUSTED_CHAIN}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct cert *cas[] = {rows[i].root};
        judge_init(&judge, NULL, cas, 1, NULL, 0);
        assert_int_equal(trust_verdict(judge.trust, &path, CERTS_NOW, &verdict), rows[i].expected);
        if (rows[i].root == renewed)
            assert_int_equal(verdict.recheck_at, CERTS_NOW + CERTS_DAY);
        trust_verdict_tell(judge.trust, &path, CERTS_NOW, &verdict);
        assert_int_equal(verdict.detail[0] == '\0', rows[i].expected == TRUST_ADMITTED);
        judge_clear(&judge);
    }
    cert_free(renewed);
    cert_free(namesake);
    world_clear(&world);
}

/* The dates of every certificate bind, the anchor's too; and the next time to ask is the first of them. */
static void a_path_ends_with_the_first_of_its_certificates(void **state)
{
    static const struct {
        int64_t root, intermediate, client; /* notAfter, days from now */
        unsigned depth;                     /* of the one that ends first */
    } rows[] = {{9, 9, 3, 0}, {9, 3, 9, 1}, {3, 9, 9, 2}};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct world world;
        struct judge judge;
        struct trust_path path;
        struct trust_verdict verdict;
        const int64_t end = CERTS_NOW + 3 * CERTS_DAY;
        world.root = cert_new(&(struct cert_options){.cn = "R",
                                                     .is_ca = true,
                                                     .not_after = CERTS_NOW + rows[i].root * CERTS_DAY},
                              NULL);
        world.intermediate = cert_new(
            &(struct cert_options){
                .cn = "I", .is_ca = true, .not_after = CERTS_NOW + rows[i].intermediate * CERTS_DAY},
            world.root);
        world.client = cert_new(
            &(struct cert_options){.cn = "c", .not_after = CERTS_NOW + rows[i].client * CERTS_DAY},
            world.intermediate);
        const struct cert *cas[] = {world.root, world.intermediate};
        judge_init(&judge, NULL, cas, 2, NULL, 0);
        assert_int_equal(judge_ask(&judge, world.client, NULL, 0, CERTS_NOW, &path, &verdict),
                         TRUST_ADMITTED);
        assert_int_equal(verdict.recheck_at, end);
        assert_int_equal(trust_verdict(judge.trust, &path, end - 1, &verdict), TRUST_ADMITTED);
        assert_int_equal(trust_verdict(judge.trust, &path, end, &verdict), TRUST_EXPIRED);
        assert_int_equal(verdict.depth, rows[i].depth);
        /* The handshake says the same at the same second. */
        assert_int_equal(judge_ask(&judge, world.client, NULL, 0, end - 1, NULL, NULL), TRUST_ADMITTED);
        assert_int_equal(judge_ask(&judge, world.client, NULL, 0, end, NULL, NULL), TRUST_EXPIRED);
        judge_clear(&judge);
        world_clear(&world);
    }
}

static void a_policy_that_became_stricter_bites(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_path path;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    struct cert *plain = cert_new(&(struct cert_options){.cn = "plain", .eku = ""}, world.intermediate);
    const struct cert *cas[] = {world.root, world.intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    assert_int_equal(judge_ask(&judge, plain, NULL, 0, CERTS_NOW, &path, &verdict), TRUST_ADMITTED);
    assert_int_equal(verdict.notes, TRUST_NOTE_UNCHECKED);
    judge_clear(&judge);
    static const struct {
        struct trust_policy policy;
        enum trust_reason expected;
    } rows[] = {{{.max_depth = 0}, TRUST_PATH_TOO_LONG},
                {{.max_depth = 1, .require_eku = true}, TRUST_WRONG_PURPOSE},
                {{.max_depth = 1, .check_revocation = true}, TRUST_CRL_MISSING},
                {{.max_depth = 1}, TRUST_ADMITTED}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        judge_init(&judge, &rows[i].policy, cas, 2, NULL, 0);
        assert_int_equal(trust_verdict(judge.trust, &path, CERTS_NOW, &verdict), rows[i].expected);
        judge_clear(&judge);
    }
    cert_free(plain);
    world_clear(&world);
}

static void no_path_is_never_admitted(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    struct trust_path path = {0};
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root};
    judge_init(&judge, NULL, cas, 1, NULL, 0);
    assert_int_equal(trust_verdict(judge.trust, &path, CERTS_NOW, &verdict), TRUST_UNTRUSTED_CHAIN);
    trust_verdict_tell(judge.trust, &path, CERTS_NOW, &verdict);
    path.count = TRUST_PATH_MAX + 1;
    assert_int_equal(trust_verdict(judge.trust, &path, CERTS_NOW, &verdict), TRUST_UNTRUSTED_CHAIN);
    judge_clear(&judge);
    world_clear(&world);
}

static void a_packed_path_comes_back_whole_or_not_at_all(void **state)
{
    unsigned char packed[TRUST_PATH_PACKED_MAX];
    struct trust_path path = {.count = TRUST_PATH_MAX, .name_count = 3}, again;
    (void)state;
    memset(path.names, 0x5a, 3 * sizeof(path.names[0]));
    for (unsigned i = 0; i < TRUST_PATH_MAX; i++) {
        struct trust_link *link = &path.links[i];
        memset(link->issuer_name, 0x30 + (int)i, sizeof(link->issuer_name));
        memset(link->issuer.bytes, (int)i + 1, sizeof(link->issuer.bytes));
        link->serial.length = (unsigned char)(i < 4 ? i + 1 : TRUST_SERIAL_MAX);
        memset(link->serial.bytes, 0xa0 + (int)i, link->serial.length);
        link->flags = (unsigned char)(i & 7);
        link->point_count = (unsigned char)(i % (TRUST_POINTS_MAX + 1));
        memset(link->points, (int)i, (size_t)link->point_count * TRUST_POINT_SIZE);
        link->not_before = -(int64_t)i;
        link->not_after = INT64_C(253402300799) + i;
    }
    for (path.count = 1; path.count <= TRUST_PATH_MAX; path.count++) {
        size_t length = trust_path_pack(&path, packed, sizeof(packed));
        assert_true(length > 0);
        assert_true(trust_path_unpack(packed, length, &again));
        assert_int_equal(again.count, path.count);
        assert_int_equal(again.name_count, path.name_count);
        assert_memory_equal(again.names, path.names, sizeof(path.names));
        assert_memory_equal(again.links, path.links, path.count * sizeof(path.links[0]));
        for (size_t i = 0; i < length; i++) {
            unsigned char *copy = guard_copy(packed, i);
            assert_false(trust_path_unpack(copy, i, &again));
            assert_int_equal(trust_path_pack(&path, copy, i), 0);
            guard_free(copy, i);
        }
        packed[length < sizeof(packed) ? length : 0] ^= 1;
        assert_false(trust_path_unpack(packed, length < sizeof(packed) ? length + 1 : length, &again));
    }
}

struct reported {
    struct trust_issuer_report last[8];
    size_t count;
};

static void collect(void *context, const struct trust_issuer_report *report)
{
    struct reported *reported = context;
    assert_true(reported->count < LENGTH_OF(reported->last));
    reported->last[reported->count++] = *report;
}

static void issuers_are_reported_before_any_client_comes(void **state)
{
    struct world world;
    struct judge judge;
    struct reported reported = {.count = 0};
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.root, world.intermediate};
    X509_CRL *crl = crl_new(&(struct crl_factory_options){.next_update = CERTS_NOW + 60}, world.root);
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true, .crl_grace_s = 100};
    judge_init(&judge, &policy, cas, 2, &crl, 1);
    trust_report_issuers(judge.trust, CERTS_NOW, collect, &reported);
    assert_int_equal(reported.count, 2);
    assert_string_equal(reported.last[0].issuer, "CN=Test Root");
    assert_int_equal(reported.last[0].reason, TRUST_ADMITTED);
    assert_int_equal(reported.last[0].deadline, CERTS_NOW + 160);
    assert_string_equal(reported.last[1].issuer, "CN=Test Intermediate");
    assert_int_equal(reported.last[1].reason, TRUST_CRL_MISSING);
    assert_false(reported.last[1].tolerated);
    reported.count = 0;
    trust_report_issuers(judge.trust, CERTS_NOW + 60, collect, &reported);
    assert_int_equal(reported.last[0].reason, TRUST_CRL_EXPIRED);
    assert_true(reported.last[0].tolerated);
    X509_CRL_free(crl);
    judge_clear(&judge);
    world_clear(&world);
}

/* T16: length counts, not what C takes for the end of a string. */
static void names_are_told_apart_by_all_their_bytes(void **state)
{
    static const struct {
        const char *left, *right;
        size_t left_length, right_length;
        bool equal;
    } rows[] = {
        {"a", "a", 1, 1, true},        {"a", "a\0", 1, 2, false},  {"a\0b", "a\0c", 3, 3, false},
        {"A  b", " a B ", 4, 5, true}, {"ab", "a b", 2, 3, false}, {"a\xc3\xa9", "a\xc3\x89", 3, 3, false},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct cert *left = cert_new(
            &(struct cert_options){.cn = rows[i].left, .cn_length = rows[i].left_length}, NULL);
        struct cert *right = cert_new(
            &(struct cert_options){.cn = rows[i].right, .cn_length = rows[i].right_length}, NULL);
        struct trust_id a, b;
        assert_int_equal(trust_id_of_name(X509_get_subject_name(left->x509), &a), 0);
        assert_int_equal(trust_id_of_name(X509_get_subject_name(right->x509), &b), 0);
        assert_int_equal(trust_id_equal(&a, &b), rows[i].equal);
        /* As OpenSSL sees it, which builds the paths. */
        assert_int_equal(
            X509_NAME_cmp(X509_get_subject_name(left->x509), X509_get_subject_name(right->x509)) == 0,
            rows[i].equal);
        cert_free(left);
        cert_free(right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_says_what_its_certificates_say),
        cmocka_unit_test(a_path_falls_with_its_anchor),
        cmocka_unit_test(a_path_ends_with_the_first_of_its_certificates),
        cmocka_unit_test(a_policy_that_became_stricter_bites),
        cmocka_unit_test(no_path_is_never_admitted),
        cmocka_unit_test(a_packed_path_comes_back_whole_or_not_at_all),
        cmocka_unit_test(issuers_are_reported_before_any_client_comes),
        cmocka_unit_test(names_are_told_apart_by_all_their_bytes),
    };
    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
