#include "fixture.h"

#include "postern/pki/describe.h"

static int take_back(struct fixture *fixture, struct pki_revoke_options options, struct pki_revoked *out,
                     struct err *err)
{
    *err = (struct err){0};
    options.directory = fixture->directory;
    options.clock = &fixture->clock;
    return pki_revoke(&options, out, err);
}

static void must_revoke(struct fixture *fixture, struct pki_revoke_options options, size_t count)
{
    struct err err;
    struct pki_revoked revoked;
    fixture_must(take_back(fixture, options, &revoked, &err), &err);
    assert_int_equal(revoked.count, count);
    pki_revoked_clear(&revoked);
}

static void must_refuse(struct fixture *fixture, struct pki_revoke_options options, const char *says)
{
    struct err err;
    struct pki_revoked revoked;
    assert_int_equal(take_back(fixture, options, &revoked, &err), -1);
    if (!strstr(err.text, says))
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static X509_CRL *crl_of(struct fixture *fixture, const char *role)
{
    char name[64];
    snprintf(name, sizeof name, "%s/crl.pem", role);
    FILE *file = fopen(fixture_path(fixture, name), "re");
    assert_non_null(file);
    X509_CRL *crl = PEM_read_X509_CRL(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(crl);
    return crl;
}

static void a_revoked_client_is_refused_and_the_others_are_not(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued alice, alice2;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &alice);
    fixture_client(&fixture, "alice2", &alice2);
    must_refuse(&fixture, (struct pki_revoke_options){.name = "ali"}, "no valid certificate");
    must_revoke(&fixture, (struct pki_revoke_options){.name = "alice"}, 1);
    assert_int_equal(fixture_verify(&fixture, alice.certificate, X509_PURPOSE_SSL_CLIENT),
                     X509_V_ERR_CERT_REVOKED);
    assert_int_equal(fixture_verify(&fixture, alice2.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    must_refuse(&fixture, (struct pki_revoke_options){.name = "alice"}, "revoked already");
    must_refuse(&fixture, (struct pki_revoke_options){.serial = alice.serial}, "revoked already");
    pki_issued_clear(&alice);
    pki_issued_clear(&alice2);
    fixture_end(&fixture);
}

static void a_serial_a_unit_or_all_can_be_revoked(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        struct pki_issue_options options = fixture_issue_options(&fixture, names[i]);
        options.unit = i < 2 ? "sales" : NULL;
        fixture_must(pki_issue_client(&options, &issued, &err), &err);
        if (i < 3)
            pki_issued_clear(&issued);
    }
    must_revoke(&fixture, (struct pki_revoke_options){.unit = "sales"}, 2);
    must_refuse(&fixture, (struct pki_revoke_options){.unit = "sal"}, "no valid certificate");
    must_revoke(&fixture, (struct pki_revoke_options){.serial = issued.serial}, 1);
    must_refuse(&fixture, (struct pki_revoke_options){.serial = "1234"}, "no certificate has this serial");
    must_revoke(&fixture, (struct pki_revoke_options){.all = true}, 1);
    must_refuse(&fixture, (struct pki_revoke_options){.all = true}, "no valid certificate");
    must_refuse(&fixture, (struct pki_revoke_options){.all = true, .name = "a"}, "say one of");
    must_refuse(&fixture, (struct pki_revoke_options){0}, "say one of");
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void a_name_of_a_server_and_a_client_is_ambiguous(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_issued client, server;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "app", &client);
    struct pki_issue_options options = fixture_issue_options(&fixture, "app");
    fixture_must(pki_issue_server(&options, &server, &err), &err);
    must_refuse(&fixture, (struct pki_revoke_options){.name = "app"}, "--server or --client");
    must_revoke(&fixture, (struct pki_revoke_options){.name = "app", .kind = PKI_SERVER}, 1);
    assert_int_equal(fixture_verify(&fixture, client.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    must_revoke(&fixture, (struct pki_revoke_options){.name = "app"}, 1);
    pki_issued_clear(&client);
    pki_issued_clear(&server);
    fixture_end(&fixture);
}

static void what_has_expired_needs_no_revocation(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &issued);
    fixture.now_s += 31 * FIXTURE_DAY;
    must_refuse(&fixture, (struct pki_revoke_options){.name = "alice"}, "no valid certificate");
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static const struct {
    enum pki_reason reason;
    long code; /* in the CRL; -1: none */
} reasons[] = {
    {PKI_REASON_UNSPECIFIED, -1},     {PKI_REASON_KEY_COMPROMISE, 1},      {PKI_REASON_SUPERSEDED, 4},
    {PKI_REASON_CERTIFICATE_HOLD, 6}, {PKI_REASON_PRIVILEGE_WITHDRAWN, 9},
};

/* RFC 5280 §5.1, §5.2.1, §5.2.3, §5.3.1. */
static void the_crl_is_as_rfc_5280_wants_it(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(reasons); i++) {
        fixture_client(&fixture, "alice", &issued);
        must_revoke(&fixture, (struct pki_revoke_options){.name = "alice", .reason = reasons[i].reason}, 1);
        X509_CRL *crl = crl_of(&fixture, "intermediate");
        X509 *issuer = fixture_certificate(fixture_path(&fixture, "intermediate/ca.pem"));
        assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
        assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
        assert_int_equal(X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1) >= 0, 1);
        ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
        assert_int_equal(ASN1_INTEGER_get(number), (long)i + 2); /* 1 was the empty one */
        X509_REVOKED *entry = NULL;
        X509 *certificate = fixture_certificate(issued.certificate);
        assert_int_equal(X509_CRL_get0_by_cert(crl, &entry, certificate), 1);
        ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
        assert_int_equal(reason ? ASN1_ENUMERATED_get(reason) : -1, reasons[i].code);
        ASN1_ENUMERATED_free(reason);
        ASN1_INTEGER_free(number);
        X509_free(certificate);
        X509_free(issuer);
        X509_CRL_free(crl);
        pki_issued_clear(&issued);
    }
    fixture_end(&fixture);
}

static void crls_live_as_long_as_the_contract_says(void **state)
{
    (void)state;
    static const struct {
        const char *role;
        int days;
    } rows[] = {{"root", 365}, {"intermediate", 30}};
    struct fixture fixture;
    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int days = 0, seconds = 0;
        X509_CRL *crl = crl_of(&fixture, rows[i].role);
        ASN1_TIME_diff(&days, &seconds, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl));
        assert_int_equal(days, rows[i].days);
        assert_int_equal(seconds, 0);
        X509_CRL_free(crl);
    }
    fixture_end(&fixture);
}

static void an_entry_stays_a_crls_life_after_its_certificate(void **state)
{
    (void)state;
    static const struct {
        int64_t days; /* from now on */
        size_t count;
    } rows[] = {{0, 1}, {31, 1}, {59, 1}, {61, 0}};
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &issued); /* 30 days */
    must_revoke(&fixture, (struct pki_revoke_options){.name = "alice"}, 1);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct err err = {0};
        struct pki_refreshed refreshed;
        struct pki_refresh_options options = {.directory = fixture.directory, .clock = &fixture.clock};
        fixture.now_s = FIXTURE_NOW + rows[i].days * FIXTURE_DAY;
        fixture_must(pki_refresh(&options, &refreshed, &err), &err);
        assert_int_equal(refreshed.intermediate.count, rows[i].count);
        pki_refreshed_clear(&refreshed);
    }
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void refreshing_without_the_roots_key_keeps_its_crl_while_it_lasts(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_refreshed refreshed;
    fixture_init(&fixture, NULL);
    struct pki_refresh_options options = {.directory = fixture.directory, .clock = &fixture.clock};
    assert_int_equal(unlink(fixture_path(&fixture, "root/private/ca.key")), 0);
    fixture.now_s += 364 * FIXTURE_DAY;
    fixture_must(pki_refresh(&options, &refreshed, &err), &err);
    assert_true(refreshed.root_kept);
    assert_int_equal(refreshed.root.next_update_s, FIXTURE_NOW + 365 * FIXTURE_DAY);
    assert_int_equal(refreshed.intermediate.next_update_s, fixture.now_s + 30 * FIXTURE_DAY);
    pki_refreshed_clear(&refreshed);
    fixture.now_s += 2 * FIXTURE_DAY;
    assert_int_equal(pki_refresh(&options, &refreshed, &err), -1);
    assert_true(err_is_set(&err));
    /* The Intermediate's was refreshed all the same. */
    X509_CRL *crl = crl_of(&fixture, "intermediate");
    time_t now = (time_t)(fixture.now_s + 29 * FIXTURE_DAY);
    assert_int_equal(X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &now), 1);
    X509_CRL_free(crl);
    fixture_end(&fixture);
}

static void only_a_hold_can_be_lifted(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_issued alice, bob;
    struct pki_revoked revoked;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &alice);
    fixture_client(&fixture, "bob", &bob);
    must_revoke(&fixture, (struct pki_revoke_options){.name = "alice", .reason = PKI_REASON_CERTIFICATE_HOLD},
                1);
    must_revoke(&fixture, (struct pki_revoke_options){.name = "bob", .reason = PKI_REASON_KEY_COMPROMISE}, 1);
    assert_int_equal(fixture_verify(&fixture, alice.certificate, X509_PURPOSE_SSL_CLIENT),
                     X509_V_ERR_CERT_REVOKED);
    struct pki_revoke_options options = {
        .directory = fixture.directory, .clock = &fixture.clock, .name = "alice"};
    fixture_must(pki_unrevoke(&options, &revoked, &err), &err);
    pki_revoked_clear(&revoked);
    assert_int_equal(fixture_verify(&fixture, alice.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    options.name = "bob";
    assert_int_equal(pki_unrevoke(&options, &revoked, &err), -1);
    assert_int_equal(fixture_verify(&fixture, bob.certificate, X509_PURPOSE_SSL_CLIENT),
                     X509_V_ERR_CERT_REVOKED);
    pki_issued_clear(&alice);
    pki_issued_clear(&bob);
    fixture_end(&fixture);
}

static void each_act_has_its_line_in_the_audit_log(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &issued);
    must_revoke(&fixture, (struct pki_revoke_options){.name = "alice", .reason = PKI_REASON_KEY_COMPROMISE},
                1);
    char expected[512];
    const char *log = fixture_read(fixture_path(&fixture, "audit.log"));
    assert_non_null(strstr(log, "\"act\":\"init\""));
    snprintf(expected, sizeof expected,
             "{\"time\":\"2026-03-01T12:00:00Z\",\"act\":\"issue\",\"kind\":\"client\",\"name\":\"alice\","
             "\"serial\":\"%s\",\"not_after\":\"2026-03-31T12:00:00Z\"",
             issued.serial);
    assert_non_null(strstr(log, expected));
    snprintf(expected, sizeof expected,
             "\"act\":\"revoke\",\"name\":\"alice\",\"serial\":\"%s\",\"reason\":\"keyCompromise\"",
             issued.serial);
    assert_non_null(strstr(log, expected));
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void a_name_that_is_missing_from_newcerts_is_revoked_by_its_line(void **state)
{
    (void)state;
    struct fixture fixture;
    struct pki_issued issued;
    char file[128];
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "J\xc3\xbcrgen", &issued);
    snprintf(file, sizeof file, "intermediate/newcerts/%s.pem", issued.serial);
    assert_int_equal(unlink(fixture_path(&fixture, file)), 0);
    must_revoke(&fixture, (struct pki_revoke_options){.name = "J\xc3\xbcrgen"}, 1);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

static void damage_is_told_with_its_line_and_changes_nothing(void **state)
{
    (void)state;
    struct err err;
    struct fixture fixture;
    struct pki_issued issued;
    struct pki_revoked revoked;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &issued);
    char *index = strdup(fixture_path(&fixture, "intermediate/index.txt"));
    char text[1024];
    snprintf(text, sizeof text, "%.512sV\t2606", fixture_read(index));
    fixture_write(index, text);
    assert_int_equal(take_back(&fixture, (struct pki_revoke_options){.name = "alice"}, &revoked, &err), -1);
    assert_string_equal(err.path, index);
    assert_int_equal(err.line, 2);
    assert_string_equal(fixture_read(index), text);
    free(index);
    pki_issued_clear(&issued);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revoked_client_is_refused_and_the_others_are_not),
        cmocka_unit_test(a_serial_a_unit_or_all_can_be_revoked),
        cmocka_unit_test(a_name_of_a_server_and_a_client_is_ambiguous),
        cmocka_unit_test(what_has_expired_needs_no_revocation),
        cmocka_unit_test(the_crl_is_as_rfc_5280_wants_it),
        cmocka_unit_test(crls_live_as_long_as_the_contract_says),
        cmocka_unit_test(an_entry_stays_a_crls_life_after_its_certificate),
        cmocka_unit_test(refreshing_without_the_roots_key_keeps_its_crl_while_it_lasts),
        cmocka_unit_test(only_a_hold_can_be_lifted),
        cmocka_unit_test(each_act_has_its_line_in_the_audit_log),
        cmocka_unit_test(a_name_that_is_missing_from_newcerts_is_revoked_by_its_line),
        cmocka_unit_test(damage_is_told_with_its_line_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
