/* What stock OpenSSL lets pass and we do not, one by one: each test shows first that stock admits the client,
 * with the same CAs and CRLs, and then that we refuse. T12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define EXTENSIONS(rows) .extensions = rows, .extension_count = LENGTH_OF(rows)
#define ENTRIES(rows)    .entries = rows, .entry_count = LENGTH_OF(rows)
#define FULL             (X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)

/* Stock's verdict on the world's client, with root (or, where the chain may be partial, the intermediate
 * alone) as what is trusted. Returns X509_V_*. */
static int ask_stock(const struct world *world, unsigned long flags, X509_CRL *const *crls, size_t count)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (!(flags & X509_V_FLAG_PARTIAL_CHAIN))
        X509_STORE_add_cert(store, world->root->x509);
    X509_STORE_add_cert(store, world->intermediate->x509);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(X509_STORE_add_crl(store, crls[i]), 1);
    X509_STORE_set_flags(store, flags);
    assert_int_equal(X509_STORE_CTX_init(context, store, world->client->x509, NULL), 1);
    X509_STORE_CTX_set_default(context, "ssl_client");
    X509_STORE_CTX_set_time(context, 0, (time_t)CERTS_NOW);
    int is_admitted = X509_verify_cert(context), error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return is_admitted == 1 ? X509_V_OK : error;
}

/* What our loader says of these CRLs: "" if it takes them. */
static void load_ours(const struct world *world, enum crl_profile profile, X509_CRL *const *crls,
                      size_t count, struct err *err)
{
    const struct cert *cas[] = {world->root, world->intermediate};
    const struct crl_options options = {.profile = profile, .now_s = CERTS_NOW};
    struct trust_bundle *bundle = bundle_of(cas, 2);
    struct crl_set *set = crl_set_new();
    int result = 0;
    *err = (struct err){0};
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct buffer der = {0};
        crl_append_der(&der, crls[i]);
        result = crl_set_add(set, buffer_view(&der), TRUST_DER, bundle, &options, "crl.der", err);
        buffer_clear(&der);
    }
    crl_set_free(set);
    trust_bundle_free(bundle);
}

static enum trust_reason ask_ours(const struct world *world, X509_CRL *const *crls, size_t count)
{
    const struct cert *cas[] = {world->root, world->intermediate};
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true};
    struct judge judge;
    judge_init(&judge, &policy, cas, 2, crls, count);
    enum trust_reason reason = judge_ask(&judge, world->client, NULL, 0, CERTS_NOW, NULL, NULL);
    judge_clear(&judge);
    return reason;
}

static const struct cert_extension scope_cut_off[] = {{"2.5.29.28", true, "30058101FF"}};
static const struct cert_extension scope_nonsense[] = {{"2.5.29.28", true, "FFFF"}};
static const struct cert_extension key_id_broken[] = {{"2.5.29.35", false, "30028005"}};
static const struct cert_extension number_broken[] = {{"2.5.29.20", false, "0C0141"}};
static const struct cert_extension twice[] = {{"1.2.3.4", false, "0500"}, {"1.2.3.4", false, "0500"}};
static const struct cert_extension reason_broken[] = {{"2.5.29.21", false, "0C0141"}};
static const struct cert_extension issuer_broken[] = {{"2.5.29.29", false, "0500"}};
static const struct crl_entry_options bad_reason[] = {{.serial = "0A", EXTENSIONS(reason_broken)}};
static const struct crl_entry_options bad_issuer[] = {{.serial = "0A", EXTENSIONS(issuer_broken)}};
static const struct crl_entry_options removed[] = {{.serial = "0A", .reason = 9}};

/* A CRL of the intermediate that stock believes. */
static const struct {
    const char *name;
    struct crl_factory_options options;
    const char *refusal; /* in the strict profile */
    bool is_legacy;      /* crl_profile = legacy lets it in */
} rows[] = {
    {"no nextUpdate, believed for ever", {.no_next_update = true}, "no nextUpdate", false},
    {"a critical scope that is cut off", {EXTENSIONS(scope_cut_off)}, "issuing distribution point", false},
    {"a critical scope that is nonsense", {EXTENSIONS(scope_nonsense)}, "issuing distribution point", false},
    {"a key identifier that cannot be read",
     {.no_key_id = true, EXTENSIONS(key_id_broken)},
     "malformed authority key identifier",
     false},
    {"a number that cannot be read", {.number = "", EXTENSIONS(number_broken)}, "malformed crlNumber", false},
    {"an extension that is there twice", {EXTENSIONS(twice)}, "twice", false},
    {"a reason that cannot be read", {ENTRIES(bad_reason)}, "malformed reason", false},
    {"an entry's issuer that cannot be read", {ENTRIES(bad_issuer)}, "of another issuer", false},
    {"an entry that takes one back", {ENTRIES(removed)}, "removeFromCRL", false},
    {"signed with SHA-1", {.digest = "SHA1"}, "SHA-256 or better", false},
    {"no number, so that it can be rolled back", {.number = ""}, "set crl_profile = legacy", true},
    {"no key identifier", {.no_key_id = true}, "set crl_profile = legacy", true},
    {"version 1", {.version_1 = true}, "set crl_profile = legacy", true},
};

static void T12_a_crl_that_stock_believes_is_refused_at_load(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        X509_CRL *crls[] = {crl_new(NULL, world.root), crl_new(&rows[i].options, world.intermediate)};
        struct err strict, legacy;
        if (ask_stock(&world, FULL, crls, 2) != X509_V_OK)
            fail_msg("%s: stock refuses it too, so this shows nothing", rows[i].name);
        load_ours(&world, CRL_STRICT, crls, 2, &strict);
        load_ours(&world, CRL_LEGACY, crls, 2, &legacy);
        if (!strstr(strict.text, rows[i].refusal))
            fail_msg("%s: \"%s\" is not in \"%s\"", rows[i].name, rows[i].refusal, strict.text);
        if (err_is_set(&legacy) == rows[i].is_legacy)
            fail_msg("%s: in the legacy profile: %s", rows[i].name, legacy.text);
        X509_CRL_free(crls[0]);
        X509_CRL_free(crls[1]);
    }
    world_clear(&world);
}

/* CRL_CHECK_ALL without CRL_CHECK checks nothing; CRL_CHECK without CRL_CHECK_ALL the leaf alone. */
static void T12_every_certificate_is_asked_about_without_flags_to_forget(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    const struct crl_entry_options leaf[] = {{.cert = world.client}}, ca[] = {{.cert = world.intermediate}};
    X509_CRL *leaf_revoked[] = {crl_new(NULL, world.root),
                                crl_new(&(struct crl_factory_options){ENTRIES(leaf)}, world.intermediate)};
    X509_CRL *ca_revoked[] = {crl_new(&(struct crl_factory_options){ENTRIES(ca)}, world.root),
                              crl_new(NULL, world.intermediate)};
    assert_int_equal(ask_stock(&world, X509_V_FLAG_CRL_CHECK_ALL, leaf_revoked, 2), X509_V_OK);
    assert_int_equal(ask_stock(&world, FULL, leaf_revoked, 2), X509_V_ERR_CERT_REVOKED);
    assert_int_equal(ask_ours(&world, leaf_revoked, 2), TRUST_REVOKED);
    assert_int_equal(ask_stock(&world, X509_V_FLAG_CRL_CHECK, ca_revoked, 2), X509_V_OK);
    assert_int_equal(ask_stock(&world, FULL, ca_revoked, 2), X509_V_ERR_CERT_REVOKED);
    assert_int_equal(ask_ours(&world, ca_revoked, 2), TRUST_REVOKED);
    for (size_t i = 0; i < 2; i++) {
        X509_CRL_free(leaf_revoked[i]);
        X509_CRL_free(ca_revoked[i]);
    }
    world_clear(&world);
}

/* Of two CRLs of one time stock takes the first in its store: the revocation may never be seen. */
static void T12_two_crls_of_one_time_do_not_hide_a_revocation(void **state)
{
    struct world world;
    struct err err;
    (void)state;
    world_init(&world);
    const struct crl_entry_options entries[] = {{.cert = world.client}};
    X509_CRL *crls[] = {
        crl_new(NULL, world.root), crl_new(NULL, world.intermediate),
        crl_new(&(struct crl_factory_options){.number = "02", ENTRIES(entries)}, world.intermediate),
        crl_new(&(struct crl_factory_options){ENTRIES(entries)}, world.intermediate)};
    assert_int_equal(ask_stock(&world, FULL, crls, 3), X509_V_OK);
    assert_int_equal(ask_ours(&world, crls, 3), TRUST_REVOKED);
    /* With one number too, nobody can tell which is the newer. */
    X509_CRL *tied[] = {crls[0], crls[1], crls[3]};
    assert_int_equal(ask_stock(&world, FULL, tied, 3), X509_V_OK);
    load_ours(&world, CRL_STRICT, tied, 3, &err);
    assert_non_null(strstr(err.text, "both have number 0x01"));
    for (size_t i = 0; i < LENGTH_OF(crls); i++)
        X509_CRL_free(crls[i]);
    world_clear(&world);
}

/* The other way round: what nobody could satisfy. RFC 5280 §6.1 does not judge the trust anchor. */
static void the_anchor_needs_no_crl_though_stock_wants_one(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.intermediate};
    const struct trust_policy policy = {.max_depth = 4, .check_revocation = true, .partial_chain = true};
    X509_CRL *crl = crl_new(NULL, world.intermediate);
    assert_int_equal(ask_stock(&world, FULL | X509_V_FLAG_PARTIAL_CHAIN, &crl, 1),
                     X509_V_ERR_UNABLE_TO_GET_CRL);
    struct judge judge;
    judge_init(&judge, &policy, cas, 1, &crl, 1);
    assert_int_equal(judge_ask(&judge, world.client, NULL, 0, CERTS_NOW, NULL, NULL), TRUST_ADMITTED);
    judge_clear(&judge);
    X509_CRL_free(crl);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T12_a_crl_that_stock_believes_is_refused_at_load),
        cmocka_unit_test(T12_every_certificate_is_asked_about_without_flags_to_forget),
        cmocka_unit_test(T12_two_crls_of_one_time_do_not_hide_a_revocation),
        cmocka_unit_test(the_anchor_needs_no_crl_though_stock_wants_one),
    };
    return cmocka_run_group_tests_name("stock_lax", tests, NULL, NULL);
}
