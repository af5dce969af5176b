#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <string.h>

#include "postern/trust/bundle.h"
#include "world.h"

static int add(struct trust_bundle *bundle, const struct buffer *bytes, enum trust_form form, struct err *err)
{
    *err = (struct err){0};
    return trust_bundle_add(bundle, buffer_view(bytes), form, "ca.pem", err);
}

static void roots_and_intermediates_come_in_any_order(void **state)
{
    struct world world;
    struct err err = {0};
    (void)state;
    world_init(&world);
    const struct cert *orders[2][3] = {{world.root, world.intermediate, world.root},
                                       {world.intermediate, world.root, world.intermediate}};
    for (size_t i = 0; i < 2; i++) {
        struct trust_bundle *bundle = bundle_of(orders[i], 3);
        assert_int_equal(trust_bundle_count(bundle), 2); /* the duplicate collapsed */
        for (size_t j = 0; j < 2; j++) {
            assert_ptr_not_equal(trust_bundle_certificate(bundle, j), NULL);
            assert_int_equal(trust_bundle_is_root(bundle, j), orders[i][j] == world.root);
        }
        assert_int_equal(trust_bundle_check(bundle, false, "ca.pem", &err), 0);
        trust_bundle_free(bundle);
    }
    world_clear(&world);
}

/* T10: never open because a file is empty. */
static void nothing_to_trust_is_an_error(void **state)
{
    struct err err = {0};
    struct trust_bundle *bundle = trust_bundle_new();
    (void)state;
    assert_int_equal(trust_bundle_add(bundle, slice_text(""), TRUST_PEM, "ca.pem", &err), -1);
    assert_string_equal(err.path, "ca.pem");
    err = (struct err){0};
    assert_int_equal(trust_bundle_add(bundle, slice_text(""), TRUST_DER, "ca.pem", &err), -1);
    err = (struct err){0};
    assert_int_equal(trust_bundle_check(bundle, false, "ca.pem", &err), -1);
    err = (struct err){0};
    assert_int_equal(trust_bundle_check(bundle, true, "ca.pem", &err), -1);
    assert_null(trust_new(&(struct trust_policy){.max_depth = 4}, bundle, NULL, &err));
    trust_bundle_free(bundle);
}

static void intermediates_alone_need_partial_chain(void **state)
{
    struct world world;
    struct err err = {0};
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.intermediate};
    struct trust_bundle *bundle = bundle_of(cas, 1);
    assert_int_equal(trust_bundle_check(bundle, false, "ca.pem", &err), -1);
    assert_non_null(strstr(err.text, "partial_chain = yes"));
    assert_int_equal(trust_bundle_check(bundle, true, "ca.pem", &err), 0);
    trust_bundle_free(bundle);
    world_clear(&world);
}

static void what_can_never_help_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *name;
        struct cert_options options;
        const char *error;
    } rows[] = {
        {"a client certificate", {.cn = "a"}, "not a CA"},
        {"an RSA key of 1024 bits", {.cn = "a", .is_ca = true, .key = "RSA-1024"}, "RSA 1024"},
        {"P-224", {.cn = "a", .is_ca = true, .key = "P-224"}, "P-384"},
        {"a negative serial number", {.cn = "a", .is_ca = true, .serial = "-01"}, "RFC 5280"},
    };
    struct world world;
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct err err;
        struct buffer pem = {0};
        struct trust_bundle *bundle = trust_bundle_new();
        struct cert *cert = cert_new(&rows[i].options, NULL);
        cert_append_pem(&pem, world.root);
        unsigned line = 1;
        for (size_t j = 0; j < buffer_length(&pem); j++)
            line += buffer_view(&pem).data[j] == '\n';
        cert_append_pem(&pem, cert);
        assert_int_equal(add(bundle, &pem, TRUST_PEM, &err), -1);
        if (!strstr(err.text, rows[i].error) || err.line != line)
            fail_msg("%s: %u: %s", rows[i].name, err.line, err.text);
        trust_bundle_free(bundle);
        cert_free(cert);
        buffer_clear(&pem);
    }
    world_clear(&world);
}

static void a_root_whose_own_signature_is_wrong_is_refused(void **state)
{
    struct err err;
    struct buffer der = {0};
    struct cert *root = cert_root("R");
    struct trust_bundle *bundle = trust_bundle_new();
    (void)state;
    cert_append_der(&der, root);
    der.data[der.end - 1] ^= 1;
    assert_int_equal(add(bundle, &der, TRUST_DER, &err), -1);
    assert_non_null(strstr(err.text, "sign itself"));
    trust_bundle_free(bundle);
    cert_free(root);
    buffer_clear(&der);
}

/* A root's SHA-1 signature on itself protects nothing. */
static void a_root_signed_with_sha1_is_a_root(void **state)
{
    struct cert *root = cert_new(&(struct cert_options){.cn = "R", .is_ca = true, .digest = "SHA1"}, NULL);
    const struct cert *cas[] = {root};
    struct trust_bundle *bundle = bundle_of(cas, 1);
    (void)state;
    assert_true(trust_bundle_is_root(bundle, 0));
    trust_bundle_free(bundle);
    cert_free(root);
}

/* From the loader to a worker. */
static void what_is_written_is_read_again(void **state)
{
    struct world world;
    struct err err;
    struct buffer out;
    (void)state;
    world_init(&world);
    const struct cert *cas[] = {world.intermediate, world.root};
    struct trust_bundle *bundle = bundle_of(cas, 2), *again = trust_bundle_new();
    buffer_init(&out, 65536);
    assert_true(trust_bundle_write(bundle, &out));
    assert_int_equal(add(again, &out, TRUST_DER, &err), 0);
    assert_int_equal(trust_bundle_count(again), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(X509_cmp(trust_bundle_certificate(bundle, i), trust_bundle_certificate(again, i)),
                         0);
    trust_bundle_free(again);
    again = trust_bundle_new();
    buffer_drop_tail(&out, 1);
    assert_int_equal(add(again, &out, TRUST_DER, &err), -1);
    trust_bundle_free(again);
    trust_bundle_free(bundle);
    buffer_clear(&out);
    buffer_init(&out, 100);
    bundle = bundle_of(cas, 2);
    assert_false(trust_bundle_write(bundle, &out));
    buffer_clear(&out);
    trust_bundle_free(bundle);
    world_clear(&world);
}

static void ca_names_are_distinct_and_roots_first(void **state)
{
    struct world world;
    struct judge judge;
    (void)state;
    world_init(&world);
    struct cert *renewed = cert_new(
        &(struct cert_options){.cn = "Test Root", .is_ca = true, .same_key = world.root, .serial = "99"},
        NULL);
    const struct cert *cas[] = {world.intermediate, world.root, renewed};
    judge_init(&judge, NULL, cas, 3, NULL, 0);
    const STACK_OF(X509_NAME) *names = trust_ca_names(judge.trust);
    assert_int_equal(trust_ca_name_count(judge.trust), 2);
    assert_int_equal(X509_NAME_cmp(sk_X509_NAME_value(names, 0), X509_get_subject_name(world.root->x509)), 0);
    judge_clear(&judge);
    cert_free(renewed);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_and_intermediates_come_in_any_order),
        cmocka_unit_test(nothing_to_trust_is_an_error),
        cmocka_unit_test(intermediates_alone_need_partial_chain),
        cmocka_unit_test(what_can_never_help_is_refused_with_its_line),
        cmocka_unit_test(a_root_whose_own_signature_is_wrong_is_refused),
        cmocka_unit_test(a_root_signed_with_sha1_is_a_root),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(ca_names_are_distinct_and_roots_first),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
