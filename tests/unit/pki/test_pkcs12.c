#include "fixture.h"

#include <openssl/pkcs12.h>

#include "postern/pki/pkcs12.h"

static PKCS12 *load(const char *path)
{
    BIO *bio = BIO_new_file(path, "rb");
    assert_non_null(bio);
    PKCS12 *file = d2i_PKCS12_bio(bio, NULL);
    BIO_free(bio);
    assert_non_null(file);
    return file;
}

/* The scheme of the first encrypted bag: the certificates'. */
static int scheme_of(PKCS12 *file)
{
    int scheme = NID_undef;
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(file);
    for (int i = 0; i < sk_PKCS7_num(parts); i++) {
        PKCS7 *part = sk_PKCS7_value(parts, i);
        if (PKCS7_type_is_encrypted(part))
            scheme = OBJ_obj2nid(part->d.encrypted->enc_data->algorithm->algorithm);
    }
    sk_PKCS7_pop_free(parts, PKCS7_free);
    return scheme;
}

static int mac_of(PKCS12 *file)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *digest = NULL;
    PKCS12_get0_mac(NULL, &algorithm, NULL, NULL, file);
    X509_ALGOR_get0(&digest, NULL, NULL, algorithm);
    return OBJ_obj2nid(digest);
}

static const struct {
    const char *name;
    struct pki_issue_options options;
    int scheme, mac;
} rows[] = {
    {"modern", {.passphrase = "secret one"}, NID_pbes2, NID_sha256},
    {"modern_utf8", {.passphrase = "sch\xc3\xb6n"}, NID_pbes2, NID_sha256},
    {"modern_without", {.no_passphrase = true}, NID_pbes2, NID_sha256},
    {"modern_random", {0}, NID_pbes2, NID_sha256},
    {"modern_rsa", {.key = PKI_KEY_RSA2048}, NID_pbes2, NID_sha256},
    {"modern_ed25519", {.key = PKI_KEY_ED25519}, NID_pbes2, NID_sha256},
    {"legacy", {.legacy_pkcs12 = true}, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_sha1},
    {"legacy_without",
     {.legacy_pkcs12 = true, .no_passphrase = true},
     NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
     NID_sha1},
};

static void must_open(PKCS12 *file, const char *passphrase, const struct pki_issued *issued)
{
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL, *wanted = fixture_certificate(issued->certificate);
    STACK_OF(X509) *chain = NULL;
    assert_int_equal(PKCS12_parse(file, passphrase, &key, &certificate, &chain), 1);
    assert_int_equal(X509_cmp(certificate, wanted), 0);
    assert_int_equal(X509_check_private_key(certificate, key), 1);
    assert_int_equal(sk_X509_num(chain), 1);
    assert_int_equal(X509_check_issued(sk_X509_value(chain, 0), certificate), X509_V_OK);
    EVP_PKEY_free(key);
    X509_free(certificate);
    X509_free(wanted);
    sk_X509_pop_free(chain, X509_free);
}

static void a_file_opens_with_its_passphrase_and_no_other(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct err err = {0};
        struct pki_issued issued;
        struct pki_issue_options options = rows[i].options;
        options.directory = fixture.directory;
        options.clock = &fixture.clock;
        options.name = "alice";
        fixture_must(pki_issue_client(&options, &issued, &err), &err);
        bool random = !options.passphrase && !options.no_passphrase;
        assert_int_equal(issued.passphrase[0] != '\0', random);
        PKCS12 *file = load(issued.pkcs12);
        assert_int_equal(scheme_of(file), rows[i].scheme);
        assert_int_equal(mac_of(file), rows[i].mac);
        must_open(file, random ? issued.passphrase : options.passphrase ? options.passphrase : "", &issued);
        assert_int_equal(PKCS12_verify_mac(file, "other", -1), 0);
        PKCS12_free(file);
        pki_issued_clear(&issued);
    }
    fixture_end(&fixture);
}

static void a_random_passphrase_can_be_read_aloud(void **state)
{
    (void)state;
    char before[PKI_PASSPHRASE_SIZE] = "";
    for (int i = 0; i < 100; i++) {
        struct err err = {0};
        char text[PKI_PASSPHRASE_SIZE];
        fixture_must(pki_passphrase_draw(text, sizeof text, &err), &err);
        assert_int_equal(strlen(text), 27);
        assert_int_equal(strspn(text, "abcdefghjkmnpqrstuvwxyz23456789-"), 27);
        assert_string_not_equal(text, before);
        memcpy(before, text, sizeof before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_opens_with_its_passphrase_and_no_other),
        cmocka_unit_test(a_random_passphrase_can_be_read_aloud),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
