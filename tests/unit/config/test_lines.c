/* What inih alone would silently misread is an error with its line: CONTRACT.md "INI". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "postern/base/attributes.h"
#include "postern/base/memory.h"
#include "postern/config/config.h"

#define LEAST                                                                                                \
    "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a.pem\nprivate_key = a.key\n[client_auth]\n"    \
    "trust = ca.pem\n[backend app]\nserver = 127.0.0.1:1\n[route /]\nbackend = app\n"

static char *repeat(char byte, size_t count)
{
    char *text = xcalloc(count + 1, 1);
    memset(text, byte, count);
    return text;
}

/* Parsed flush against an unreadable page. Returns the message, "" if valid. */
static const char *message_of(struct slice bytes, char out[1500])
{
    struct err err = {.line = 0};
    char *guarded = guard_copy(bytes.data, bytes.length);
    struct config *config = config_parse("p.ini", slice_of(guarded, bytes.length), &err);
    guard_free(guarded, bytes.length);
    out[0] = '\0';
    if (config == NULL)
        err_format(&err, out, 1500);
    config_free(config);
    return out;
}

static void odd_lines_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"least", LEAST, ""},
        {"no newline at the end", LEAST "[log]\nformat = json", ""},
        {"Windows line ends",
         "[listener]\r\naddress = 127.0.0.1:0\r\n"
         "[tls]\r\ncertificate = a\r\nprivate_key = b\r\n"
         "[client_auth]\r\ntrust = c\r\n[backend app]\r\nserver = a:1\r\n[route /]\r\nbackend = "
         "app\r\n",
         ""},
        {"comments",
         "; one\n# two\n  ; three\n\t# four\n" LEAST "[log] ; five\nformat = text ; six\nlevel=info\t;7\n",
         ""},
        {"indented keys are keys", LEAST "[log]\n    format = text\n\tlevel = info\n", ""},
        {"an indented line does not continue the value before", LEAST "[log]\naccess = a\n  b\n",
         "p.ini:14: [log] the line has no '='; key = value would be right"},
        {"a semicolon without a blank belongs to the value", LEAST "[log]\naccess = a;b\n", ""},
        {"the first ']' ends no longer name", LEAST "[route /a]b]\nbackend = app\n",
         "p.ini:12: something stands behind the ']' of the section; nothing, or a comment behind ' ;', would "
         "be "
         "right"},
        {"text behind the section", LEAST "[log] format = json\n",
         "p.ini:12: something stands behind the ']' of the section; nothing, or a comment behind ' ;', would "
         "be "
         "right"},
        {"section without end", LEAST "[log\n", "p.ini:12: the section has no ']'; [NAME] would be right"},
        {"section without name", LEAST "[]\n",
         "p.ini:12: the section's name is empty or has blanks around it; [NAME] would be right"},
        {"section with blanks", LEAST "[ log ]\n",
         "p.ini:12: the section's name is empty or has blanks around it; [NAME] would be right"},
        {"repeated section", LEAST "[tls]\nmin_version = 1.3\n",
         "p.ini:12: [tls]: is here a second time; its keys in the section at line 3 would be right"},
        {"repeated route", LEAST "[route /]\nbackend = app\n",
         "p.ini:12: [route /]: is here a second time; line 10 has it already"},
        {"repeated backend", LEAST "[backend app]\nserver = a:1\n",
         "p.ini:12: [backend app]: is here a second time; line 8 has it already"},
        {"section with a name that has none", LEAST "[log a]\n",
         "p.ini:12: [log a]: takes no name; [log] would be right"},
        {"mistyped section", LEAST "[clientauth]\n",
         "p.ini:12: [clientauth]: is no section; did you mean [client_auth]?"},
        {"unknown section", LEAST "[zzzzzzzzzzzzz]\n",
         "p.ini:12: [zzzzzzzzzzzzz]: is no section; one of [listener] [tls] [client_auth] [identity] [route "
         "PATH] "
         "[backend NAME] [limits] [timeouts] [reload] [log] [control] [state] would be right"},
        {"colon", LEAST "[log]\nformat: json\n",
         "p.ini:13: [log] a ':' stands where '=' would be right: key = value"},
        {"no separator", LEAST "[log]\nformat\n",
         "p.ini:13: [log] the line has no '='; key = value would be right"},
        {"separator in the comment", LEAST "[log]\nformat ; = json\n",
         "p.ini:13: [log] the line has no '='; key = value would be right"},
        {"no key", LEAST "[log]\n = json\n",
         "p.ini:13: [log] the line has no key before the '='; key = value would be right"},
        {"no value", LEAST "[log]\nformat =\n",
         "p.ini:13: [log] format: has no value; format = VALUE, or no such line, would be right"},
        {"comment for a value", LEAST "[log]\nformat = ; json\n",
         "p.ini:13: [log] format: has no value; format = VALUE, or no such line, would be right"},
        {"hash behind a value", LEAST "[log]\nformat = json # or text\n",
         "p.ini:13: [log] a '#' stands in the value, where it begins no comment; ' ;' before the comment "
         "would be "
         "right"},
        {"key before any section", "address = 1.2.3.4:5\n",
         "p.ini:1: a key stands before the first section; a line like [listener] above it would be right"},
        {"byte order mark", "\xEF\xBB\xBF" LEAST,
         "p.ini:1: the file begins with a byte order mark; UTF-8 without one would be right"},
        {"escape character", LEAST "[log]\naccess = a\x1B[31m\n",
         "p.ini:13: [log] byte 11 of the line is the control character 0x1B; plain text would be right"},
        {"lone carriage return", LEAST "[log]\naccess = a\rformat = text\n",
         "p.ini:13: [log] byte 11 of the line is the control character 0x0D; plain text would be right"},
        {"empty file", "", "p.ini:1: [listener] address: is missing; address = 0.0.0.0:8443 would be right"},
        {"missing key of a section that is there",
         "[listener]\naddress = 127.0.0.1:0\n\n[tls]\ncertificate = a\n",
         "p.ini:4: [tls] private_key: is missing; private_key = server.key would be right"},
        {"no route",
         "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a\nprivate_key = b\n[client_auth]\n"
         "trust = c\n",
         "p.ini:1: [route /]: there is no route, so nothing would be served; [route /] with backend = NAME "
         "would be "
         "right"},
    };
    char message[1500];
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (strcmp(message_of(slice_text(rows[i].text), message), rows[i].error) != 0)
            fail_msg("%s\n got:      %s\n expected: %s", rows[i].name, message, rows[i].error);
}

static void nul_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    char text[] = LEAST "; comment\n", message[1500];
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        char before = text[i];
        if (before == '\n')
            continue;
        text[i] = '\0';
        message_of(slice_of(text, sizeof(text) - 1), message);
        assert_non_null(strstr(message, "is the control character 0x00; plain text would be right"));
        text[i] = before;
    }
}

/* inih keeps 199 bytes of a line. */
static void long_lines_are_kept_whole_up_to_the_limit(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        bool is_valid;
    } rows[] = {{300, true}, {CONFIG_LINE_MAX, true}, {CONFIG_LINE_MAX + 1, false}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *start = LEAST "[identity]\nX-Who = ";
        size_t fill = rows[i].length - strlen("X-Who = ");
        size_t size = strlen(start) + fill + 1;
        char *value = repeat('v', fill), *text = xcalloc(size, 1);
        snprintf(text, size, "%s%s", start, value);
        struct err err = {.line = 0};
        struct config *config = config_parse("p.ini", slice_text(text), &err);
        assert_int_equal(config != NULL, rows[i].is_valid);
        if (config != NULL)
            assert_int_equal(config->identity.fields[0].value.parts[0].literal.length, fill);
        else
            assert_string_equal(err.text, "[identity] the line has 8193 bytes; at most 8192 would be right");
        assert_int_equal(err.line, rows[i].is_valid ? 0 : 13);
        config_free(config);
        free(value);
        free(text);
    }
}

/* inih keeps 49 bytes of a section's name. */
static void long_sections_are_kept_whole_up_to_the_limit(void **state)
{
    (void)state;
    char text[2000], message[1500];
    char *path = repeat('p', CONFIG_SECTION_MAX - strlen("route /"));
    snprintf(text, sizeof(text), LEAST "[route /%s]\nbackend = app\n", path);
    assert_string_equal(message_of(slice_text(text), message), "");
    snprintf(text, sizeof(text), LEAST "[route /%sx]\nbackend = app\n", path);
    assert_string_equal(message_of(slice_text(text), message),
                        "p.ini:12: the section's name has 201 bytes; at most 200 would be right");
    free(path);
}

/* Two routes that differ only behind the 49th byte are two. */
static void sections_that_differ_late_are_two(void **state)
{
    (void)state;
    char text[2000];
    char *path = repeat('p', 100);
    snprintf(text, sizeof(text), LEAST "[route /%sx]\nbackend = app\n[route /%sy]\nbackend = app\n", path,
             path);
    struct err err = {.line = 0};
    struct config *config = config_parse("p.ini", slice_text(text), &err);
    assert_non_null(config);
    assert_int_equal(config->route_count, 3);
    config_free(config);
    free(path);
}

static void a_file_over_the_limit_is_refused(void **state)
{
    (void)state;
    char message[1500];
    char *text = repeat('\n', CONFIG_FILE_MAX + 1);
    assert_string_equal(message_of(slice_of(text, CONFIG_FILE_MAX + 1), message),
                        "p.ini: the file has 1048577 bytes; at most 1048576 would be right");
    free(text);
}

static void more_than_1024_of_one_key_are_refused(void **state)
{
    (void)state;
    size_t size = 64 * 1024, length = 0;
    char *text = xcalloc(size, 1), message[1500];
    length += (size_t)snprintf(text, size, LEAST "[backend many]\n");
    for (int i = 0; i < 1025; i++)
        length += (size_t)snprintf(text + length, size - length, "server = h%d:1\n", i);
    assert_string_equal(
        message_of(slice_text(text), message),
        "p.ini:1037: [backend many] server: there are more than 1024 of them; at most 1024 would be "
        "right");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_lines_are_refused_with_their_line),
        cmocka_unit_test(nul_is_refused_wherever_it_stands),
        cmocka_unit_test(long_lines_are_kept_whole_up_to_the_limit),
        cmocka_unit_test(long_sections_are_kept_whole_up_to_the_limit),
        cmocka_unit_test(sections_that_differ_late_are_two),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
        cmocka_unit_test(more_than_1024_of_one_key_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
