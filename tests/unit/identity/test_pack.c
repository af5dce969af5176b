/* What a ticket carries of an identity comes back as it was, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include "postern/identity/identity.h"

#define FIELDS SLICE_LITERAL("X-Client-CN: alice\r\n")

static struct identity *packed(struct buffer *out)
{
    struct cert *root = cert_root("Root");
    struct cert *leaf = cert_new(&(struct cert_options){.cn = "alice", .ou = "a,b", .o = "Test"}, root);
    struct identity *identity = identity_new(leaf->x509, NULL);
    assert_non_null(identity);
    buffer_init(out, 4096);
    assert_true(identity_pack(identity, FIELDS, out));
    cert_free(leaf);
    cert_free(root);
    return identity;
}

static void an_identity_comes_back_as_it_was(void **state)
{
    (void)state;
    struct buffer bytes;
    struct slice fields;
    struct identity *before = packed(&bytes), *after = identity_unpack(buffer_view(&bytes), &fields);
    assert_non_null(after);
    assert_true(slice_equal(fields, FIELDS));
    assert_true(slice_equal_text(identity_common_name(after), "alice"));
    assert_true(slice_equal(identity_subject(after), identity_subject(before)));
    assert_true(slice_equal(identity_issuer(after), identity_issuer(before)));
    assert_true(slice_equal(identity_serial(after), identity_serial(before)));
    assert_true(slice_equal(identity_fingerprint(after), identity_fingerprint(before)));
    assert_int_equal(identity_not_after(after), identity_not_after(before));
    assert_true(identity_has_certificate(before));
    assert_false(identity_has_certificate(after));
    identity_free(before);
    identity_free(after);
    buffer_clear(&bytes);
}

static void without_its_certificate_it_is_not_rendered(void **state)
{
    (void)state;
    struct buffer bytes;
    struct slice fields;
    char *out = NULL;
    size_t length = 0;
    const struct config config = {.identity = {.presets = {[PRESET_POSTERN] = true}}};
    struct identity *before = packed(&bytes), *after = identity_unpack(buffer_view(&bytes), &fields);
    assert_int_equal(identity_render(after, &config, &out, &length), -1);
    assert_null(out);
    identity_free(before);
    identity_free(after);
    buffer_clear(&bytes);
}

static void what_is_cut_off_is_no_identity(void **state)
{
    (void)state;
    struct buffer bytes;
    struct slice fields;
    struct identity *before = packed(&bytes);
    size_t whole = buffer_length(&bytes) - FIELDS.length; /* the fields are the rest, whatever it is */
    for (size_t i = 0; i < whole; i++)
        assert_null(identity_unpack(slice_before(buffer_view(&bytes), i), &fields));
    struct buffer small;
    buffer_init(&small, whole);
    assert_false(identity_pack(before, FIELDS, &small));
    assert_int_equal(buffer_length(&small), 0);
    buffer_clear(&small);
    identity_free(before);
    buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_comes_back_as_it_was),
        cmocka_unit_test(without_its_certificate_it_is_not_rendered),
        cmocka_unit_test(what_is_cut_off_is_no_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
