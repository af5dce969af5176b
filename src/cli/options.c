#include "options.h"

#include <stdio.h>
#include <string.h>

#include "nearest.h"

enum { OPTIONS_MAX = 32 };

int options_misuse(const struct command *command, const char *what, const char *quoted)
{
    fprintf(stderr, "postern %s: %s%s\nusage: postern %s %s\n", command->name, what, quoted, command->name,
            command->synopsis);
    return STATUS_USAGE;
}

static void print_help(const struct command *command)
{
    char left[64];
    printf("usage: postern %s %s\n\n%s\n\n", command->name, command->synopsis, command->text);
    for (size_t i = 0; i < command->row_count; i++) {
        const struct option_row *row = &command->rows[i];
        snprintf(left, sizeof(left), "--%s %s", row->name, row->argument != NULL ? row->argument : "");
        printf("  %-22s %s\n", left, row->help);
    }
    printf("  %-22s %s\n", "--help", "this text");
}

static const struct option_row *find(const struct command *command, const char *name, size_t length)
{
    for (size_t i = 0; i < command->row_count; i++)
        if (strlen(command->rows[i].name) == length && strncmp(command->rows[i].name, name, length) == 0)
            return &command->rows[i];
    return NULL;
}

static void refuse_unknown(const struct command *command, const char *given)
{
    const char *names[OPTIONS_MAX], *nearest;
    char text[128];
    size_t count = 0;
    for (; count < command->row_count && count < OPTIONS_MAX; count++)
        names[count] = command->rows[count].name;
    nearest = nearest_text(given + 2, names, count);
    if (nearest != NULL)
        snprintf(text, sizeof(text), "%.64s; did you mean --%s?", given, nearest);
    options_misuse(command, "unknown option ", nearest != NULL ? text : given);
}

/* Returns how many arguments were used, or 0 after a mistake. */
static int take(const struct command *command, char **argv, int left)
{
    const char *name = argv[0] + 2, *equals = strchr(name, '=');
    const struct option_row *row = find(command, name,
                                        equals != NULL ? (size_t)(equals - name) : strlen(name));
    if (row == NULL) {
        refuse_unknown(command, argv[0]);
        return 0;
    }
    if (row->flag != NULL && equals == NULL) {
        *row->flag = true;
        return 1;
    }
    if (row->flag != NULL || (equals == NULL && left < 2)) {
        options_misuse(command, row->flag != NULL ? "takes no value: " : "a value is missing behind ",
                       argv[0]);
        return 0;
    }
    *row->value = equals != NULL ? equals + 1 : argv[1];
    return equals != NULL ? 1 : 2;
}

int options_parse(const struct command *command, int argc, char **argv)
{
    return options_parse_operand(command, argc, argv, NULL);
}

int options_parse_operand(const struct command *command, int argc, char **argv, const char **operand)
{
    for (int i = 1; i < argc;) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(command);
            return STATUS_DONE;
        }
        bool is_option = strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0';
        if (!is_option && (operand == NULL || *operand != NULL))
            return options_misuse(command, "unexpected ", argv[i]);
        if (!is_option) {
            *operand = argv[i++];
            continue;
        }
        int used = take(command, argv + i, argc - i);
        if (used == 0)
            return STATUS_USAGE;
        i += used;
    }
    return -1;
}
