#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <string.h>

#include "postern/trust/foresight.h"
#include "world.h"

#define ENTRIES(rows) .entries = rows, .entry_count = LENGTH_OF(rows)

struct setting {
    struct world world;
    struct judge running;
    struct trust_path path; /* of the client, under running */
};

static const struct trust_policy policy = {.max_depth = 4, .check_revocation = true};

/* A judge over these CAs with an empty CRL of each of both, or of the root alone. */
static void judge_over(struct judge *judge, const struct world *world, const struct cert *const *cas,
                       size_t count, bool both_crls)
{
    X509_CRL *crls[] = {crl_new(NULL, world->root), crl_new(NULL, world->intermediate)};
    judge_init(judge, &policy, cas, count, crls, both_crls ? 2 : 1);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
}

static void setting_init(struct setting *setting)
{
    world_init(&setting->world);
    const struct cert *cas[] = {setting->world.root, setting->world.intermediate};
    judge_over(&setting->running, &setting->world, cas, 2, true);
    assert_int_equal(
        judge_ask(&setting->running, setting->world.client, NULL, 0, CERTS_NOW, &setting->path, NULL),
        TRUST_ADMITTED);
}

static void setting_clear(struct setting *setting)
{
    judge_clear(&setting->running);
    world_clear(&setting->world);
}

static bool foresee(const struct setting *setting, const struct judge *candidate, struct trust_verdict *out)
{
    return trust_foresee(candidate->trust, setting->running.trust, &setting->path, CERTS_NOW, out);
}

static void a_crl_that_revokes_is_foreseen(void **state)
{
    struct setting setting;
    struct judge candidate;
    struct trust_verdict verdict;
    (void)state;
    setting_init(&setting);
    assert_true(foresee(&setting, &setting.running, &verdict));
    assert_int_equal(verdict.reason, TRUST_ADMITTED);
    const struct crl_entry_options entries[] = {{.cert = setting.world.client, .reason = 2}};
    const struct cert *cas[] = {setting.world.root, setting.world.intermediate};
    X509_CRL *crls[] = {crl_new(NULL, setting.world.root),
                        crl_new(&(struct crl_factory_options){ENTRIES(entries)}, setting.world.intermediate)};
    judge_init(&candidate, &policy, cas, 2, crls, 2);
    assert_true(foresee(&setting, &candidate, &verdict));
    assert_int_equal(verdict.reason, TRUST_REVOKED);
    assert_non_null(strstr(verdict.detail, "keyCompromise"));
    judge_clear(&candidate);
    /* One CRL fewer. */
    judge_over(&candidate, &setting.world, cas, 2, false);
    assert_true(foresee(&setting, &candidate, &verdict));
    assert_int_equal(verdict.reason, TRUST_CRL_MISSING);
    judge_clear(&candidate);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    setting_clear(&setting);
}

static void another_root_is_a_refusal_unless_a_ca_of_the_path_stays(void **state)
{
    struct setting setting;
    struct judge candidate;
    struct trust_verdict verdict;
    (void)state;
    setting_init(&setting);
    struct cert *other = cert_root("Other Root");
    const struct cert *alone[] = {other}, *with[] = {other, setting.world.intermediate};
    judge_init(&candidate, NULL, alone, 1, NULL, 0);
    assert_true(foresee(&setting, &candidate, &verdict));
    assert_int_equal(verdict.reason, TRUST_UNTRUSTED_CHAIN);
    judge_clear(&candidate);
    /* The intermediate may be certified by the other root too. */
    judge_init(&candidate, NULL, with, 2, NULL, 0);
    assert_false(foresee(&setting, &candidate, &verdict));
    judge_clear(&candidate);
    cert_free(other);
    setting_clear(&setting);
}

static void an_intermediate_that_left_the_bundle_may_be_sent_by_the_client_or_not(void **state)
{
    struct setting setting;
    struct judge candidate, without;
    struct trust_verdict verdict;
    (void)state;
    setting_init(&setting);
    const struct cert *root[] = {setting.world.root};
    judge_init(&candidate, NULL, root, 1, NULL, 0);
    assert_false(foresee(&setting, &candidate, &verdict));
    assert_int_equal(verdict.reason, TRUST_ADMITTED);
    /* Where it never was in the bundle the client has sent it, and will. */
    judge_init(&without, NULL, root, 1, NULL, 0);
    assert_true(trust_foresee(candidate.trust, without.trust, &setting.path, CERTS_NOW, &verdict));
    assert_int_equal(verdict.reason, TRUST_ADMITTED);
    assert_false(trust_foresee(candidate.trust, NULL, &setting.path, CERTS_NOW, &verdict));
    judge_clear(&without);
    judge_clear(&candidate);
    setting_clear(&setting);
}

static void a_crl_whose_ca_nobody_has_presented_yet_is_uncertain(void **state)
{
    struct setting setting;
    struct judge candidate;
    struct trust_verdict verdict;
    (void)state;
    setting_init(&setting);
    const struct cert *root[] = {setting.world.root};
    judge_over(&candidate, &setting.world, root, 1, true);
    assert_false(foresee(&setting, &candidate, &verdict));
    assert_int_equal(verdict.reason, TRUST_CRL_MISSING);
    judge_clear(&candidate);
    /* Unless it lists the client. */
    const struct crl_entry_options entries[] = {{.cert = setting.world.client}};
    X509_CRL *crls[] = {crl_new(NULL, setting.world.root),
                        crl_new(&(struct crl_factory_options){ENTRIES(entries)}, setting.world.intermediate)};
    judge_init(&candidate, &policy, root, 1, crls, 2);
    assert_true(foresee(&setting, &candidate, &verdict));
    assert_int_equal(verdict.reason, TRUST_REVOKED);
    assert_non_null(strstr(verdict.detail, "which clients bring"));
    judge_clear(&candidate);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    setting_clear(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crl_that_revokes_is_foreseen),
        cmocka_unit_test(another_root_is_a_refusal_unless_a_ca_of_the_path_stays),
        cmocka_unit_test(an_intermediate_that_left_the_bundle_may_be_sent_by_the_client_or_not),
        cmocka_unit_test(a_crl_whose_ca_nobody_has_presented_yet_is_uncertain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
