#include "fixture.h"

#include "postern/pki/settings.h"

static const struct {
    const char *name, *text;
    unsigned line; /* of the mistake; 0: none */
} files[] = {
    {"empty", "", 0},
    {"all",
     "organization = Acme A/S\ncountry=DK\ncrl_uri = http://a/b\nroot_crl_uri = http://a/c\n"
     "ocsp_uri = https://a/d\ncrl_days = 7\nroot_crl_days = 400\nserver_days = 10\nclient_days = 5\n",
     0},
    {"comments", "# a\n\n  # b\n  crl_days  =  3  \n", 0},
    {"unknown_key", "crl_day = 3\n", 1},
    {"twice", "crl_days = 3\ncrl_days = 3\n", 2},
    {"without_equals", "\ncrl_days\n", 2},
    {"no_days", "crl_days = 0\n", 1},
    {"too_many_days", "crl_days = 36526\n", 1},
    {"days_of_letters", "crl_days = x\n", 1},
    {"bad_country", "country = Denmark\n", 1},
    {"bad_uri", "ocsp_uri = ldap://x\n", 1},
    {"empty_organization", "organization =\n", 1},
};

static void files_are_read_as_the_table_says(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture);
    char path[128];
    snprintf(path, sizeof path, "%s/profile.conf", fixture.parent);
    for (size_t i = 0; i < LENGTH_OF(files); i++) {
        struct err err = {0};
        struct pki_settings settings;
        fixture_write(path, files[i].text);
        int result = pki_settings_load(&settings, path, &err);
        if (result != (files[i].line ? -1 : 0))
            fail_msg("%s: %s", files[i].name, result == 0 ? "was let in" : err.text);
        assert_int_equal(err.line, files[i].line);
        pki_settings_clear(&settings);
    }
    fixture_end(&fixture);
}

static void what_is_saved_is_loaded(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture fixture;
    struct pki_settings settings, loaded;
    fixture_begin(&fixture);
    char path[128];
    snprintf(path, sizeof path, "%s/profile.conf", fixture.parent);
    pki_settings_init(&settings);
    settings.organization = strdup("Acme A/S");
    settings.ocsp_uri = strdup("http://ocsp.example.org");
    settings.crl_days = 3;
    fixture_must(pki_settings_save(&settings, path, &err), &err);
    fixture_must(pki_settings_load(&loaded, path, &err), &err);
    assert_string_equal(loaded.organization, settings.organization);
    assert_string_equal(loaded.ocsp_uri, settings.ocsp_uri);
    assert_null(loaded.country);
    assert_int_equal(loaded.crl_days, 3);
    assert_int_equal(loaded.root_crl_days, 365);
    pki_settings_clear(&settings);
    pki_settings_clear(&loaded);
    fixture_end(&fixture);
}

static void a_missing_file_means_the_defaults(void **state)
{
    (void)state;
    struct err err = {0};
    struct pki_settings settings;
    fixture_must(pki_settings_load(&settings, "/nonexistent/profile.conf", &err), &err);
    assert_int_equal(settings.crl_days, 30);
    assert_int_equal(settings.client_days, 30);
    assert_int_equal(settings.server_days, 90);
    pki_settings_clear(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_as_the_table_says),
        cmocka_unit_test(what_is_saved_is_loaded),
        cmocka_unit_test(a_missing_file_means_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
