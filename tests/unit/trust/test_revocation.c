#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <string.h>

#include "world.h"

#define EXTENSIONS(rows) .extensions = rows, .extension_count = LENGTH_OF(rows)
#define ENTRIES(rows)    .entries = rows, .entry_count = LENGTH_OF(rows)

static const struct cert_extension only_user[] = {{"2.5.29.28", true, "30038101FF"}};
static const struct cert_extension only_ca[] = {{"2.5.29.28", true, "30038201FF"}};
/* distributionPoint fullName URI:h://a */
static const struct cert_extension at_point[] = {{"2.5.29.28", true, "300BA009A0078605683A2F2F61"}};

/* A judge over root and intermediate, with these CRLs, which it frees. */
static void judge_of(struct judge *judge, const struct world *world, const struct trust_policy *policy,
                     X509_CRL *root_crl, X509_CRL *intermediate_crl)
{
    X509_CRL *crls[2];
    size_t count = 0;
    const struct cert *cas[] = {world->root, world->intermediate};
    const struct trust_policy strict = {.max_depth = 4, .check_revocation = true};
    if (root_crl)
        crls[count++] = root_crl;
    if (intermediate_crl)
        crls[count++] = intermediate_crl;
    judge_init(judge, policy ? policy : &strict, cas, 2, crls, count);
    X509_CRL_free(root_crl);
    X509_CRL_free(intermediate_crl);
}

static X509_CRL *crl_revoking(const struct cert *revoked, int reason, const struct cert *issuer)
{
    const struct crl_entry_options entries[] = {{.serial = "01"}, {.cert = revoked, .reason = reason}};
    return crl_new(&(struct crl_factory_options){ENTRIES(entries), .number = "2A"}, issuer);
}

static enum trust_reason ask(const struct judge *judge, const struct cert *client, int64_t now_s,
                             struct trust_verdict *verdict)
{
    return judge_ask(judge, client, NULL, 0, now_s, NULL, verdict);
}

static void a_revoked_client_is_refused_and_told_why(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_new(NULL, world.root),
             crl_revoking(world.client, 2, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_REVOKED);
    assert_int_equal(verdict.depth, 0);
    assert_int_equal(verdict.revocation_reason, 1);
    assert_non_null(strstr(verdict.detail, "CN=Test Intermediate"));
    assert_non_null(strstr(verdict.detail, "keyCompromise"));
    assert_non_null(strstr(verdict.detail, "0x2A"));
    struct cert *other = cert_leaf("other", world.intermediate);
    assert_int_equal(ask(&judge, other, CERTS_NOW, &verdict), TRUST_ADMITTED);
    cert_free(other);
    judge_clear(&judge);
    world_clear(&world);
}

/* Reference 1.3: stock CRL_CHECK looks at the leaf alone. */
static void a_revoked_intermediate_takes_its_clients_with_it(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_revoking(world.intermediate, 0, world.root),
             crl_new(NULL, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_REVOKED);
    assert_int_equal(verdict.depth, 1);
    judge_clear(&judge);
    world_clear(&world);
}

/* Reference 1.3: stock CRL_CHECK_ALL wants a CRL for the anchor. RFC 5280 §6.1 does not judge it. */
static void the_anchor_is_not_judged_by_crls(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_revoking(world.root, 0, world.root),
             crl_new(NULL, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
    const struct cert *cas[] = {world.intermediate};
    X509_CRL *crl = crl_new(NULL, world.intermediate);
    const struct trust_policy partial = {.max_depth = 4, .check_revocation = true, .partial_chain = true};
    judge_init(&judge, &partial, cas, 1, &crl, 1);
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_ADMITTED);
    X509_CRL_free(crl);
    judge_clear(&judge);
    world_clear(&world);
}

/* P4: where the answer is unknown it is no. */
static void P4_an_issuer_without_a_crl_is_a_refusal(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_new(NULL, world.root), NULL);
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_CRL_MISSING);
    assert_non_null(strstr(verdict.detail, "CN=Test Intermediate"));
    judge_clear(&judge);
    judge_of(&judge, &world, NULL, NULL, crl_new(NULL, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_CRL_MISSING);
    assert_non_null(strstr(verdict.detail, "CN=Test Root"));
    assert_int_equal(verdict.depth, 1);
    judge_clear(&judge);
    /* An empty set of CRLs is not "not configured". */
    judge_of(&judge, &world, NULL, NULL, NULL);
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_CRL_MISSING);
    judge_clear(&judge);
    world_clear(&world);
}

static void crl_missing_allow_lets_in_and_says_so(void **state)
{
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true, .crl_missing_allow = true};
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, &policy, crl_new(NULL, world.root), NULL);
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_ADMITTED);
    assert_int_equal(verdict.notes, TRUST_NOTE_CRL_MISSING);
    judge_clear(&judge);
    judge_of(&judge, &world, &policy, NULL, crl_revoking(world.client, 0, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, &verdict), TRUST_REVOKED);
    judge_clear(&judge);
    world_clear(&world);
}

/* CONTRACT crl_publishes_none; T16: a NUL does not make one name another. */
static void a_ca_that_publishes_none_is_named_exactly(void **state)
{
    static const struct {
        const char *listed;
        enum trust_reason expected;
    } names[] = {{"CN=Test Root", TRUST_ADMITTED},
                 {"cn=test root", TRUST_ADMITTED},
                 {"CN=Test Roo", TRUST_CRL_MISSING},
                 {"CN=Test Root2", TRUST_CRL_MISSING},
                 {"", TRUST_CRL_MISSING}};
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        const struct trust_policy policy = {.max_depth = 4,
                                            .check_revocation = true,
                                            .publishes_none = &names[i].listed,
                                            .publishes_none_count = 1};
        judge_of(&judge, &world, &policy, NULL, crl_new(NULL, world.intermediate));
        assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), names[i].expected);
        judge_clear(&judge);
    }
    struct cert *evil = cert_new(
        &(struct cert_options){.cn = "Test Root\0.x", .cn_length = 12, .is_ca = true}, NULL);
    struct cert *client = cert_leaf("client", evil);
    const struct cert *cas[] = {evil};
    const struct trust_policy policy = {.max_depth = 4,
                                        .check_revocation = true,
                                        .publishes_none = &names[0].listed,
                                        .publishes_none_count = 1};
    judge_init(&judge, &policy, cas, 1, NULL, 0);
    assert_int_equal(ask(&judge, client, CERTS_NOW, NULL), TRUST_CRL_MISSING);
    judge_clear(&judge);
    cert_free(client);
    cert_free(evil);
    world_clear(&world);
}

/* A CRL runs out while it is loaded: noon comes without a reload. */
static void P4_an_expired_crl_is_a_refusal_unless_in_its_grace(void **state)
{
    const int64_t noon = CERTS_NOW + CERTS_DAY;
    static const struct {
        int64_t grace_s, after_s;
        enum trust_reason expected;
        unsigned notes;
    } rows[] = {{0, -1, TRUST_ADMITTED, 0},
                {0, 0, TRUST_CRL_EXPIRED, 0},
                {0, 1000000, TRUST_CRL_EXPIRED, 0},
                {3600, -1, TRUST_ADMITTED, 0},
                {3600, 0, TRUST_ADMITTED, TRUST_NOTE_CRL_GRACE},
                {3600, 3599, TRUST_ADMITTED, TRUST_NOTE_CRL_GRACE},
                {3600, 3600, TRUST_CRL_EXPIRED, 0}};
    struct world world;
    struct judge judge;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct trust_policy policy = {
            .max_depth = 4, .check_revocation = true, .crl_grace_s = rows[i].grace_s};
        judge_of(&judge, &world, &policy, crl_new(NULL, world.root),
                 crl_new(&(struct crl_factory_options){.next_update = noon}, world.intermediate));
        assert_int_equal(ask(&judge, world.client, noon + rows[i].after_s, &verdict), rows[i].expected);
        assert_int_equal(verdict.notes, rows[i].notes);
        if (rows[i].expected == TRUST_ADMITTED)
            assert_int_equal(verdict.recheck_at, noon + rows[i].grace_s);
        else
            assert_non_null(strstr(verdict.detail, "2026-03-02T12:00:00Z"));
        judge_clear(&judge);
    }
    world_clear(&world);
}

static void a_clock_set_back_before_the_crl_is_a_refusal(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_new(NULL, world.root), crl_new(NULL, world.intermediate));
    const int64_t issued = CERTS_NOW - CERTS_DAY;
    assert_int_equal(ask(&judge, world.client, issued - CRL_SKEW_S, NULL), TRUST_ADMITTED);
    assert_int_equal(ask(&judge, world.client, issued - CRL_SKEW_S - 1, NULL), TRUST_CRL_NOT_YET_VALID);
    judge_clear(&judge);
    world_clear(&world);
}

static void revoked_outweighs_expired(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    const struct crl_entry_options entries[] = {{.cert = world.client}};
    judge_of(&judge, &world, NULL, crl_new(NULL, world.root),
             crl_new(&(struct crl_factory_options){.next_update = CERTS_NOW - 60, ENTRIES(entries)},
                     world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_REVOKED);
    judge_clear(&judge);
    world_clear(&world);
}

/* RFC 5280 §5.2.5, §6.3.3 (b)(2) */
static void a_crl_counts_only_for_what_its_scope_includes(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    const struct crl_factory_options user = {EXTENSIONS(only_user)}, ca = {EXTENSIONS(only_ca)};
    judge_of(&judge, &world, NULL, crl_new(&ca, world.root), crl_new(&user, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
    judge_of(&judge, &world, NULL, crl_new(&user, world.root), crl_new(&user, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_CRL_MISSING);
    judge_clear(&judge);
    judge_of(&judge, &world, NULL, crl_new(&ca, world.root), crl_new(&ca, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_CRL_MISSING);
    judge_clear(&judge);
    world_clear(&world);
}

static void a_crl_of_a_distribution_point_counts_for_certificates_that_name_it(void **state)
{
    static const struct {
        const char *points;
        enum trust_reason expected;
    } rows[] = {{NULL, TRUST_CRL_MISSING},
                {"URI:h://b", TRUST_CRL_MISSING},
                {"URI:h://a", TRUST_ADMITTED},
                {"URI:h://b,URI:h://a", TRUST_ADMITTED}};
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_new(NULL, world.root),
             crl_new(&(struct crl_factory_options){EXTENSIONS(at_point)}, world.intermediate));
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct cert *client = cert_new(&(struct cert_options){.cn = "a", .crl_points = rows[i].points},
                                       world.intermediate);
        assert_int_equal(ask(&judge, client, CERTS_NOW, NULL), rows[i].expected);
        cert_free(client);
    }
    judge_clear(&judge);
    world_clear(&world);
}

/* A complete CRL and a partitioned one of one issuer: either can revoke. */
static void all_crls_that_cover_a_certificate_are_asked(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    const struct crl_entry_options entries[] = {{.cert = world.client}};
    const struct cert *cas[] = {world.root, world.intermediate};
    X509_CRL *crls[] = {
        crl_new(NULL, world.root), crl_new(&(struct crl_factory_options){.number = "09"}, world.intermediate),
        crl_new(&(struct crl_factory_options){ENTRIES(entries), EXTENSIONS(only_user)}, world.intermediate)};
    judge_init(&judge, NULL, cas, 2, crls, 3);
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_REVOKED);
    judge_clear(&judge);
    for (size_t i = 0; i < 3; i++)
        X509_CRL_free(crls[i]);
    world_clear(&world);
}

/* A serial number means nothing without its issuer. */
static void the_same_serial_of_another_ca_is_not_revoked(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    judge_of(&judge, &world, NULL, crl_revoking(world.client, 0, world.root),
             crl_new(NULL, world.intermediate));
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
    world_clear(&world);
}

/* A CA of the same name with another key is another CA, and its CRL no cover for our clients. */
static void a_crl_of_a_namesake_does_not_count(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    struct cert *namesake = cert_intermediate("Test Intermediate", world.root);
    struct cert *client = cert_leaf("client", namesake);
    const struct cert *cas[] = {world.root, world.intermediate, namesake};
    X509_CRL *crls[] = {crl_new(NULL, world.root), crl_new(NULL, namesake)};
    judge_init(&judge, NULL, cas, 3, crls, 2);
    assert_int_equal(ask(&judge, client, CERTS_NOW, NULL), TRUST_ADMITTED);
    assert_int_equal(ask(&judge, world.client, CERTS_NOW, NULL), TRUST_CRL_MISSING);
    judge_clear(&judge);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    cert_free(client);
    cert_free(namesake);
    world_clear(&world);
}

/* The intermediate is the client's to bring, its CRL ours to have. */
static void pending_setup(struct judge *judge, const struct world *world, const struct trust_policy *policy,
                          X509_CRL *pending)
{
    const struct cert *cas[] = {world->root};
    X509_CRL *crls[] = {crl_new(NULL, world->root), pending};
    judge_init(judge, policy, cas, 1, crls, 2);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
}

static void a_pending_crl_counts_once_its_ca_is_presented(void **state)
{
    struct world world;
    struct judge judge;
    struct cert *other;
    (void)state;
    world_init(&world);
    const struct cert *sent[] = {world.intermediate};
    other = cert_leaf("other", world.intermediate);
    pending_setup(&judge, &world, NULL, crl_revoking(world.client, 0, world.intermediate));
    assert_true(crl_index_record(judge.index, 0)->flags & CRL_PENDING);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(judge_ask(&judge, world.client, sent, 1, CERTS_NOW, NULL, NULL), TRUST_REVOKED);
        assert_int_equal(judge_ask(&judge, other, sent, 1, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    }
    cert_free(other);
    judge_clear(&judge);
    world_clear(&world);
}

/* Also with crl_missing = allow, where a forged one must not silence the question either. */
static void a_pending_crl_with_a_bad_signature_is_no_crl(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    struct cert *stranger = cert_root("Stranger");
    const struct cert *sent[] = {world.intermediate};
    const struct crl_factory_options forged = {.signer = stranger};
    const struct trust_policy allow = {.max_depth = 4, .check_revocation = true, .crl_missing_allow = true};
    const struct trust_policy *const policies[] = {NULL, &allow};
    for (size_t i = 0; i < LENGTH_OF(policies); i++) {
        pending_setup(&judge, &world, policies[i], crl_new(&forged, world.intermediate));
        assert_int_equal(judge_ask(&judge, world.client, sent, 1, CERTS_NOW, NULL, NULL), TRUST_CRL_MISSING);
        judge_clear(&judge);
    }
    cert_free(stranger);
    world_clear(&world);
}

/* It says nothing of another CA. */
static void a_pending_crl_of_one_ca_is_no_doubt_about_another(void **state)
{
    const struct trust_policy allow = {.max_depth = 4, .check_revocation = true, .crl_missing_allow = true};
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    struct cert *other = cert_intermediate("Other Intermediate", world.root);
    struct cert *client = cert_leaf("client", other);
    const struct cert *sent[] = {other};
    pending_setup(&judge, &world, &allow, crl_new(NULL, world.intermediate));
    assert_int_equal(judge_ask(&judge, client, sent, 1, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
    cert_free(client);
    cert_free(other);
    world_clear(&world);
}

/* The sweep asks a new generation about paths whose CA it has not met itself. */
static void a_new_generation_inherits_the_issuers_that_were_met(void **state)
{
    const struct trust_policy allow = {.max_depth = 4, .check_revocation = true, .crl_missing_allow = true};
    const struct trust_policy *const policies[] = {NULL, &allow};
    struct world world;
    struct judge first, second;
    struct trust_path path;
    struct trust_verdict verdict;
    (void)state;
    world_init(&world);
    const struct cert *sent[] = {world.intermediate};
    for (size_t i = 0; i < LENGTH_OF(policies); i++) {
        pending_setup(&first, &world, policies[i], crl_new(NULL, world.intermediate));
        pending_setup(&second, &world, policies[i], crl_revoking(world.client, 0, world.intermediate));
        assert_int_equal(judge_ask(&first, world.client, sent, 1, CERTS_NOW, &path, NULL), TRUST_ADMITTED);
        /* Not knowing the CA, it cannot tell: no, even where missing CRLs are allowed. */
        assert_int_equal(trust_verdict(second.trust, &path, CERTS_NOW, &verdict), TRUST_CRL_MISSING);
        trust_inherit(second.trust, first.trust);
        assert_int_equal(trust_verdict(second.trust, &path, CERTS_NOW, &verdict), TRUST_REVOKED);
        trust_verdict_tell(second.trust, &path, CERTS_NOW, &verdict);
        assert_non_null(strstr(verdict.detail, "CN=Test Intermediate"));
        judge_clear(&first);
        judge_clear(&second);
    }
    world_clear(&world);
}

static void an_issuer_presented_under_another_encoding_of_its_name_is_the_same(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    struct cert *printable = cert_new(&(struct cert_options){.cn = "TEST  Intermediate",
                                                             .cn_type = V_ASN1_PRINTABLESTRING,
                                                             .is_ca = true,
                                                             .same_key = world.intermediate},
                                      world.root);
    struct cert *client = cert_leaf("client", printable);
    const struct cert *cas[] = {world.root, printable};
    X509_CRL *crls[] = {crl_new(NULL, world.root), crl_revoking(client, 0, world.intermediate)};
    judge_init(&judge, NULL, cas, 2, crls, 2);
    assert_int_equal(ask(&judge, client, CERTS_NOW, NULL), TRUST_REVOKED);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    judge_clear(&judge);
    cert_free(client);
    cert_free(printable);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revoked_client_is_refused_and_told_why),
        cmocka_unit_test(a_revoked_intermediate_takes_its_clients_with_it),
        cmocka_unit_test(the_anchor_is_not_judged_by_crls),
        cmocka_unit_test(P4_an_issuer_without_a_crl_is_a_refusal),
        cmocka_unit_test(crl_missing_allow_lets_in_and_says_so),
        cmocka_unit_test(a_ca_that_publishes_none_is_named_exactly),
        cmocka_unit_test(P4_an_expired_crl_is_a_refusal_unless_in_its_grace),
        cmocka_unit_test(a_clock_set_back_before_the_crl_is_a_refusal),
        cmocka_unit_test(revoked_outweighs_expired),
        cmocka_unit_test(a_crl_counts_only_for_what_its_scope_includes),
        cmocka_unit_test(a_crl_of_a_distribution_point_counts_for_certificates_that_name_it),
        cmocka_unit_test(all_crls_that_cover_a_certificate_are_asked),
        cmocka_unit_test(the_same_serial_of_another_ca_is_not_revoked),
        cmocka_unit_test(a_crl_of_a_namesake_does_not_count),
        cmocka_unit_test(a_pending_crl_counts_once_its_ca_is_presented),
        cmocka_unit_test(a_pending_crl_with_a_bad_signature_is_no_crl),
        cmocka_unit_test(a_pending_crl_of_one_ca_is_no_doubt_about_another),
        cmocka_unit_test(a_new_generation_inherits_the_issuers_that_were_met),
        cmocka_unit_test(an_issuer_presented_under_another_encoding_of_its_name_is_the_same),
    };
    return cmocka_run_group_tests_name("revocation", tests, NULL, NULL);
}
