#include <stdio.h>

#include "key.h"
#include "postern/config/reference.h"
#include "postern/config/template.h"

#define DESCRIPTION_SIZE 400

/* Text as man(7) takes it: a '-' to be copied is "\-", and no line begins with a control character. */
static void write_text(FILE *out, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static void write_line(FILE *out, const char *text)
{
    write_text(out, text);
    fputs("\n", out);
}

static void write_values(FILE *out, const struct key *key)
{
    char values[DESCRIPTION_SIZE];
    if (key_values_text(key, values, sizeof(values))[0] != '\0') {
        fputs("Values: ", out);
        write_text(out, values);
        fputs(".\n", out);
    }
    if (key->default_text == NULL)
        return;
    fputs("Default: ", out);
    for (const char *text = key->default_text; *text != '\0'; text++) {
        char byte[] = {*text, '\0'};
        write_text(out, byte);
        /* Long lists may be broken behind a ':'. */
        if (key->type == KEY_LIST && *text == ':')
            fputs("\\:", out);
    }
    fputs(".\n", out);
}

static void write_key(FILE *out, const struct key *key)
{
    const unsigned flags = key->flags;
    fputs(".TP\n\\fB", out);
    write_text(out, key->name);
    fputs("\\fR", out);
    if ((flags & KEY_REQUIRED) != 0)
        fputs(" (required)", out);
    if ((flags & KEY_REPEATABLE) != 0)
        fputs(" (repeatable)", out);
    if ((flags & KEY_RESTART) != 0)
        fputs(" (needs a restart)", out);
    fputs("\n", out);
    write_line(out, key->help);
    write_values(out, key);
}

static void write_variables(FILE *out)
{
    fputs(".SS Variables of templates\nIn the value of a field of [identity]; $$ stands for one $.\n", out);
    for (unsigned i = TEMPLATE_LITERAL + 1; i < TEMPLATE_VARIABLE_COUNT; i++) {
        fprintf(out, ".TP\n\\fB${%s}\\fR\n", template_variable_name(i));
        write_line(out, template_variable_help(i));
    }
}

void config_write_manual(FILE *out)
{
    for (unsigned id = 0; id < SECTION_COUNT; id++) {
        const struct section *section = &sections[id];
        fprintf(out, ".SS [%s%s%s]\n", section->name, section->argument != NULL ? " " : "",
                section->argument != NULL ? section->argument : "");
        write_line(out, section->help);
        for (size_t i = 0; i < key_count; i++)
            if (keys[i].section == id)
                write_key(out, &keys[i]);
    }
    write_variables(out);
}
