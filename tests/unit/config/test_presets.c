/* The names that only Postern writes (P2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "postern/base/attributes.h"
#include "postern/config/config.h"

#define START                                                                                                \
    "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a\nprivate_key = b\n[client_auth]\ntrust = c\n" \
    "[backend one]\nserver = a:1\n[route /]\nbackend = one\n"

static struct config *parse(const char *text)
{
    struct err err = {.line = 0};
    struct config *config = config_parse("p.ini", slice_text(text), &err);
    if (config == NULL)
        fail_msg("%s", err.text);
    return config;
}

/* The name flush against an unreadable page. */
static bool is_owned(const struct config *config, const char *name)
{
    size_t length = strlen(name);
    char *guarded = guard_copy(name, length);
    bool owned = config_owned_name(config, slice_of(guarded, length));
    guard_free(guarded, length);
    return owned;
}

static void change_case(char *name, unsigned pattern)
{
    for (size_t i = 0; name[i] != '\0'; i++) {
        if (name[i] >= 'A' && name[i] <= 'Z' && (pattern & 1) != 0)
            name[i] = (char)(name[i] + ('a' - 'A'));
        else if (name[i] >= 'a' && name[i] <= 'z' && (pattern & 2) != 0)
            name[i] = (char)(name[i] - ('a' - 'A'));
        else if (name[i] == '-' && (pattern & 4) != 0)
            name[i] = '_';
    }
}

/* P2: of all presets, whichever is chosen, in any case and with '_'. */
static void every_presets_names_are_owned_always(void **state)
{
    (void)state;
    size_t count = 0;
    const struct preset_field *fields = preset_fields(&count);
    struct config *none = parse(START "[identity]\npreset = none\n");
    for (size_t i = 0; i < count; i++)
        for (unsigned pattern = 0; pattern < 8; pattern++) {
            char name[64];
            snprintf(name, sizeof(name), "%s", fields[i].name);
            change_case(name, pattern);
            if (!is_owned(none, name))
                fail_msg("%s passes", name);
        }
    config_free(none);
}

static void configured_names_are_owned_too(void **state)
{
    (void)state;
    struct config *config = parse(START "[identity]\nX-Department = ${ou}\nX-A = ${cn}\n");
    static const struct {
        const char *name;
        bool owned;
    } rows[] = {
        {"X-Department", true},
        {"x_department", true},
        {"X-DEPARTMENT", true},
        {"X.Department", true},
        {"X-A", true},
        {"x_a", true},
        {"X-Departments", false},
        {"X-Departmen", false},
        {"X-B", false},
        {"Department", false},
        {"", false},
        {"X", false},
        {"Host", false},
        {"Content-Type", false},
        {"Cookie", false},
        {"X-Client-Foo", false},
        {"X-Forwarded-For", false},
        {"Client-Certs", false},
        {"Client-Cert", true},
        {"CLIENT_CERT_CHAIN", true},
        {"x-forwarded_client-cert", true},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (is_owned(config, rows[i].name) != rows[i].owned)
            fail_msg("%s", rows[i].name);
    config_free(config);
}

static void a_name_of_another_configuration_is_not_owned(void **state)
{
    (void)state;
    struct config *config = parse(START);
    assert_false(is_owned(config, "X-Department"));
    config_free(config);
}

static void the_longest_names_are_owned(void **state)
{
    (void)state;
    char text[1000], name[80] = "X-", longer[96];
    memset(name + 2, 'n', 62);
    snprintf(text, sizeof(text), START "[identity]\n%s = ${cn}\n", name);
    struct config *config = parse(text);
    assert_true(is_owned(config, name));
    snprintf(longer, sizeof(longer), "%sn", name);
    assert_false(is_owned(config, longer));
    config_free(config);
}

static void many_configured_names_are_all_found(void **state)
{
    (void)state;
    char text[4000];
    size_t length = (size_t)snprintf(text, sizeof(text), START "[identity]\n");
    for (unsigned i = 0; i < 64; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "X-Field-%u = ${cn}\n", i);
    struct config *config = parse(text);
    for (unsigned i = 0; i < 128; i++) {
        char name[32];
        snprintf(name, sizeof(name), "x_field_%u", i);
        assert_int_equal(is_owned(config, name), i < 64);
    }
    config_free(config);
}

static void forwarding_names_are_known_in_any_form(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool ours;
    } rows[] = {
        {"X-Forwarded-For", true},   {"x_forwarded_for", true}, {"X-FORWARDED-PROTO", true},
        {"X-Forwarded-Host", true},  {"X-Real-IP", true},       {"x-request_id", true},
        {"X-Forwarded-Port", false}, {"Forwarded", false},      {"", false},
        {"X-Request-Id2", false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (config_forwarding_name(slice_text(rows[i].name)) != rows[i].ours)
            fail_msg("%s", rows[i].name);
}

/* CONTRACT.md "Identity fields". */
static void presets_have_the_promised_fields(void **state)
{
    (void)state;
    static const char *const expected[PRESET_COUNT] = {
        [PRESET_POSTERN] = ("X-Client-Verify X-Client-DN X-Client-CN X-Client-Serial X-Client-Fingerprint "
                            "X-Client-Not-After X-Client-Domain "),
        [PRESET_CERTWIZ] = "X-Client-Cert-Subject X-Client-Cert-Issuer X-Client-Serial X-Client-Verify ",
        [PRESET_XFCC] = "X-Forwarded-Client-Cert ",
        [PRESET_RFC9440] = "Client-Cert Client-Cert-Chain ",
    };
    size_t count = 0;
    const struct preset_field *fields = preset_fields(&count);
    for (unsigned preset = 0; preset < PRESET_COUNT; preset++) {
        char names[512] = "";
        size_t length = 0;
        for (size_t i = 0; i < count; i++)
            if (fields[i].preset == preset)
                length += (size_t)snprintf(names + length, sizeof(names) - length, "%s ", fields[i].name);
        assert_string_equal(names, expected[preset]);
    }
}

/* One name, one value: it is sent once. */
static void presets_that_share_a_name_agree_on_its_value(void **state)
{
    (void)state;
    size_t count = 0;
    const struct preset_field *fields = preset_fields(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (config_same_name(slice_text(fields[i].name), slice_text(fields[k].name))) {
                assert_int_equal(fields[i].form, fields[k].form);
                assert_int_equal(fields[i].variable, fields[k].variable);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_presets_names_are_owned_always),
        cmocka_unit_test(configured_names_are_owned_too),
        cmocka_unit_test(a_name_of_another_configuration_is_not_owned),
        cmocka_unit_test(the_longest_names_are_owned),
        cmocka_unit_test(many_configured_names_are_all_found),
        cmocka_unit_test(forwarding_names_are_known_in_any_form),
        cmocka_unit_test(presets_have_the_promised_fields),
        cmocka_unit_test(presets_that_share_a_name_agree_on_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
