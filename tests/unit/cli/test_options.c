#include "unit.h"

#include "nearest.h"
#include "options.h"

struct given {
    const char *config;
    bool json;
};

static int parse(struct given *given, int argc, char **argv)
{
    const struct option_row rows[] = {{"config", "FILE", "a file", &given->config, NULL},
                                      {"json", NULL, "a flag", NULL, &given->json}};
    const struct command command = {"test", "--config FILE", "A test.", rows, LENGTH_OF(rows)};
    *given = (struct given){.json = false};
    return options_parse(&command, argc, argv);
}

static void options_are_parsed_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[4];
        int expected;
        const char *config;
        bool json;
    } table[] = {
        {{NULL}, -1, NULL, false},
        {{"--config", "a.ini"}, -1, "a.ini", false},
        {{"--config=a.ini", "--json"}, -1, "a.ini", true},
        {{"--json", "--config", "--json"}, -1, "--json", true},
        {{"--config="}, -1, "", false},
        {{"--config"}, STATUS_USAGE, NULL, false},
        {{"--json=yes"}, STATUS_USAGE, NULL, false},
        {{"--conf", "a.ini"}, STATUS_USAGE, NULL, false},
        {{"--configs", "a.ini"}, STATUS_USAGE, NULL, false},
        {{"a.ini"}, STATUS_USAGE, NULL, false},
        {{"--"}, STATUS_USAGE, NULL, false},
        {{"--help"}, STATUS_DONE, NULL, false},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct given given;
        char *argv[6] = {strdup("test")};
        int argc = 1;
        for (; argc <= 4 && table[i].arguments[argc - 1] != NULL; argc++)
            argv[argc] = strdup(table[i].arguments[argc - 1]);
        assert_int_equal(parse(&given, argc, argv), table[i].expected);
        if (table[i].expected == -1) {
            assert_int_equal(given.json, table[i].json);
            assert_int_equal(given.config == NULL, table[i].config == NULL);
            assert_true(given.config == NULL || strcmp(given.config, table[i].config) == 0);
        }
        for (int k = 0; k < argc; k++)
            free(argv[k]);
    }
}

static void the_nearest_command_is_proposed_if_it_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"serve", "check", "status", "reload", "pki", "demo"};
    static const struct {
        const char *text, *expected;
    } table[] = {
        {"sevre", "serve"},   {"chek", "check"}, {"stats", "status"},
        {"relaod", "reload"}, {"pk", "pki"},     {"demoo", "demo"},
        {"frobnicate", NULL}, {"x", NULL},       {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        const char *found = nearest_text(table[i].text, names, LENGTH_OF(names));
        if (table[i].expected == NULL)
            assert_null(found);
        else
            assert_string_equal(found, table[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_parsed_or_refused),
        cmocka_unit_test(the_nearest_command_is_proposed_if_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
