#include "postern/tls/key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include "postern/tls/init.h"

enum form {
    PKCS8_PEM,
    TRADITIONAL_PEM,
    PKCS8_DER,
    TRADITIONAL_DER,
    ENCRYPTED_PEM,
    OLD_ENCRYPTED_PEM,
    ENCRYPTED_DER
};

/* PEM_write_bio_PKCS8PrivateKey() takes the passphrase as char *. */
static char passphrase[] = "secret";

static void write_key(BIO *out, EVP_PKEY *key, enum form form)
{
    const EVP_CIPHER *cipher = EVP_aes_128_cbc();
    unsigned char *secret = (unsigned char *)passphrase;
    int written = 0;
    switch (form) {
    case PKCS8_PEM:
        written = PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
        break;
    case TRADITIONAL_PEM:
        written = PEM_write_bio_PrivateKey_traditional(out, key, NULL, NULL, 0, NULL, NULL);
        break;
    case PKCS8_DER: {
        PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
        written = i2d_PKCS8_PRIV_KEY_INFO_bio(out, info);
        PKCS8_PRIV_KEY_INFO_free(info);
        break;
    }
    case TRADITIONAL_DER:
        written = i2d_PrivateKey_bio(out, key);
        break;
    case ENCRYPTED_PEM:
        written = PEM_write_bio_PKCS8PrivateKey(out, key, cipher, passphrase, 6, NULL, NULL);
        break;
    case OLD_ENCRYPTED_PEM:
        written = PEM_write_bio_PrivateKey_traditional(out, key, cipher, secret, 6, NULL, NULL);
        break;
    case ENCRYPTED_DER:
        written = i2d_PKCS8PrivateKey_bio(out, key, cipher, passphrase, 6, NULL, NULL);
        break;
    }
    assert_true(written > 0);
}

static struct tls_key *parse(EVP_PKEY *key, enum form form, struct err *err)
{
    char *data;
    BIO *memory = BIO_new(BIO_s_mem());
    write_key(memory, key, form);
    size_t length = (size_t)BIO_get_mem_data(memory, &data);
    struct tls_key *parsed = tls_key_parse(slice_of(data, length), err);
    BIO_free(memory);
    return parsed;
}

static void every_form_of_a_good_key_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *described;
    } kinds[] = {
        {"RSA-2048", "RSA 2048"}, {"P-256", "ECDSA P-256"}, {"P-384", "ECDSA P-384"}, {"Ed25519", "Ed25519"}};
    for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
        EVP_PKEY *pkey = cert_key_new(kinds[i].kind);
        for (int form = PKCS8_PEM; form <= TRADITIONAL_DER; form++) {
            struct err err = {.line = 0};
            if (i == 3 && form == TRADITIONAL_PEM)
                continue; /* Ed25519 has none */
            struct tls_key *key = parse(pkey, (enum form)form, &err);
            if (key == NULL)
                fail_msg("%s, form %d: %s", kinds[i].kind, form, err.text);
            assert_string_equal(tls_key_describe(key), kinds[i].described);
            tls_key_free(key);
        }
        EVP_PKEY_free(pkey);
    }
}

static void an_encrypted_key_is_called_so(void **state)
{
    (void)state;
    EVP_PKEY *pkey = cert_key_new("P-256");
    for (int form = ENCRYPTED_PEM; form <= ENCRYPTED_DER; form++) {
        struct err err = {.line = 0};
        assert_null(parse(pkey, (enum form)form, &err));
        assert_non_null(strstr(err.text, "is encrypted"));
        assert_non_null(strstr(err.text, "openssl pkey"));
    }
    EVP_PKEY_free(pkey);
}

static void a_weak_key_is_refused(void **state)
{
    (void)state;
    static const char *const kinds[] = {"RSA-1024", "P-224"};
    for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
        struct err err = {.line = 0};
        EVP_PKEY *pkey = cert_key_new(kinds[i]);
        assert_null(parse(pkey, PKCS8_PEM, &err));
        assert_non_null(strstr(err.text, "2048"));
        EVP_PKEY_free(pkey);
    }
}

static void what_is_no_key_is_refused_with_a_hint(void **state)
{
    (void)state;
    struct cert *cert = cert_root("Root");
    struct buffer pem, key;
    buffer_init(&pem, 16384);
    cert_append_pem(&pem, cert);
    buffer_init(&key, 16384);
    cert_append_key_pem(&key, cert);
    struct slice cut = slice_before(buffer_view(&key), buffer_length(&key) / 2);
    const struct {
        struct slice bytes;
        const char *expected;
    } cases[] = {
        {slice_of("", 0), "is empty"},
        {SLICE_LITERAL("nonsense"), "not a private key"},
        {SLICE_LITERAL("0\x03\x02\x01\x01"), "not a private key"},
        {buffer_view(&pem), "this is a certificate"},
        {cut, "not a private key"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct err err = {.line = 0};
        assert_null(tls_key_parse(cases[i].bytes, &err));
        assert_non_null(strstr(err.text, cases[i].expected));
        assert_int_equal(ERR_peek_error(), 0);
    }
    buffer_clear(&pem);
    buffer_clear(&key);
    cert_free(cert);
}

static int set_up(void **state)
{
    (void)state;
    tls_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_good_key_is_read),
        cmocka_unit_test(an_encrypted_key_is_called_so),
        cmocka_unit_test(a_weak_key_is_refused),
        cmocka_unit_test(what_is_no_key_is_refused_with_a_hint),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
