#include "postern/config/reference.h"

#include <string.h>

#include "key.h"

#define WIDTH            88
#define DESCRIPTION_SIZE 400

/* Prose behind "# ", in lines of at most WIDTH bytes. */
static void write_prose(FILE *out, const char *text)
{
    struct slice rest = slice_text(text), word;
    size_t column = 0;
    while (slice_split(&rest, ' ', &word)) {
        bool is_first = column == 0;
        if (!is_first && column + 1 + word.length > WIDTH) {
            fputs("\n", out);
            is_first = true;
        }
        column = is_first ? 2 + word.length : column + 1 + word.length;
        fprintf(out, "%s%.*s", is_first ? "# " : " ", SLICE_ARG(word));
    }
    fputs("\n", out);
}

static void write_notes(FILE *out, const struct key *key)
{
    char values[DESCRIPTION_SIZE], notes[DESCRIPTION_SIZE + 64];
    key_values_text(key, values, sizeof(values));
    snprintf(notes, sizeof(notes), "%s%s%s%s%s", values[0] != '\0' ? "Values: " : "", values,
             values[0] != '\0' ? ". " : "", (key->flags & KEY_REPEATABLE) != 0 ? "Repeatable. " : "",
             (key->flags & KEY_RESTART) != 0 ? "A change needs a restart. " : "");
    size_t length = strlen(notes);
    if (length == 0)
        return;
    notes[length - 1] = '\0';
    write_prose(out, notes);
}

static void write_key(FILE *out, const struct key *key)
{
    bool is_live = (key->flags & (KEY_REQUIRED | KEY_SHOWN)) != 0;
    const char *value = key->default_text != NULL ? key->default_text : key->example;
    fputs("\n", out);
    write_prose(out, key->help);
    write_notes(out, key);
    if (key->type == KEY_FIELD)
        fprintf(out, ";%s\n", value);
    else
        fprintf(out, "%s%s = %s\n", is_live ? "" : ";", key->name, value);
}

static void write_section(FILE *out, enum section_id id)
{
    const struct section *section = &sections[id];
    fputs("\n\n", out);
    write_prose(out, section->help);
    fprintf(out, "[%s%s%s]\n", section->name, section->argument != NULL ? " " : "",
            section->argument != NULL ? section->example : "");
    for (size_t i = 0; i < key_count; i++)
        if (keys[i].section == id)
            write_key(out, &keys[i]);
}

void config_write_reference(FILE *out)
{
    write_prose(
        out, "Postern: every section and key, with its meaning and its default. A line that begins with ';' "
             "is commented out: it shows the default, or an example where there is none. What is not "
             "commented out has no default, or should be thought about.");
    fputs("#\n", out);
    write_prose(
        out,
        "Paths are relative to this file. A comment begins with '#' or ';' at the beginning of a line, or "
        "with ' ;' behind a value. Check a change with 'postern check --config FILE', bring it into "
        "force with SIGHUP or 'postern reload'. The same text is in postern.ini(5).");
    for (unsigned id = 0; id < SECTION_COUNT; id++)
        write_section(out, id);
}
