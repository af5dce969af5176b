/* What was verified before is spared the signatures, and nothing else. */
#include "verified.h"

#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "trust_state.h"
#include "world.h"

/* The intermediate is the client's to send. */
struct scene {
    struct world world;
    struct judge judge;
};

static void scene_init(struct scene *scene)
{
    const struct cert *cas[] = {scene->world.root};
    judge_init(&scene->judge, NULL, cas, 1, NULL, 0);
}

static int set_up(void **state)
{
    static struct scene scene;
    world_init(&scene.world);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    world_clear(&scene->world);
    return 0;
}

static enum trust_reason ask(const struct scene *scene, const struct cert *client,
                             const struct cert *const *sent, size_t sent_count, int64_t now_s,
                             struct trust_path *path)
{
    struct trust_verdict verdict;
    return judge_ask(&scene->judge, client, sent, sent_count, now_s, path, &verdict);
}

static const struct verified_path *kept(const struct scene *scene, const struct cert *client,
                                        const struct cert *const *sent, size_t sent_count)
{
    unsigned char leaf[TRUST_DIGEST_SIZE], digest[TRUST_DIGEST_SIZE];
    STACK_OF(X509) *presented = sk_X509_new_null();
    for (size_t i = 0; i < sent_count; i++)
        assert_true(sk_X509_push(presented, sent[i]->x509) > 0);
    assert_int_equal(X509_digest(client->x509, EVP_sha256(), leaf, NULL), 1);
    assert_true(verified_digest(leaf, presented, digest));
    sk_X509_free(presented);
    return verified_find(scene->judge.trust->verified, digest);
}

static bool is_kept(const struct scene *scene, const struct cert *client, const struct cert *const *sent,
                    size_t sent_count)
{
    return kept(scene, client, sent, sent_count) != NULL;
}

static void who_comes_again_is_admitted_with_the_same_path(void **state)
{
    struct scene *scene = *state;
    const struct cert *sent[] = {scene->world.intermediate};
    struct trust_path first, again;
    scene_init(scene);
    assert_false(is_kept(scene, scene->world.client, sent, 1));
    assert_int_equal(ask(scene, scene->world.client, sent, 1, CERTS_NOW, &first), TRUST_ADMITTED);
    assert_true(is_kept(scene, scene->world.client, sent, 1));
    assert_int_equal(ask(scene, scene->world.client, sent, 1, CERTS_NOW, &again), TRUST_ADMITTED);
    assert_int_equal(first.count, 2);
    assert_memory_equal(&first, &again, trust_path_size(&first));
    judge_clear(&scene->judge);
}

static void the_chain_is_put_back_with_the_leaf_that_came(void **state)
{
    struct scene *scene = *state;
    STACK_OF(X509) *sent = sk_X509_new_null(), *chain = NULL;
    struct trust_path path;
    struct trust_verdict verdict;
    scene_init(scene);
    assert_true(sk_X509_push(sent, scene->world.intermediate->x509) > 0);
    for (int round = 0; round < 2; round++) {
        X509 *leaf = X509_dup(scene->world.client->x509);
        assert_int_equal(
            trust_verify_certificates(scene->judge.trust, leaf, sent, CERTS_NOW, &path, &verdict, &chain),
            TRUST_ADMITTED);
        assert_int_equal(sk_X509_num(chain), 3);
        assert_ptr_equal(sk_X509_value(chain, 0), leaf);
        assert_int_equal(X509_cmp(sk_X509_value(chain, 1), scene->world.intermediate->x509), 0);
        assert_int_equal(X509_cmp(sk_X509_value(chain, 2), scene->world.root->x509), 0);
        sk_X509_pop_free(chain, X509_free);
        X509_free(leaf);
    }
    sk_X509_free(sent);
    judge_clear(&scene->judge);
}

/* P5: thousands of clients bring thousands of copies of one intermediate. */
static void a_ca_is_kept_once_whoever_brings_it(void **state)
{
    struct scene *scene = *state;
    const X509 *first = NULL;
    struct trust_path path;
    scene_init(scene);
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof(name), "client %d", i);
        struct cert *client = cert_leaf(name, scene->world.intermediate);
        struct cert copy = {.x509 = X509_dup(scene->world.intermediate->x509)};
        const struct cert *sent[] = {&copy};
        assert_int_equal(ask(scene, client, sent, 1, CERTS_NOW, &path), TRUST_ADMITTED);
        const STACK_OF(X509) *issuers = kept(scene, client, sent, 1)->issuers;
        assert_int_equal(X509_cmp(sk_X509_value(issuers, 0), copy.x509), 0);
        first = first != NULL ? first : sk_X509_value(issuers, 0);
        assert_ptr_equal(sk_X509_value(issuers, 0), first);
        X509_free(copy.x509);
        cert_free(client);
    }
    judge_clear(&scene->judge);
}

static void time_is_asked_again(void **state)
{
    struct scene *scene = *state;
    const struct cert *sent[] = {scene->world.intermediate};
    struct cert *brief = cert_new(&(struct cert_options){.cn = "brief", .not_after = CERTS_NOW + 10},
                                  scene->world.intermediate);
    struct trust_path path;
    scene_init(scene);
    assert_int_equal(ask(scene, brief, sent, 1, CERTS_NOW, &path), TRUST_ADMITTED);
    assert_true(is_kept(scene, brief, sent, 1));
    assert_int_equal(ask(scene, brief, sent, 1, CERTS_NOW + 10, &path), TRUST_EXPIRED);
    cert_free(brief);
    judge_clear(&scene->judge);
}

static void a_crl_that_runs_out_is_noticed(void **state)
{
    struct scene *scene = *state;
    const struct cert *cas[] = {scene->world.root, scene->world.intermediate};
    const struct crl_factory_options options = {.next_update = CERTS_NOW + 10};
    X509_CRL *crls[] = {crl_new(&options, scene->world.root), crl_new(&options, scene->world.intermediate)};
    struct trust_path path;
    judge_init(&scene->judge, NULL, cas, 2, crls, 2);
    assert_int_equal(ask(scene, scene->world.client, NULL, 0, CERTS_NOW, &path), TRUST_ADMITTED);
    assert_true(is_kept(scene, scene->world.client, NULL, 0));
    assert_int_equal(ask(scene, scene->world.client, NULL, 0, CERTS_NOW + 11, &path), TRUST_CRL_EXPIRED);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    judge_clear(&scene->judge);
}

/* The certificate of the same bytes but one, at a place counted from the end if negative. */
static struct cert altered(const struct cert *cert, long at)
{
    unsigned char *der = NULL;
    int length = i2d_X509(cert->x509, &der);
    assert_true(length > 0);
    der[at < 0 ? length + at : at] ^= 1;
    const unsigned char *from = der;
    struct cert copy = {.x509 = d2i_X509(NULL, &from, length), .key = cert->key};
    OPENSSL_free(der);
    assert_non_null(copy.x509);
    return copy;
}

/* Everything that is not what was seen goes the whole way, with the verdict of a judge who has seen nothing.
 */
static void what_is_not_the_same_is_verified(void **state)
{
    struct scene *scene = *state;
    const struct cert *ca = scene->world.intermediate, *client = scene->world.client;
    struct cert *false_root = cert_root("Test Root"),
                *false_ca = cert_intermediate("Test Intermediate", false_root);
    struct cert *forged = cert_leaf("client", false_ca);
    struct cert bad_signature = altered(client, -1), bad_ca = altered(ca, -1);
    const struct cert *good[] = {ca}, *false_chain[] = {false_ca}, *broken[] = {&bad_ca},
                      *with_root[] = {scene->world.root, ca}, *turned[] = {ca, scene->world.root};
    const struct {
        const char *name;
        const struct cert *client;
        const struct cert *const *sent;
        size_t sent_count;
        enum trust_reason expected;
    } cases[] = {
        {"forged by a CA of the same name", forged, false_chain, 1, TRUST_UNTRUSTED_CHAIN},
        {"forged, with the good CA beside it", forged, good, 1, TRUST_UNTRUSTED_CHAIN},
        {"one bit of the signature", &bad_signature, good, 1, TRUST_UNTRUSTED_CHAIN},
        {"one bit of the CA's signature", client, broken, 1, TRUST_UNTRUSTED_CHAIN},
        {"without the CA", client, NULL, 0, TRUST_UNTRUSTED_CHAIN},
        {"with the root before it", client, with_root, 2, TRUST_ADMITTED},
        {"with the root behind it", client, turned, 2, TRUST_ADMITTED},
    };
    struct trust_path path;
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        for (int warm = 0; warm < 2; warm++) {
            scene_init(scene);
            if (warm)
                assert_int_equal(ask(scene, client, good, 1, CERTS_NOW, &path), TRUST_ADMITTED);
            assert_false(is_kept(scene, cases[i].client, cases[i].sent, cases[i].sent_count));
            enum trust_reason reason = ask(scene, cases[i].client, cases[i].sent, cases[i].sent_count,
                                           CERTS_NOW, &path);
            if (reason != cases[i].expected)
                fail_msg("%s, %s: %s", cases[i].name, warm ? "warm" : "cold", trust_reason_code(reason));
            /* Only who is admitted is remembered: nobody else can push others out. */
            assert_int_equal(is_kept(scene, cases[i].client, cases[i].sent, cases[i].sent_count),
                             reason == TRUST_ADMITTED);
            judge_clear(&scene->judge);
        }
    X509_free(bad_signature.x509);
    X509_free(bad_ca.x509);
    cert_free(forged);
    cert_free(false_ca);
    cert_free(false_root);
}

static void the_revoked_are_not_remembered(void **state)
{
    struct scene *scene = *state;
    const struct cert *cas[] = {scene->world.root, scene->world.intermediate};
    const struct crl_entry_options entry = {.cert = scene->world.client};
    X509_CRL *crls[] = {crl_new(NULL, scene->world.root),
                        crl_new(&(struct crl_factory_options){.entries = &entry, .entry_count = 1},
                                scene->world.intermediate)};
    struct trust_path path;
    judge_init(&scene->judge, NULL, cas, 2, crls, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(scene, scene->world.client, NULL, 0, CERTS_NOW, &path), TRUST_REVOKED);
    assert_false(is_kept(scene, scene->world.client, NULL, 0));
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    judge_clear(&scene->judge);
}

static void the_oldest_makes_room(void **state)
{
    struct scene *scene = *state;
    struct verified *verified = verified_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    const struct trust_path path = {.count = 1};
    unsigned char digests[3][TRUST_DIGEST_SIZE] = {{0}, {0}, {0}};
    assert_true(sk_X509_push(chain, scene->world.client->x509) > 0);
    assert_true(sk_X509_push(chain, scene->world.root->x509) > 0);
    for (unsigned char i = 0; i < 3; i++) { /* all of one set */
        digests[i][TRUST_DIGEST_SIZE - 1] = i;
        assert_null(verified_find(verified, digests[i]));
        verified_keep(verified, digests[i], chain, &path);
        assert_non_null(verified_find(verified, digests[i]));
    }
    assert_null(verified_find(verified, digests[0]));
    const struct verified_path *kept = verified_find(verified, digests[1]);
    assert_non_null(kept);
    assert_int_equal(sk_X509_num(kept->issuers), 1);
    assert_ptr_equal(sk_X509_value(kept->issuers, 0), scene->world.root->x509);
    verified_free(verified);
    sk_X509_free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_again_is_admitted_with_the_same_path),
        cmocka_unit_test(the_chain_is_put_back_with_the_leaf_that_came),
        cmocka_unit_test(a_ca_is_kept_once_whoever_brings_it),
        cmocka_unit_test(time_is_asked_again),
        cmocka_unit_test(a_crl_that_runs_out_is_noticed),
        cmocka_unit_test(what_is_not_the_same_is_verified),
        cmocka_unit_test(the_revoked_are_not_remembered),
        cmocka_unit_test(the_oldest_makes_room),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
