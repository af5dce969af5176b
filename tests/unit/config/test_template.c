/* Templates: cut into parts, checked once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "postern/base/attributes.h"
#include "postern/config/template.h"

/* "[text]{name}" for each part. */
static void describe(const struct template *template, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        if (part->variable == TEMPLATE_LITERAL)
            length += (size_t)snprintf(out + length, size - length, "[%.*s]", SLICE_ARG(part->literal));
        else
            length += (size_t)snprintf(out + length, size - length, "{%s}",
                                       template_variable_name(part->variable));
    }
}

static void templates_are_cut_into_literals_and_variables(void **state)
{
    (void)state;
    static const struct {
        const char *text, *parts;
    } rows[] = {
        {"${cn}", "{cn}"},
        {"plain", "[plain]"},
        {"CN=${cn};O=${o}", "[CN=]{cn}[;O=]{o}"},
        {"${cn}${ou}", "{cn}{ou}"},
        {"$$", "[$]"},
        {"$${cn}", "[$][{cn}]"},
        {"a$$b$$$${pem}", "[a][$][b][$][$][{pem}]"},
        {"$$${pem}", "[$]{pem}"},
        {"}{", "[}{]"},
        {"${subject}${issuer}${serial}${fingerprint}${not_after}",
         "{subject}{issuer}{serial}{fingerprint}{not_after}"},
        {"${san_dns}${san_uri}${san_email}${san_ip}${spiffe_id}${verify}",
         "{san_dns}{san_uri}{san_email}{san_ip}{spiffe_id}{verify}"},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char parts[400];
        struct arena arena;
        struct template template;
        struct err err = {.line = 0};
        size_t length = strlen(rows[i].text);
        char *guarded = guard_copy(rows[i].text, length);
        arena_init(&arena, 4096);
        assert_int_equal(template_parse(slice_of(guarded, length), &arena, &template, &err), 0);
        guard_free(guarded, length);
        /* The parts live in the arena, not in what was parsed. */
        describe(&template, parts, sizeof(parts));
        assert_string_equal(parts, rows[i].parts);
        arena_clear(&arena);
    }
}

static void what_is_no_template_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "is empty"},
        {"$", "begins no variable"},
        {"a$", "begins no variable"},
        {"$cn", "begins no variable"},
        {"$$$", "begins no variable"},
        {"${", "without its '}'"},
        {"${cn", "without its '}'"},
        {"${}", "'${}' is not known; one of ${subject} ${issuer} ${cn} "},
        {"${CN}", "did you mean '${cn}'?"},
        {"${ cn }", "is not known"},
        {"${fingerprnt}", "did you mean '${fingerprint}'?"},
        {"${${cn}}", "is not known"},
        {"a\tb", "outside printable ASCII"},
        {"\x7F", "outside printable ASCII"},
        {"\xC3\xA9", "outside printable ASCII"},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct arena arena;
        struct template template;
        struct err err = {.line = 0};
        arena_init(&arena, 4096);
        assert_int_equal(template_parse(slice_text(rows[i].text), &arena, &template, &err), -1);
        if (strstr(err.text, rows[i].error) == NULL)
            fail_msg("%s: %s", rows[i].text, err.text);
        arena_clear(&arena);
    }
}

static void an_arena_without_room_is_an_error(void **state)
{
    (void)state;
    struct arena arena;
    struct template template;
    struct err err = {.line = 0};
    arena_init(&arena, 16);
    assert_int_equal(template_parse(slice_text("${cn}"), &arena, &template, &err), -1);
    assert_true(err_is_set(&err));
    arena_clear(&arena);
}

static void every_variable_has_name_and_help(void **state)
{
    (void)state;
    assert_string_equal(template_variable_name(TEMPLATE_LITERAL), "");
    for (unsigned i = TEMPLATE_LITERAL + 1; i < TEMPLATE_VARIABLE_COUNT; i++) {
        assert_true(template_variable_name(i)[0] != '\0');
        assert_true(template_variable_help(i)[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_cut_into_literals_and_variables),
        cmocka_unit_test(what_is_no_template_is_refused),
        cmocka_unit_test(an_arena_without_room_is_an_error),
        cmocka_unit_test(every_variable_has_name_and_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
