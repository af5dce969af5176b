#include "fixture.h"

#include "postern/pki/name.h"

struct row {
    const char *name;
    struct slice text;
    enum pki_name_use use;
    bool good;
};
#define C PKI_NAME_CLIENT
#define S PKI_NAME_SERVER
#define ROW(name, text, use, good)                                                                           \
    {                                                                                                        \
        name, {"" text, sizeof(text) - 1}, use, good                                                         \
    }
#define CHARACTERS_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* RFC 5280 §4.1.2.6, appendix A.1; RFC 6125 §6.4.3; RFC 3629 §3. */
static const struct row names[] = {
    ROW("plain", "alice", C, true),
    ROW("device", "b12.0f6c1b1e-77aa-4d6e-9c6b-2f8a1f6b2c3d.acme.internal", C, true),
    ROW("space_within", "Alice Smith", C, true),
    ROW("utf8", "J\xc3\xbcrgen", C, true),
    ROW("longest", CHARACTERS_64, C, true),
    ROW("too_long", CHARACTERS_64 "a", C, false),
    ROW("empty", "", C, false),
    ROW("slash", "a/b", C, false),
    ROW("parent", "..", C, false),
    ROW("climbing", "../x", C, false),
    ROW("backslash", "a\\b", C, false),
    ROW("nul", "a\0b", C, false),
    ROW("cr", "a\rb", C, false),
    ROW("lf", "a\nb", C, false),
    ROW("tab", "a\tb", C, false),
    ROW("del", "a\x7f", C, false),
    ROW("c1_control", "a\xc2\x85", C, false),
    ROW("right_to_left_override", "a\xe2\x80\xae", C, false),
    ROW("leading_dot", ".alice", C, false),
    ROW("leading_dash", "-alice", C, false),
    ROW("leading_space", " alice", C, false),
    ROW("trailing_space", "alice ", C, false),
    ROW("wildcard_of_a_client", "*.example.org", C, false),
    ROW("star_within", "a*b", C, false),
    ROW("wildcard_of_a_server", "*.example.org", S, true),
    ROW("wildcard_not_first", "a.*.org", S, false),
    ROW("wildcard_in_a_label", "a*.example.org", S, false),
    ROW("wildcard_alone", "*", S, false),
    ROW("wildcard_twice", "*.*.org", S, false),
    ROW("latin1", "J\xfcrgen", C, false),
    ROW("utf8_overlong", "\xc0\xaf", C, false),
    ROW("utf8_cut", "a\xe2\x82", C, false),
    ROW("utf8_surrogate", "\xed\xa0\x80", C, false),
    ROW("utf8_beyond", "\xf4\x90\x80\x80", C, false),
};

static void names_are_judged_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        struct err err = {0};
        bool good = pki_name_check(names[i].text, names[i].use, &err) == 0;
        if (good != names[i].good)
            fail_msg("%s: %s", names[i].name, good ? "was let in" : err.text);
        assert_int_equal(err_is_set(&err), !good);
    }
}

static const struct {
    const char *text;
    bool good;
} attributes[] = {
    {"Acme", true}, {"Acme A/S", true}, {"-x.y", true}, {"a/CN=alice", false}, {"a\nb", false}, {"", false},
};

static void attributes_that_read_as_two_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(attributes); i++) {
        struct err err = {0};
        assert_int_equal(pki_name_check_attribute(slice_text(attributes[i].text), "unit", &err),
                         attributes[i].good ? 0 : -1);
    }
}

static const struct {
    const char *text;
    bool wildcard, good;
} hosts[] = {
    {"localhost", false, true},      {"gw.example.org", false, true}, {"*.example.org", true, true},
    {"*.example.org", false, false}, {"a..b", false, false},          {"a.", false, false},
    {"-a.b", false, false},          {"a_b", false, false},           {"", false, false},
    {"a b", false, false},
};

static void host_names_are_letters_digits_and_dashes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(hosts); i++)
        assert_int_equal(pki_name_is_dns(slice_text(hosts[i].text), hosts[i].wildcard), hosts[i].good);
}

static const struct {
    const char *text;
    bool good;
} uris[] = {
    {"http://pki.example.org/a.crl", true},
    {"https://x", true},
    {"ldap://x", false},
    {"http://", false},
    {"http://a b", false},
    {"http://a\"b", false},
    {"", false},
};

static void uris_are_http_without_strange_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(uris); i++) {
        struct err err = {0};
        assert_int_equal(pki_name_check_uri(slice_text(uris[i].text), "crl_uri", &err),
                         uris[i].good ? 0 : -1);
    }
}

static void a_country_is_two_capitals(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(pki_name_check_country(slice_text("DE"), &err), 0);
    assert_int_equal(pki_name_check_country(slice_text("de"), &err), -1);
    assert_int_equal(pki_name_check_country(slice_text("DEU"), &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_judged_as_the_table_says),
        cmocka_unit_test(attributes_that_read_as_two_are_refused),
        cmocka_unit_test(host_names_are_letters_digits_and_dashes),
        cmocka_unit_test(uris_are_http_without_strange_bytes),
        cmocka_unit_test(a_country_is_two_capitals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
