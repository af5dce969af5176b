/* Handshakes find what they need in the lean context, and what it leaves out is known by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "lean.h"
#include "postern/base/attributes.h"

static void lists_that_name_what_is_left_out_are_known(void **state)
{
    static const struct {
        const char *list;
        bool leaves_out;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"X25519:P-256", false},
        {"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305", false},
        {"TLS_AES_128_GCM_SHA256", false},
        {"ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", false},
        {"X448", true},
        {"ffdhe2048", true},
        {"DHE-RSA-AES128-GCM-SHA256", true},
        {"AES128-SHA:DHE-RSA-AES128-SHA", true},
        {"TLS_AES_128_CCM_SHA256", true},
        {"ed448", true},
        {"rsa_pss_pss_sha256", true},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        assert_int_equal(lean_leaves_out(cases[i].list), cases[i].leaves_out);
}

static bool has_cipher(OSSL_LIB_CTX *library, const char *name)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(library, name, NULL);
    EVP_CIPHER_free(cipher);
    return cipher != NULL;
}

static void two_contexts_do_not_disturb_each_other(void **state)
{
    struct lean one, two, full;
    (void)state;
    assert_int_equal(lean_init(&one, false), 0);
    assert_int_equal(lean_init(&two, false), 0);
    assert_int_equal(lean_init(&full, true), 0);
    SSL_CTX *context = SSL_CTX_new_ex(one.library, NULL, TLS_client_method());
    assert_non_null(context);
    SSL_CTX_free(context);
    lean_clear(&one);
    assert_true(has_cipher(two.library, "AES-128-GCM"));
    assert_true(has_cipher(two.aside, "CAMELLIA-128-CBC"));
    assert_true(has_cipher(full.library, "CAMELLIA-128-CBC"));
    if (OPENSSL_version_major() == 3 && OPENSSL_version_minor() < 2)
        assert_false(has_cipher(two.library, "CAMELLIA-128-CBC"));
    EVP_PKEY *key = EVP_PKEY_Q_keygen(two.library, NULL, "X25519");
    assert_non_null(key);
    EVP_PKEY_free(key);
    lean_clear(&two);
    lean_clear(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_that_name_what_is_left_out_are_known),
        cmocka_unit_test(two_contexts_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
