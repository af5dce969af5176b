#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "postern/trust/certificate.h"
#include "world.h"

static void a_certificate_is_told_in_words(void **state)
{
    struct certificate_info info;
    (void)state;
    struct cert *root = cert_new(&(struct cert_options){.cn = "R", .o = "Org", .is_ca = true}, NULL);
    struct cert *leaf = cert_new(
        &(struct cert_options){
            .cn = "a, b", .ou = "Sales", .serial = "0ABC", .key = "RSA-2048", .not_after = CERTS_NOW},
        root);
    certificate_describe(leaf->x509, &info);
    assert_string_equal(info.subject, "CN=a\\, b,OU=Sales");
    assert_string_equal(info.issuer, "CN=R,O=Org");
    assert_string_equal(info.serial, "0ABC");
    assert_string_equal(info.key, "RSA 2048");
    assert_int_equal(strlen(info.fingerprint), 64);
    assert_int_equal(strspn(info.fingerprint, "0123456789abcdef"), 64);
    assert_int_equal(info.not_before, CERTS_NOW - CERTS_YEAR);
    assert_int_equal(info.not_after, CERTS_NOW);
    assert_false(info.is_ca);
    assert_false(info.is_self_issued);
    assert_string_equal(info.purposes, "clientAuth");
    certificate_describe(root->x509, &info);
    assert_true(info.is_ca);
    assert_true(info.is_self_issued);
    cert_free(leaf);
    cert_free(root);
}

/* G1: what stands in a name reaches logs; nothing in it may act there. */
static void names_are_printable_whatever_they_hold(void **state)
{
    static const struct {
        const char *cn;
        size_t length;
        const char *expected;
    } rows[] = {{"a\nb", 3, "CN=a\\0Ab"},
                {"a\0b", 3, "CN=a\\00b"},
                {"\x1b[31m", 5, "CN=\\1B[31m"},
                {"\xc3\xa9", 2, "CN=\\C3\\A9"},
                {"\"<>\\", 4, "CN=\\\"\\<\\>\\\\"}};
    char text[CERTIFICATE_NAME_MAX];
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct cert *cert = cert_new(&(struct cert_options){.cn = rows[i].cn, .cn_length = rows[i].length},
                                     NULL);
        assert_string_equal(certificate_name_text(X509_get_subject_name(cert->x509), text, sizeof(text)),
                            rows[i].expected);
        cert_free(cert);
    }
}

static void a_long_name_is_cut_off_visibly(void **state)
{
    char text[16];
    (void)state;
    struct cert *cert = cert_new(&(struct cert_options){.cn = "abcdefghijklmnopqrstuvwxyz"}, NULL);
    assert_string_equal(certificate_name_text(X509_get_subject_name(cert->x509), text, sizeof(text)),
                        "CN=abcdefghi...");
    assert_string_equal(certificate_name_text(NULL, text, sizeof(text)), "?");
    cert_free(cert);
}

/* CONTRACT.md, "Strength". */
static void keys_are_strong_or_not(void **state)
{
    static const struct {
        const char *kind, *text;
        bool strong;
    } rows[] = {{"RSA-2048", "RSA 2048", true},
                {"RSA-2040", "RSA 2040", false},
                {"RSA-1024", "RSA 1024", false},
                {"P-256", "ECDSA P-256", true},
                {"P-384", "ECDSA P-384", true},
                {"P-521", "ECDSA P-521", true},
                {"P-224", "ECDSA secp224r1", false},
                {"secp256k1", "ECDSA secp256k1", false},
                {"brainpoolP256r1", "ECDSA brainpoolP256r1", false},
                {"ED25519", "Ed25519", true},
                {"ED448", "ED448", false}};
    char text[32];
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        EVP_PKEY *key = cert_key_new(rows[i].kind);
        assert_int_equal(key_is_strong(key), rows[i].strong);
        assert_string_equal(key_describe(key, text, sizeof(text)), rows[i].text);
        EVP_PKEY_free(key);
    }
    assert_false(key_is_strong(NULL));
}

static void signatures_are_strong_or_not(void **state)
{
    static const struct {
        const char *key, *digest;
        bool pss, strong;
    } rows[] = {{"P-256", "SHA256", false, true},    {"P-256", "SHA384", false, true},
                {"P-256", "SHA512", false, true},    {"P-256", "SHA1", false, false},
                {"P-256", "SHA224", false, false},   {"RSA-2048", "SHA3-256", false, true},
                {"RSA-2048", "SHA256", false, true}, {"RSA-2048", "SHA1", false, false},
                {"RSA-2048", "MD5", false, false},   {"RSA-2048", "SHA256", true, true},
                {"RSA-2048", "SHA512", true, true},  {"RSA-2048", "SHA1", true, false},
                {"ED25519", NULL, false, true},      {"ED448", NULL, false, false}};
    (void)state;
    /* One key for all rows of RSA: making them takes long. */
    struct cert *rsa = cert_new(&(struct cert_options){.cn = "RSA", .key = "RSA-2048"}, NULL);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const X509_ALGOR *algorithm;
        struct cert *cert = cert_new(&(struct cert_options){.cn = "a",
                                                            .key = rows[i].key,
                                                            .digest = rows[i].digest,
                                                            .pss = rows[i].pss,
                                                            .same_key = rows[i].key[0] == 'R' ? rsa : NULL},
                                     NULL);
        X509_get0_signature(NULL, &algorithm, cert->x509);
        if (signature_is_strong(algorithm) != rows[i].strong)
            fail_msg("%s %s", rows[i].key, rows[i].digest ? rows[i].digest : "");
        cert_free(cert);
    }
    cert_free(rsa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_told_in_words),
        cmocka_unit_test(names_are_printable_whatever_they_hold),
        cmocka_unit_test(a_long_name_is_cut_off_visibly),
        cmocka_unit_test(keys_are_strong_or_not),
        cmocka_unit_test(signatures_are_strong_or_not),
    };
    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
