#include "postern/identity/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "private.h"

/* A name attribute or alternative name with a length of its own, so that it may hold a NUL. */
struct piece {
    int kind; /* NID of an attribute, or GEN_* of an alternative name */
    const char *text;
    size_t length;
};
#define PIECE(kind, text)                                                                                    \
    {                                                                                                        \
        kind, text, sizeof(text) - 1                                                                         \
    }

static EVP_PKEY *key;

static void add_san(GENERAL_NAMES *names, const struct piece *piece)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_STRING_type_new(piece->kind == GEN_IPADD ? V_ASN1_OCTET_STRING
                                                                       : V_ASN1_IA5STRING);
    assert_true(ASN1_STRING_set(value, piece->text, (int)piece->length));
    GENERAL_NAME_set0_value(name, piece->kind, value);
    sk_GENERAL_NAME_push(names, name);
}

static X509 *make(const struct piece *subject, const struct piece *sans)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x0abcde);
    ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20260101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20260301120000Z");
    for (; subject != NULL && subject->kind != 0; subject++)
        assert_true(X509_NAME_add_entry_by_NID(name, subject->kind, V_ASN1_UTF8STRING,
                                               (const unsigned char *)subject->text, (int)subject->length, -1,
                                               0));
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"CA", -1, -1, 0);
    if (sans != NULL) {
        GENERAL_NAMES *names = GENERAL_NAMES_new();
        for (; sans->text != NULL; sans++)
            add_san(names, sans);
        X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
        GENERAL_NAMES_free(names);
    }
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static int make_key(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    return key == NULL;
}

static int drop_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static struct config *configure(const char *identity_section)
{
    static const char frame[] = "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = c\nprivate_key = k\n"
                                "[client_auth]\ntrust = t\n[route /]\nbackend = app\n[backend app]\nserver = "
                                "127.0.0.1:1\n[identity]\n%s";
    struct buffer text;
    struct err err = {.line = 0};
    buffer_init(&text, 65536);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    assert_true(buffer_printf(&text, frame, identity_section));
#pragma GCC diagnostic pop
    struct config *config = config_parse("test.ini", buffer_view(&text), &err);
    if (config == NULL)
        fail_msg("%s", err.text);
    buffer_clear(&text);
    return config;
}

/* The rendered block for one certificate under one [identity] section; free(). */
static char *render(const char *section, const struct piece *subject, const struct piece *sans)
{
    char *text = NULL;
    size_t length = 0;
    struct config *config = configure(section);
    X509 *certificate = make(subject, sans);
    struct identity *identity = identity_new(certificate, NULL);
    assert_non_null(identity);
    assert_int_equal(identity_render(identity, config, &text, &length), 0);
    assert_int_equal(strlen(text), length);
    identity_free(identity);
    X509_free(certificate);
    config_free(config);
    return text;
}

/* The configured fields come after those of the preset that is there by default. */
static void assert_configured(const char *section, const struct piece *subject, const struct piece *sans,
                              const char *expected)
{
    char *text = render(section, subject, sans);
    const char *configured = strstr(text, "X-A: ");
    assert_string_equal(configured != NULL ? configured : "", expected);
    free(text);
}

static void the_postern_preset_has_the_forms_of_the_contract(void **state)
{
    (void)state;
    const struct piece subject[] = {PIECE(NID_organizationName, "Acme"),
                                    PIECE(NID_organizationalUnitName, "sales"),
                                    PIECE(NID_organizationalUnitName, "north"),
                                    PIECE(NID_commonName, "alice"),
                                    {0}};
    char *text = render("preset = postern\n", subject, NULL);
    char *fingerprint = strstr(text, "X-Client-Fingerprint: ");
    assert_non_null(fingerprint);
    assert_int_equal(strspn(fingerprint + 22, "0123456789abcdef"), 64);
    const char *const lines[] = {"X-Client-Verify: SUCCESS\r\n",
                                 "X-Client-DN: CN=alice,OU=north,OU=sales,O=Acme\r\n",
                                 "X-Client-CN: alice\r\n",
                                 "X-Client-Serial: 0ABCDE\r\n",
                                 "X-Client-Not-After: 2026-03-01T12:00:00Z\r\n",
                                 "X-Client-Domain: sales,north\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(text, lines[i]) == NULL)
            fail_msg("no %s in %s", lines[i], text);
    free(text);
}

static void two_presets_send_a_shared_name_once(void **state)
{
    (void)state;
    const struct piece subject[] = {PIECE(NID_commonName, "alice"), {0}};
    char *text = render("preset = postern\npreset = certwiz\n", subject, NULL);
    char *first = strstr(text, "X-Client-Serial:");
    assert_non_null(first);
    assert_null(strstr(first + 1, "X-Client-Serial:"));
    assert_non_null(strstr(text, "X-Client-Cert-Issuer: CN=CA\r\n"));
    free(text);
}

static void names_become_printable_and_unambiguous(void **state)
{
    (void)state;
    static const struct {
        const char *section;
        struct piece subject[4];
        struct piece sans[4];
        const char *expected;
    } rows[] = {
        {"X-A = ${cn}\n", {PIECE(NID_commonName, "J\303\274rgen")}, {{0}}, "X-A: J%C3%BCrgen\r\n"},
        {"X-A = ${cn}\n", {PIECE(NID_commonName, "a\r\nX-B: b")}, {{0}}, "X-A: a%0D%0AX-B: b\r\n"},
        {"X-A = ${cn}\n", {PIECE(NID_commonName, "100%")}, {{0}}, "X-A: 100%25\r\n"},
        {"X-A = ${cn}\n", {PIECE(NID_commonName, " admin ")}, {{0}}, "X-A: %20admin%20\r\n"},
        /* T16: a name with a NUL is no name, in a common name as in an alternative one. */
        {"X-A = ${cn}\n", {PIECE(NID_commonName, "admin\0.evil")}, {{0}}, ""},
        {"X-A = ${san_dns}\n",
         {{0}},
         {PIECE(GEN_DNS, "admin\0.evil"), PIECE(GEN_DNS, "b.example")},
         "X-A: b.example\r\n"},
        {"X-A = ${cn}\n", {PIECE(NID_commonName, "a"), PIECE(NID_commonName, "b")}, {{0}}, ""},
        {"X-A = ${ou}\n",
         {PIECE(NID_organizationalUnitName, "a,b"), PIECE(NID_organizationalUnitName, "c")},
         {{0}},
         "X-A: a%2Cb,c\r\n"},
        /* T18: a name counts as its own type only. */
        {"X-A = ${san_dns}\n",
         {{0}},
         {PIECE(GEN_EMAIL, "admin.example"), PIECE(GEN_URI, "https://b.example")},
         ""},
        {"X-A = ${san_email}|${san_uri}\n",
         {{0}},
         {PIECE(GEN_EMAIL, "a@b"), PIECE(GEN_URI, "urn:x,y")},
         "X-A: a@b|urn:x%2Cy\r\n"},
        {"X-A = ${san_ip}\n",
         {{0}},
         {PIECE(GEN_IPADD, "\x7f\0\0\1"), PIECE(GEN_IPADD, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
          PIECE(GEN_IPADD, "abc")},
         "X-A: 127.0.0.1,::1\r\n"},
        {"X-A = ${spiffe_id}\n",
         {{0}},
         {PIECE(GEN_URI, "spiffe://acme/ns/a")},
         "X-A: spiffe://acme/ns/a\r\n"},
        {"X-A = ${spiffe_id}\n", {{0}}, {PIECE(GEN_URI, "spiffe://acme/ns/a"), PIECE(GEN_URI, "urn:b")}, ""},
        {"X-A = v1 ${cn} ${ou}\n", {PIECE(NID_commonName, "a")}, {{0}}, ""},
        {"X-A = v1 ${cn}\n", {PIECE(NID_commonName, "a")}, {{0}}, "X-A: v1 a\r\n"},
        {"X-A = ${subject}\n",
         {PIECE(NID_commonName, "a\r\n\"\\,=\0b")},
         {{0}},
         "X-A: CN=a\\0D\\0A\\\"\\\\\\,=\\00b\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct piece subject[5] = {{0}}, sans[5] = {{0}};
        memcpy(subject, rows[i].subject, sizeof rows[i].subject);
        memcpy(sans, rows[i].sans, sizeof rows[i].sans);
        print_message("row %zu %s", i, rows[i].section);
        assert_configured(rows[i].section, subject, sans, rows[i].expected);
    }
}

/* H19: nothing in a name ends the quotation that it stands in, or begins another element. */
static void xfcc_keeps_what_it_quotes(void **state)
{
    (void)state;
    const struct piece subject[] = {PIECE(NID_commonName, "a\",URI=spiffe://x\\"), {0}};
    const struct piece sans[] = {PIECE(GEN_URI, "urn:a;Hash=1,b\""), PIECE(GEN_DNS, "b.example"), {0}};
    char *text = render("preset = xfcc\n", subject, sans);
    const char *found = strstr(text, ";Subject=");
    assert_non_null(found);
    assert_string_equal(
        found, ";Subject=\"CN=a\\22\\,URI=spiffe://x\\5C\";URI=\"urn:a;Hash=1%2Cb%22\";DNS=b.example\r\n");
    assert_memory_equal(text, "X-Forwarded-Client-Cert: Hash=", 30);
    free(text);
}

static void client_cert_is_the_der_in_base64_between_colons(void **state)
{
    (void)state;
    const struct piece subject[] = {PIECE(NID_commonName, "alice"), {0}};
    char *text = render("preset = rfc9440\n", subject, NULL);
    assert_memory_equal(text, "Client-Cert: :MII", 17);
    assert_string_equal(text + strlen(text) - 3, ":\r\n");
    assert_null(strstr(text, "Client-Cert-Chain"));
    free(text);
}

static void a_chain_is_sent_without_leaf_and_anchor(void **state)
{
    (void)state;
    const struct piece subject[] = {PIECE(NID_commonName, "alice"), {0}};
    struct config *config = configure("preset = rfc9440\nclient_cert_chain = yes\n");
    STACK_OF(X509) *chain = sk_X509_new_null();
    char *text;
    size_t length;
    for (int i = 0; i < 4; i++)
        sk_X509_push(chain, make(subject, NULL));
    struct identity *identity = identity_new(sk_X509_value(chain, 0), chain);
    assert_int_equal(identity_render(identity, config, &text, &length), 0);
    const char *found = strstr(text, "Client-Cert-Chain: :");
    assert_non_null(found);
    const char *comma = strstr(found, ":, :");
    assert_non_null(comma);
    assert_null(strstr(comma + 2, ", "));
    free(text);
    identity_free(identity);
    sk_X509_pop_free(chain, X509_free);
    config_free(config);
}

static void fields_that_are_too_large_forward_nothing(void **state)
{
    (void)state;
    static char long_name[9000];
    memset(long_name, 'a', sizeof long_name);
    const struct piece subject[] = {{NID_commonName, long_name, sizeof long_name}, {0}};
    struct config *config = configure("X-A = ${cn}${cn}\n");
    X509 *certificate = X509_new();
    ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20260101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20260301120000Z");
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName, V_ASN1_UTF8STRING,
                                                           (const unsigned char *)subject[0].text, 9000);
    X509_NAME_add_entry(X509_get_subject_name(certificate), entry, -1, 0);
    X509_NAME_ENTRY_free(entry);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    struct identity *identity = identity_new(certificate, NULL);
    char *text = NULL;
    size_t length;
    assert_int_equal(identity_render(identity, config, &text, &length), -1);
    assert_null(text);
    identity_free(identity);
    X509_free(certificate);
    config_free(config);
}

static void a_spiffe_id_has_exactly_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool expected;
    } rows[] = {
        {"spiffe://acme.example/a/B-1_.x", true},
        {"spiffe://acme", true},
        {"spiffe://", false},
        {"spiffe:///a", false},
        {"SPIFFE://acme/a", false},
        {"spiffe://Acme/a", false},
        {"spiffe://acme/", false},
        {"spiffe://acme//a", false},
        {"spiffe://acme/a/../b", false},
        {"spiffe://acme/./b", false},
        {"spiffe://acme/a?b", false},
        {"spiffe://acme/a#b", false},
        {"spiffe://u@acme/a", false},
        {"spiffe://acme:1/a", false},
        {"spiffe://acme/%41", false},
        {"https://acme/a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (names_is_spiffe_id(slice_text(rows[i].uri)) != rows[i].expected)
            fail_msg("%s", rows[i].uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_postern_preset_has_the_forms_of_the_contract),
        cmocka_unit_test(two_presets_send_a_shared_name_once),
        cmocka_unit_test(names_become_printable_and_unambiguous),
        cmocka_unit_test(xfcc_keeps_what_it_quotes),
        cmocka_unit_test(client_cert_is_the_der_in_base64_between_colons),
        cmocka_unit_test(a_chain_is_sent_without_leaf_and_anchor),
        cmocka_unit_test(fields_that_are_too_large_forward_nothing),
        cmocka_unit_test(a_spiffe_id_has_exactly_one_form),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
