#include "fixture.h"

static void must_mode(const char *path, mode_t mode)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

static void init_makes_the_layout_of_the_contract(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
    } files[] = {
        {"", 0700},
        {"root", 0700},
        {"root/private", 0700},
        {"root/private/ca.key", 0400},
        {"root/ca.pem", 0644},
        {"root/crl.pem", 0644},
        {"root/index.txt", 0600},
        {"root/index.txt.attr", 0600},
        {"root/serial", 0600},
        {"root/crlnumber", 0600},
        {"root/newcerts", 0700},
        {"intermediate/private/ca.key", 0400},
        {"intermediate/ca.pem", 0644},
        {"intermediate/crl.pem", 0644},
        {"client-ca-bundle.pem", 0644},
        {"crl-bundle.pem", 0644},
        {"audit.log", 0600},
        {"profile.conf", 0600},
    };
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(files); i++)
        must_mode(fixture_path(&fixture, files[i].name), files[i].mode);
    assert_string_equal(fixture_read(fixture_path(&fixture, "root/index.txt.attr")), "unique_subject = no\n");
    X509_STORE *store = X509_STORE_new();
    assert_int_equal(fixture_load(store, fixture_path(&fixture, "client-ca-bundle.pem")), 2);
    assert_int_equal(fixture_load(store, fixture_path(&fixture, "crl-bundle.pem")), 2);
    X509_STORE_free(store);
    fixture_end(&fixture);
}

static void authorities_have_their_path_lengths_and_lives(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        long path_length;
        int days;
    } authorities[] = {{"root/ca.pem", 1, 7305}, {"intermediate/ca.pem", 0, 3652}};
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(authorities); i++) {
        int days = 0, seconds = 0;
        X509 *certificate = fixture_certificate(fixture_path(&fixture, authorities[i].path));
        assert_int_equal(X509_get_pathlen(certificate), authorities[i].path_length);
        assert_int_equal(X509_get_key_usage(certificate), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
        assert_int_equal(X509_check_ca(certificate), 1);
        ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate));
        assert_int_equal(days, authorities[i].days);
        X509_free(certificate);
    }
    fixture_end(&fixture);
}

static void init_refuses_a_profile_that_exists(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    struct pki_init_options options = fixture_init_options(&fixture);
    struct pki_init_result result;
    struct err err = {0};
    char *before = strdup(fixture_read(fixture_path(&fixture, "root/ca.pem")));
    assert_int_equal(pki_init(&options, &result, &err), -1);
    assert_non_null(strstr(err.text, "exists"));
    assert_string_equal(fixture_read(fixture_path(&fixture, "root/ca.pem")), before);
    free(before);
    fixture_end(&fixture);
}

static void a_failed_init_leaves_nothing(void **state)
{
    (void)state;
    static const struct pki_init_options bad[] = {
        {.profile = "a/b"},
        {.profile = "demo", .country = "de"},
        {.profile = "demo", .crl_uri = "ftp://x"},
        {.profile = "demo", .organization = "a\nb"},
        {.profile = "demo", .root_days = 999999},
        {.profile = "a-name-that-leaves-no-room-behind-it-for-intermediate-ca"},
    };
    struct fixture fixture;
    fixture_begin(&fixture);
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct err err = {0};
        struct pki_init_result result;
        struct pki_init_options options = bad[i];
        options.directory = fixture.directory;
        assert_int_equal(pki_init(&options, &result, &err), -1);
        assert_true(err_is_set(&err));
        assert_int_equal(rmdir(fixture.parent), 0);
        assert_int_equal(mkdir(fixture.parent, 0700), 0);
    }
    fixture_end(&fixture);
}

static int eku_count(X509 *certificate)
{
    EXTENDED_KEY_USAGE *value = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    int count = sk_ASN1_OBJECT_num(value);
    EXTENDED_KEY_USAGE_free(value);
    return count;
}

static const struct {
    const char *name;
    enum pki_kind kind;
    enum pki_key_type key;
    uint32_t usage, purpose;
} kinds[] = {
    {"server_p256", PKI_SERVER, PKI_KEY_P256, KU_DIGITAL_SIGNATURE, XKU_SSL_SERVER},
    {"server_rsa", PKI_SERVER, PKI_KEY_RSA2048, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT, XKU_SSL_SERVER},
    {"server_p384", PKI_SERVER, PKI_KEY_P384, KU_DIGITAL_SIGNATURE, XKU_SSL_SERVER},
    {"client_p256", PKI_CLIENT, PKI_KEY_DEFAULT, KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT},
    {"client_rsa", PKI_CLIENT, PKI_KEY_RSA2048, KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT},
    {"client_ed25519", PKI_CLIENT, PKI_KEY_ED25519, KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT},
};

static void a_certificate_has_the_usage_of_its_kind(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
        struct err err = {0};
        struct pki_issued issued;
        struct pki_issue_options options = fixture_issue_options(&fixture, "gw.example.org");
        options.key = kinds[i].key;
        fixture_must(kinds[i].kind == PKI_SERVER ? pki_issue_server(&options, &issued, &err)
                                                 : pki_issue_client(&options, &issued, &err),
                     &err);
        X509 *certificate = fixture_certificate(issued.certificate);
        assert_int_equal(X509_get_key_usage(certificate), kinds[i].usage);
        assert_int_equal(X509_get_extended_key_usage(certificate), kinds[i].purpose);
        assert_int_equal(eku_count(certificate), 1);
        assert_int_equal(X509_check_ca(certificate), 0);
        assert_non_null(X509_get0_subject_key_id(certificate));
        assert_non_null(X509_get0_authority_key_id(certificate));
        bool server = kinds[i].kind == PKI_SERVER;
        assert_int_equal(fixture_verify(&fixture, issued.certificate,
                                        server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT),
                         X509_V_OK);
        assert_int_not_equal(fixture_verify(&fixture, issued.certificate,
                                            server ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER),
                             X509_V_OK);
        must_mode(issued.key, 0400);
        must_mode(issued.directory, 0700);
        X509_free(certificate);
        pki_issued_clear(&issued);
    }
    fixture_end(&fixture);
}

static void every_kind_of_authority_key_issues_and_revokes(void **state)
{
    (void)state;
    static const enum pki_key_type keys[] = {PKI_KEY_P384, PKI_KEY_ED25519, PKI_KEY_RSA2048};
    for (size_t i = 0; i < LENGTH_OF(keys); i++) {
        struct fixture fixture;
        struct pki_issued issued;
        struct pki_init_options options = {.key = keys[i], .single = i % 2 == 0};
        fixture_init(&fixture, &options);
        fixture_client(&fixture, "alice", &issued);
        assert_int_equal(fixture_verify(&fixture, issued.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
        pki_issued_clear(&issued);
        fixture_end(&fixture);
    }
}

static void a_server_is_known_by_its_names(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    struct pki_issue_options options = fixture_issue_options(&fixture, "gw.example.org");
    options.san = "DNS:localhost, 127.0.0.1,IP:::1,gw.example.org,URI:spiffe://example.org/gw";
    fixture_must(pki_issue_server(&options, &issued, &err), &err);
    X509 *certificate = fixture_certificate(issued.certificate);
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 5);
    assert_int_equal(X509_check_host(certificate, "gw.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(certificate, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(certificate, "::1", 0), 1);
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static const struct {
    const char *name;
    enum pki_kind kind;
    struct pki_issue_options options;
    const char *says;
} bad_orders[] = {
    {"no_name", PKI_CLIENT, {0}, "no name"},
    {"slash", PKI_CLIENT, {.name = "a/b"}, "'/'"},
    {"wildcard_client", PKI_CLIENT, {.name = "*.x.org"}, "wildcard"},
    {"unit_of_two_lines", PKI_CLIENT, {.name = "a", .unit = "x\ny"}, "control"},
    {"too_many_days", PKI_CLIENT, {.name = "a", .days = 36526}, "days"},
    {"past_the_issuers_end", PKI_CLIENT, {.name = "a", .days = 3653}, "past the authority's own end"},
    {"empty_passphrase", PKI_CLIENT, {.name = "a", .passphrase = ""}, "--no-passphrase"},
    {"san_of_no_type", PKI_CLIENT, {.name = "a", .san = "dir:x"}, "no alternative name"},
    {"san_that_is_no_address", PKI_SERVER, {.name = "a", .san = "IP:1.2.3"}, "no alternative name"},
    {"san_address_as_dns", PKI_SERVER, {.name = "a", .san = "DNS:1.2.3.4"}, "no alternative name"},
    {"san_empty_between_commas", PKI_SERVER, {.name = "a", .san = "b,,c"}, "no alternative name"},
    {"san_wildcard_of_client", PKI_CLIENT, {.name = "a", .san = "*.x.org"}, "no alternative name"},
    {"server_that_is_no_host", PKI_SERVER, {.name = "my gateway"}, "--san"},
};

static void a_bad_order_issues_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(bad_orders); i++) {
        struct err err = {0};
        struct pki_issued issued;
        struct pki_issue_options options = bad_orders[i].options;
        options.directory = fixture.directory;
        options.clock = &fixture.clock;
        int result = bad_orders[i].kind == PKI_SERVER ? pki_issue_server(&options, &issued, &err)
                                                      : pki_issue_client(&options, &issued, &err);
        if (result == 0 || !strstr(err.text, bad_orders[i].says))
            fail_msg("%s: %s", bad_orders[i].name, result == 0 ? "was issued" : err.text);
        assert_string_equal(fixture_read(fixture_path(&fixture, "intermediate/index.txt")), "");
        assert_int_equal(access(fixture_path(&fixture, "client/a"), F_OK), -1);
        assert_int_equal(access(fixture_path(&fixture, "server/a"), F_OK), -1);
    }
    fixture_end(&fixture);
}

static void days_by_default_end_with_the_issuer(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    struct pki_init_options options = {.intermediate_days = 10};
    fixture_init(&fixture, &options);
    fixture_client(&fixture, "alice", &issued);
    assert_int_equal(issued.not_after_s, FIXTURE_NOW + 10 * FIXTURE_DAY);
    assert_int_equal(fixture_verify(&fixture, issued.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void issuing_again_revokes_the_old_one_as_superseded(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued first, second, other;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &first);
    fixture_client(&fixture, "alice2", &other); /* whose name begins the same */
    char *old = strdup(fixture_path(&fixture, "old.pem"));
    fixture_write(old, fixture_read(first.certificate));
    fixture_client(&fixture, "alice", &second);
    assert_int_equal(second.superseded, 1);
    assert_int_equal(fixture_verify(&fixture, old, X509_PURPOSE_SSL_CLIENT), X509_V_ERR_CERT_REVOKED);
    assert_int_equal(fixture_verify(&fixture, second.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    assert_int_equal(fixture_verify(&fixture, other.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    assert_non_null(strstr(fixture_read(fixture_path(&fixture, "intermediate/index.txt")), "Z,superseded\t"));
    free(old);
    pki_issued_clear(&first);
    pki_issued_clear(&second);
    pki_issued_clear(&other);
    fixture_end(&fixture);
}

static void issuing_again_keeps_what_others_put_into_the_folder(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &issued);
    pki_issued_clear(&issued);
    fixture_write(fixture_path(&fixture, "client/alice/notes.txt"), "mine");
    fixture_client(&fixture, "alice", &issued);
    assert_string_equal(fixture_read(fixture_path(&fixture, "client/alice/notes.txt")), "mine");
    assert_int_equal(access(fixture_path(&fixture, "client/.alice.new"), F_OK), -1);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void a_server_and_a_client_of_one_name_are_two(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_issued client, server;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "app", &client);
    struct pki_issue_options options = fixture_issue_options(&fixture, "app");
    fixture_must(pki_issue_server(&options, &server, &err), &err);
    assert_int_equal(server.superseded, 0);
    assert_int_equal(fixture_verify(&fixture, client.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    pki_issued_clear(&client);
    pki_issued_clear(&server);
    fixture_end(&fixture);
}

static void an_encrypted_root_is_not_needed_to_issue(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    struct pki_init_options options = {.root_passphrase = "correct horse"};
    fixture_init(&fixture, &options);
    assert_non_null(strstr(fixture_read(fixture_path(&fixture, "root/private/ca.key")), "ENCRYPTED"));
    fixture_client(&fixture, "alice", &issued);
    pki_issued_clear(&issued);
    assert_int_equal(unlink(fixture_path(&fixture, "root/private/ca.key")), 0);
    fixture_client(&fixture, "alice", &issued);
    assert_int_equal(fixture_verify(&fixture, issued.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void an_encrypted_single_authority_wants_its_passphrase(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    struct pki_init_options options = {.root_passphrase = "correct horse", .single = true};
    fixture_init(&fixture, &options);
    static const struct {
        const char *passphrase, *says;
    } tries[] = {{NULL, "encrypted"}, {"wrong", "passphrase is wrong"}, {"correct horse", ""}};
    for (size_t i = 0; i < LENGTH_OF(tries); i++) {
        struct err err = {0};
        struct pki_issue_options order = fixture_issue_options(&fixture, "alice");
        order.ca_passphrase = tries[i].passphrase;
        assert_int_equal(pki_issue_client(&order, &issued, &err), *tries[i].says ? -1 : 0);
        assert_non_null(strstr(err.text, tries[i].says));
    }
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void the_profiles_uris_are_in_its_certificates(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    struct pki_init_options options = {.crl_uri = "http://pki.example.org/i.crl",
                                       .ocsp_uri = "http://ocsp.example.org/"};
    fixture_init(&fixture, &options);
    fixture_client(&fixture, "alice", &issued);
    X509 *certificate = fixture_certificate(issued.certificate);
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(sk_DIST_POINT_value(points, 0)->distpoint->name.fullname,
                                                     0);
    assert_string_equal((const char *)name->d.uniformResourceIdentifier->data, options.crl_uri);
    STACK_OF(OPENSSL_STRING) *ocsp = X509_get1_ocsp(certificate);
    assert_string_equal(sk_OPENSSL_STRING_value(ocsp, 0), options.ocsp_uri);
    assert_int_equal(fixture_verify(&fixture, issued.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    X509_email_free(ocsp);
    CRL_DIST_POINTS_free(points);
    X509_free(certificate);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_makes_the_layout_of_the_contract),
        cmocka_unit_test(authorities_have_their_path_lengths_and_lives),
        cmocka_unit_test(init_refuses_a_profile_that_exists),
        cmocka_unit_test(a_failed_init_leaves_nothing),
        cmocka_unit_test(a_certificate_has_the_usage_of_its_kind),
        cmocka_unit_test(every_kind_of_authority_key_issues_and_revokes),
        cmocka_unit_test(a_server_is_known_by_its_names),
        cmocka_unit_test(a_bad_order_issues_nothing),
        cmocka_unit_test(days_by_default_end_with_the_issuer),
        cmocka_unit_test(issuing_again_revokes_the_old_one_as_superseded),
        cmocka_unit_test(issuing_again_keeps_what_others_put_into_the_folder),
        cmocka_unit_test(a_server_and_a_client_of_one_name_are_two),
        cmocka_unit_test(an_encrypted_root_is_not_needed_to_issue),
        cmocka_unit_test(an_encrypted_single_authority_wants_its_passphrase),
        cmocka_unit_test(the_profiles_uris_are_in_its_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
