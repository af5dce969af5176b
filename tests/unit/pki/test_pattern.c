/* Which names a profile's patterns let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"

#define DEVICE "123e4567-e89b-12d3-a456-426614174000"

static const struct {
    const char *name, *list, *text;
    bool matches;
} rows[] = {
    {"a word is itself", "sales", "sales", true},
    {"and no prefix of another", "sales", "sales2", false},
    {"nor has one", "sales", "sale", false},
    {"case counts", "sales", "Sales", false},
    {"any of a list", "sales, research ,ops", "research", true},
    {"none of a list", "sales, research", "sales, research", false},
    {"a star is a part", "*.acme.internal", "gw.acme.internal", true},
    {"not two parts", "*.acme.internal", "a.b.acme.internal", false},
    {"not an empty part", "*.acme.internal", ".acme.internal", false},
    {"stars in a row of parts", "*.*.acme", "b1.tab.acme", true},
    {"a star in a word", "branch-*", "branch-7", true},
    {"a star stops at a slash", "URI:spiffe://acme/*", "URI:spiffe://acme/a/b", false},
    {"two stars are anything", "URI:spiffe://acme/**", "URI:spiffe://acme/a/b", true},
    {"but not nothing", "URI:spiffe://acme/**", "URI:spiffe://acme/", false},
    {"what is in front counts", "URI:spiffe://acme/**", "DNS:URI:spiffe://acme/a", false},
    {"two stars give back", "**x**", "axxb", true},
    {"a uuid", "*.{uuid}.acme.internal", "berlin." DEVICE ".acme.internal", true},
    {"a short uuid", "{uuid}", "123e4567-e89b-12d3-a456-42661417400", false},
    {"a long uuid", "{uuid}", DEVICE "0", false},
    {"a uuid of other letters", "{uuid}", "g23e4567-e89b-12d3-a456-426614174000", false},
    {"a uuid without its dashes", "{uuid}", "123e4567ae89b-12d3-a456-426614174000", false},
    {"nothing", "sales", "", false},
    {"a question mark is itself", "s?les", "sales", false},
};

static void names_match_as_their_rows_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct err err = {0};
        assert_int_equal(pki_pattern_check(slice_text(rows[i].list), "client_name", &err), 0);
        if (pki_pattern_match(slice_text(rows[i].list), slice_text(rows[i].text)) != rows[i].matches)
            fail_msg("%s: \"%s\" against \"%s\"", rows[i].name, rows[i].text, rows[i].list);
    }
}

static void a_list_that_is_none_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"", ",", "a,", "a,,b", "{uid}", "{", "a\tb", "a\nb"};
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct err err = {0};
        if (pki_pattern_check(slice_text(bad[i]), "client_name", &err) == 0 ||
            !strstr(err.text, "client_name"))
            fail_msg("\"%s\" is taken for a list: %s", bad[i], err.text);
    }
}

/* A row of stars against a long text is where a matcher that tries all ways never comes back. */
static void time_does_not_explode(void **state)
{
    (void)state;
    char text[PKI_PATTERN_TEXT_MAX + 2], pattern[601];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        pattern[i] = "**a"[i % 3];
    pattern[sizeof pattern - 1] = '\0';
    struct slice most = slice_of(text, PKI_PATTERN_TEXT_MAX);
    assert_true(pki_pattern_match(slice_text(pattern), most));
    pattern[sizeof pattern - 2] = 'b';
    assert_false(pki_pattern_match(slice_text(pattern), most));
    assert_false(pki_pattern_match(SLICE_LITERAL("**"), slice_of(text, PKI_PATTERN_TEXT_MAX + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_as_their_rows_say),
        cmocka_unit_test(a_list_that_is_none_is_refused),
        cmocka_unit_test(time_does_not_explode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
