/* Requests (PKCS#10) of strangers: what is read out of them, what is refused, and what is granted. */
#include "fixture.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "postern/pki/request.h"

enum wrong { GOOD, BAD_SIGNATURE, NUL_IN_CN, TWO_CNS, TWO_SANS, OLD_DIGEST, TRAILING };

struct wish {
    const char *name, *unit, *key; /* key: "P-256", "rsa2048", ... */
    struct {
        int nid;
        const char *value;
    } extensions[3];
    enum wrong wrong;
};

static EVP_PKEY *make_key(const char *kind)
{
    EVP_PKEY *key = NULL;
    if (strncmp(kind, "rsa", 3) == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)strtoul(kind + 3, NULL, 10));
    else if (strcmp(kind, "ED25519") == 0 || strcmp(kind, "ED448") == 0 || strcmp(kind, "X25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    assert_non_null(key);
    return key;
}

static void add(X509_NAME *subject, const char *type, const char *value, int length)
{
    assert_int_equal(
        X509_NAME_add_entry_by_txt(subject, type, MBSTRING_UTF8, (const unsigned char *)value, length, -1, 0),
        1);
}

/* DER of a request for a wish; its length. */
static size_t make_request(const struct wish *wish, unsigned char out[PKI_REQUEST_MAX])
{
    X509_REQ *request = X509_REQ_new();
    EVP_PKEY *key = make_key(wish->key ? wish->key : "P-256");
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    if (wish->name)
        add(subject, "CN", wish->name, wish->wrong == NUL_IN_CN ? (int)strlen(wish->name) + 2 : -1);
    if (wish->wrong == TWO_CNS)
        add(subject, "CN", "mallory", -1);
    if (wish->unit)
        add(subject, "OU", wish->unit, -1);
    for (size_t i = 0; i < LENGTH_OF(wish->extensions) && wish->extensions[i].value; i++)
        for (int twice = 0; twice <= (wish->wrong == TWO_SANS); twice++)
            sk_X509_EXTENSION_push(extensions, X509V3_EXT_nconf_nid(NULL, NULL, wish->extensions[i].nid,
                                                                    wish->extensions[i].value));
    if (sk_X509_EXTENSION_num(extensions) > 0)
        X509_REQ_add_extensions(request, extensions);
    X509_REQ_set_pubkey(request, key);
    bool is_pure = strncmp(EVP_PKEY_get0_type_name(key), "ED", 2) == 0;
    assert_true(X509_REQ_sign(request, key,
                              is_pure                     ? NULL
                              : wish->wrong == OLD_DIGEST ? EVP_sha1()
                                                          : EVP_sha256()) > 0);
    int length = i2d_X509_REQ(request, &out);
    if (wish->wrong == BAD_SIGNATURE)
        out[-3] ^= 1; /* i2d has moved it behind */
    if (wish->wrong == TRAILING)
        *out = 0, length++;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    EVP_PKEY_free(key);
    X509_REQ_free(request);
    return (size_t)length;
}

static int parse(const struct wish *wish, struct pki_request **out, struct err *err)
{
    unsigned char der[PKI_REQUEST_MAX];
    size_t length = make_request(wish, der);
    return pki_request_parse(slice_of((const char *)der, length), "device.csr", out, err);
}

static const struct {
    const char *name;
    struct wish wish;
    const char *says; /* in the error */
} refused[] = {
    {"a signature of another key", {.name = "a", .wrong = BAD_SIGNATURE}, "signature"},
    {"SHA-1", {.name = "a", .wrong = OLD_DIGEST}, "SHA1"},
    {"RSA of 1024 bits", {.name = "a", .key = "rsa1024"}, "1024 bits"},
    {"a curve that no gateway takes", {.name = "a", .key = "P-224"}, "P-256, P-384"},
    {"Ed448", {.name = "a", .key = "ED448"}, "P-256, P-384"},
    {"a NUL in the name", {.name = "admin\0x", .wrong = NUL_IN_CN}, "control character (U+0000)"},
    {"a slash in the name", {.name = "../a"}, "holds a '/'"},
    {"CR in the name", {.name = "a\rb"}, "control character"},
    {"two names", {.name = "a", .wrong = TWO_CNS}, "two CN"},
    {"an OU that index.txt reads as two", {.name = "a", .unit = "x/CN=admin"}, "several attributes"},
    {"an authority", {.name = "a", .extensions = {{NID_basic_constraints, "CA:TRUE"}}}, "be an authority"},
    {"signing certificates",
     {.name = "a", .extensions = {{NID_key_usage, "keyCertSign"}}},
     "sign certificates"},
    {"signing CRLs",
     {.name = "a", .extensions = {{NID_key_usage, "digitalSignature,cRLSign"}}},
     "sign certificates"},
    {"name constraints",
     {.name = "a", .extensions = {{NID_name_constraints, "permitted;DNS:x"}}},
     "must not have: X509v3 Name Constraints"},
    {"a distribution point of its own",
     {.name = "a", .extensions = {{NID_crl_distribution_points, "URI:http://evil/"}}},
     "must not have"},
    {"no check of revocation",
     {.name = "a", .extensions = {{NID_id_pkix_OCSP_noCheck, "yes"}}},
     "must not have"},
    {"alternative names twice",
     {.name = "a", .wrong = TWO_SANS, .extensions = {{NID_subject_alt_name, "DNS:a"}}},
     "twice"},
    {"a name of another type",
     {.name = "a", .extensions = {{NID_subject_alt_name, "RID:1.2.3"}}},
     "no DNS, IP, URI or email"},
    {"bytes behind", {.name = "a", .wrong = TRAILING}, "no certificate request"},
};

static void what_no_certificate_could_have_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(refused); i++) {
        struct err err = {0};
        struct pki_request *request;
        if (parse(&refused[i].wish, &request, &err) == 0 || request)
            fail_msg("%s: taken", refused[i].name);
        if (!strstr(err.text, refused[i].says) || strcmp(err.path, "device.csr") != 0)
            fail_msg("%s: \"%s: %s\" does not say \"%s\"", refused[i].name, err.path, err.text,
                     refused[i].says);
    }
}

static void a_request_says_what_it_asks_for(void **state)
{
    (void)state;
    struct err err = {0};
    struct pki_request *request;
    const char *const keys[] = {"P-256", "P-384", "P-521", "rsa2048", "ED25519"};
    struct wish wish = {.name = "tab.acme",
                        .unit = "field",
                        .extensions = {{NID_subject_alt_name, "DNS:tab.acme,IP:::1,URI:spiffe://acme/tab"},
                                       {NID_ext_key_usage, "clientAuth"},
                                       {NID_basic_constraints, "CA:FALSE"}}};
    for (size_t i = 0; i < LENGTH_OF(keys); i++) {
        wish.key = keys[i];
        fixture_must(parse(&wish, &request, &err), &err);
        assert_string_equal(pki_request_name(request), "tab.acme");
        assert_string_equal(pki_request_unit(request), "field");
        assert_int_equal(pki_request_san_count(request), 3);
        assert_string_equal(pki_request_san(request, 0), "DNS:tab.acme");
        assert_string_equal(pki_request_san(request, 1), "IP:::1");
        assert_string_equal(pki_request_san(request, 2), "URI:spiffe://acme/tab");
        assert_true(pki_request_wants_only(request, NID_client_auth));
        assert_false(pki_request_wants_only(request, NID_server_auth));
        pki_request_free(request);
    }
}

/* No bytes but those of a request are one, wherever it is cut. */
static void a_request_that_is_cut_is_none(void **state)
{
    (void)state;
    unsigned char der[PKI_REQUEST_MAX];
    struct wish wish = {.name = "a", .extensions = {{NID_subject_alt_name, "DNS:a.b"}}};
    size_t length = make_request(&wish, der);
    for (size_t i = 0; i < length; i++) {
        struct err err = {0};
        struct pki_request *request;
        assert_int_equal(pki_request_parse(slice_of((const char *)der, i), NULL, &request, &err), -1);
        assert_true(err_is_set(&err));
    }
}

/* One row: who asks for what, what the command grants, what the profile allows. */
static const struct {
    const char *name;
    struct wish wish;
    const char *operator_name, *operator_unit, *operator_san;
    struct {
        const char *name, *unit, *san;
    } allowed;
    const char *says; /* NULL: it is issued */
} grants[] = {
    {"a name alone", {.name = "tab"}, NULL, NULL, NULL, {NULL, NULL, NULL}, NULL},
    {"no name", {.name = NULL}, NULL, NULL, NULL, {NULL, NULL, NULL}, "no CN"},
    {"no name, and the command gives one", {.name = NULL}, "tab", NULL, NULL, {NULL, NULL, NULL}, NULL},
    {"another name than the command's",
     {.name = "eve"},
     "tab",
     NULL,
     NULL,
     {NULL, NULL, NULL},
     "is of \"eve\""},
    {"a unit that nobody grants",
     {.name = "tab", .unit = "admin"},
     NULL,
     NULL,
     NULL,
     {NULL, NULL, NULL},
     "--ou"},
    {"a unit that the command grants",
     {.name = "tab", .unit = "ops"},
     NULL,
     "ops",
     NULL,
     {NULL, NULL, NULL},
     NULL},
    {"another unit than the command's",
     {.name = "tab", .unit = "admin"},
     NULL,
     "ops",
     NULL,
     {NULL, NULL, NULL},
     "not"},
    {"a unit that the profile allows",
     {.name = "tab", .unit = "ops"},
     NULL,
     NULL,
     NULL,
     {NULL, "ops", NULL},
     NULL},
    {"a unit that it does not",
     {.name = "tab", .unit = "admin"},
     NULL,
     NULL,
     NULL,
     {NULL, "ops", NULL},
     "client_ou"},
    {"the command is held to it too", {.name = "tab"}, NULL, "admin", NULL, {NULL, "ops", NULL}, "client_ou"},
    {"no unit where each has one", {.name = "tab"}, NULL, NULL, NULL, {NULL, "ops", NULL}, "add --ou"},
    {"a name that the profile allows", {.name = "a.acme"}, NULL, NULL, NULL, {"*.acme", NULL, NULL}, NULL},
    {"a name that it does not", {.name = "a.evil"}, NULL, NULL, NULL, {"*.acme", NULL, NULL}, "client_name"},
    {"a SAN that nobody grants",
     {.name = "tab", .extensions = {{NID_subject_alt_name, "DNS:gw"}}},
     NULL,
     NULL,
     NULL,
     {NULL, NULL, NULL},
     "--san DNS:gw"},
    {"a SAN that the command grants",
     {.name = "tab", .extensions = {{NID_subject_alt_name, "DNS:gw"}}},
     NULL,
     NULL,
     "gw",
     {NULL, NULL, NULL},
     NULL},
    {"a SAN that the profile allows",
     {.name = "tab", .extensions = {{NID_subject_alt_name, "URI:spiffe://acme/tab"}}},
     NULL,
     NULL,
     NULL,
     {NULL, NULL, "URI:spiffe://acme/*"},
     NULL},
    {"a SAN that it does not",
     {.name = "tab", .extensions = {{NID_subject_alt_name, "URI:spiffe://acme/tab,DNS:gw"}}},
     NULL,
     NULL,
     NULL,
     {NULL, NULL, "URI:spiffe://acme/*"},
     "DNS:gw"},
    {"a wildcard",
     {.name = "tab", .extensions = {{NID_subject_alt_name, "DNS:*.acme"}}},
     NULL,
     NULL,
     NULL,
     {NULL, NULL, "DNS:**"},
     "no alternative name"},
    {"a server's purpose",
     {.name = "tab", .extensions = {{NID_ext_key_usage, "clientAuth,serverAuth"}}},
     NULL,
     NULL,
     NULL,
     {NULL, NULL, NULL},
     "clientAuth"},
};

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static int issue(struct fixture *fixture, size_t row, struct pki_issued *issued, struct err *err)
{
    struct pki_profile *profile;
    struct pki_request *request;
    fixture_must(parse(&grants[row].wish, &request, err), err);
    fixture_must(pki_profile_open(fixture->directory, PKI_WRITE, &fixture->clock, &profile, err), err);
    profile->settings.client_name = copy(grants[row].allowed.name);
    profile->settings.client_ou = copy(grants[row].allowed.unit);
    profile->settings.client_san = copy(grants[row].allowed.san);
    struct pki_issue_options options = {.name = grants[row].operator_name,
                                        .unit = grants[row].operator_unit,
                                        .san = grants[row].operator_san,
                                        .request = request};
    int result = pki_issue(profile, PKI_CLIENT, &options, issued, err);
    if (result == 0) {
        X509 *certificate = fixture_certificate(issued->certificate);
        assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(certificate), pki_request_key(request)), 1);
        X509_free(certificate);
        assert_null(issued->key);
        assert_null(issued->pkcs12);
        assert_int_equal(fixture_verify(fixture, issued->certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    }
    pki_profile_close(profile);
    pki_request_free(request);
    return result;
}

static void a_request_asks_and_the_profile_grants(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(grants); i++) {
        struct err err = {0};
        struct pki_issued issued = {0};
        int result = issue(&fixture, i, &issued, &err);
        if ((result == 0) != (grants[i].says == NULL) ||
            (grants[i].says && !strstr(err.text, grants[i].says)))
            fail_msg("%s: %d, %s", grants[i].name, result, err.text);
        pki_issued_clear(&issued);
    }
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_certificate_could_have_is_refused),
        cmocka_unit_test(a_request_says_what_it_asks_for),
        cmocka_unit_test(a_request_that_is_cut_is_none),
        cmocka_unit_test(a_request_asks_and_the_profile_grants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
