#include "world.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void world_init(struct world *world)
{
    world->root = cert_root("Test Root");
    world->intermediate = cert_intermediate("Test Intermediate", world->root);
    world->client = cert_leaf("client", world->intermediate);
}

void world_clear(struct world *world)
{
    cert_free(world->client);
    cert_free(world->intermediate);
    cert_free(world->root);
    *world = (struct world){0};
}

struct trust_bundle *bundle_of(const struct cert *const *cas, size_t count)
{
    struct err err = {0};
    struct trust_bundle *bundle = trust_bundle_new();
    struct buffer pem = certs_pem(cas, count);
    if (trust_bundle_add(bundle, buffer_view(&pem), TRUST_PEM, "bundle.pem", &err) != 0)
        fail_msg("%s", err.text);
    buffer_clear(&pem);
    return bundle;
}

static void index_init(struct judge *judge, const struct trust_bundle *bundle, X509_CRL *const *crls,
                       size_t count)
{
    struct err err = {0};
    struct buffer pem = {0};
    struct crl_set *set = crl_set_new();
    const struct crl_options options = {.profile = CRL_LEGACY, .now_s = CERTS_NOW};
    for (size_t i = 0; i < count; i++)
        crl_append_pem(&pem, crls[i]);
    if (count > 0 && crl_set_add(set, buffer_view(&pem), TRUST_PEM, bundle, &options, "crl.pem", &err) != 0)
        fail_msg("%s", err.text);
    judge->memory = malloc(crl_set_size(set));
    assert_non_null(judge->memory);
    crl_set_write(set, judge->memory);
    judge->index = crl_index_open(judge->memory, crl_set_size(set), &err);
    if (!judge->index)
        fail_msg("%s", err.text);
    crl_set_free(set);
    buffer_clear(&pem);
}

void judge_init(struct judge *judge, const struct trust_policy *policy, const struct cert *const *cas,
                size_t ca_count, X509_CRL *const *crls, size_t crl_count)
{
    struct err err = {0};
    const struct trust_policy usual = {.max_depth = 4, .check_revocation = crl_count > 0};
    struct trust_bundle *bundle = bundle_of(cas, ca_count);
    *judge = (struct judge){0};
    index_init(judge, bundle, crls, crl_count);
    judge->trust = trust_new(policy ? policy : &usual, bundle, judge->index, &err);
    if (!judge->trust)
        fail_msg("%s", err.text);
    trust_bundle_free(bundle);
}

void judge_clear(struct judge *judge)
{
    trust_free(judge->trust);
    crl_index_free(judge->index);
    free(judge->memory);
    *judge = (struct judge){0};
}

enum trust_reason judge_ask(const struct judge *judge, const struct cert *client,
                            const struct cert *const *sent, size_t sent_count, int64_t now_s,
                            struct trust_path *path, struct trust_verdict *verdict)
{
    struct trust_path unused_path;
    struct trust_verdict unused_verdict;
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    for (size_t i = 0; i < sent_count; i++)
        sk_X509_push(untrusted, sent[i]->x509);
    enum trust_reason reason = trust_verify_certificates(judge->trust, client ? client->x509 : NULL,
                                                         untrusted, now_s, path ? path : &unused_path,
                                                         verdict ? verdict : &unused_verdict, NULL);
    sk_X509_free(untrusted);
    return reason;
}
