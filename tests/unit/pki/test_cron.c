#include "fixture.h"

#include "postern/pki/cron.h"

/* What was told, a line each; warnings with '!' in front. */
struct told {
    char text[8192];
};

static void tell(void *context, bool is_warning, const char *text)
{
    struct told *told = context;
    size_t used = strlen(told->text);
    snprintf(told->text + used, sizeof told->text - used, "%s%s\n", is_warning ? "!" : "", text);
}

static int run(struct fixture *fixture, bool always, struct told *told)
{
    struct err err = {0};
    *told = (struct told){0};
    const struct pki_cron_options options = {.directory = fixture->directory,
                                             .always = always,
                                             .days = PKI_CRON_DAYS_DEFAULT,
                                             .clock = &fixture->clock,
                                             .tell = tell,
                                             .context = told};
    int result = pki_cron(&options, &err);
    fixture_must(result < 0, &err);
    return result;
}

static void must_say(const struct told *told, const char *what, bool expected)
{
    if ((strstr(told->text, what) != NULL) != expected)
        fail_msg("%s: \"%s\" in:\n%s", expected ? "missing" : "unexpected", what, told->text);
}

static void crls_are_made_anew_past_two_thirds_of_their_life(void **state)
{
    (void)state;
    struct fixture fixture;
    struct told told;
    static const struct {
        int days;
        bool always, renewed;
    } rows[] = {
        {0, false, false}, {0, true, true}, {19, false, false}, {20, false, true}, {21, false, false}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        fixture_init(&fixture, NULL);
        fixture.now_s += rows[i].days * FIXTURE_DAY;
        if (rows[i].days == 21) { /* somebody else has made them since */
            fixture.now_s -= FIXTURE_DAY;
            assert_int_equal(run(&fixture, true, &told), 0);
            fixture.now_s += FIXTURE_DAY;
        }
        assert_int_equal(run(&fixture, rows[i].always, &told), 0);
        must_say(&told, "new CRLs", rows[i].renewed);
        fixture_end(&fixture);
    }
}

static void a_signer_is_made_and_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    struct told told;
    fixture_init(&fixture, NULL);
    assert_int_equal(run(&fixture, false, &told), 0);
    must_say(&told, "OCSP answers of the intermediate", true);
    must_say(&told, "OCSP answers of the root", true);
    assert_int_equal(run(&fixture, false, &told), 0);
    must_say(&told, "OCSP", false);
    fixture_end(&fixture);
}

static void a_root_whose_key_is_away_is_no_hindrance_until_its_list_ends(void **state)
{
    (void)state;
    struct fixture fixture;
    struct told told;
    fixture_init(&fixture, NULL);
    assert_int_equal(unlink(fixture_path(&fixture, "root/private/ca.key")), 0);
    assert_int_equal(run(&fixture, false, &told), 0);
    must_say(&told, "of the root", false);
    fixture.now_s += 250 * FIXTURE_DAY;
    assert_int_equal(run(&fixture, false, &told), 1);
    must_say(&told, "!the CRL of the root ends in", true);
    must_say(&told, "new CRLs", true);
    assert_int_equal(run(&fixture, false, &told), 1);
    must_say(&told, "new CRLs", false);
    fixture_end(&fixture);
}

static void certificates_that_end_soon_are_named_unless_they_have_a_successor(void **state)
{
    (void)state;
    struct fixture fixture;
    struct told told;
    struct pki_issued issued;
    fixture_init(&fixture, NULL);
    fixture_client(&fixture, "alice", &issued);
    pki_issued_clear(&issued);
    assert_int_equal(run(&fixture, false, &told), 0);
    fixture.now_s += 17 * FIXTURE_DAY;
    assert_int_equal(run(&fixture, false, &told), 1);
    must_say(&told, "!client \"alice\" ends at 2026-03-31T12:00:00Z", true);
    fixture_client(&fixture, "alice", &issued);
    pki_issued_clear(&issued);
    assert_int_equal(run(&fixture, false, &told), 0);
    fixture.now_s += 31 * FIXTURE_DAY;
    assert_int_equal(run(&fixture, false, &told), 1);
    must_say(&told, "!client \"alice\" has ended", true);
    fixture_end(&fixture);
}

static void authorities_are_warned_of_half_a_year_before(void **state)
{
    (void)state;
    struct fixture fixture;
    struct told told;
    fixture_begin(&fixture);
    struct pki_init_options options = fixture_init_options(&fixture);
    options.intermediate_days = 200;
    fixture_init(&fixture, &options);
    assert_int_equal(run(&fixture, false, &told), 0);
    fixture.now_s += 21 * FIXTURE_DAY;
    assert_int_equal(run(&fixture, false, &told), 1);
    must_say(&told, "!the certificate of the intermediate ends in", true);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crls_are_made_anew_past_two_thirds_of_their_life),
        cmocka_unit_test(a_signer_is_made_and_kept),
        cmocka_unit_test(a_root_whose_key_is_away_is_no_hindrance_until_its_list_ends),
        cmocka_unit_test(certificates_that_end_soon_are_named_unless_they_have_a_successor),
        cmocka_unit_test(authorities_are_warned_of_half_a_year_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
