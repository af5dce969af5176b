#include "postern/config/template.h"

#include <stdio.h>

#include "nearest.h"

static const struct variable {
    const char *name, *help;
} variables[TEMPLATE_VARIABLE_COUNT] = {[TEMPLATE_LITERAL] = {"", ""},
#define ROW(variable, name, help) [variable] = {name, help},
                                        TEMPLATE_VARIABLES(ROW)
#undef ROW
};

const char *template_variable_name(enum template_variable variable)
{
    return variables[variable].name;
}

const char *template_variable_help(enum template_variable variable)
{
    return variables[variable].help;
}

static int unknown_variable(struct slice name, struct err *err)
{
    char known[TEMPLATE_VARIABLE_COUNT * 16] = "";
    size_t length = 0;
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (unsigned i = TEMPLATE_LITERAL + 1; i < TEMPLATE_VARIABLE_COUNT && length < sizeof(known); i++) {
        nearest_offer(&nearest, slice_text(variables[i].name));
        length += (size_t)snprintf(known + length, sizeof(known) - length, "%s${%s}", length != 0 ? " " : "",
                                   variables[i].name);
    }
    int shown = name.length > 40 ? 40 : (int)name.length;
    if (nearest.best.length != 0)
        return err_set(err, "'${%.*s}' is not known; did you mean '${%.*s}'? There are %s", shown, name.data,
                       SLICE_ARG(nearest.best), known);
    return err_set(err, "'${%.*s}' is not known; one of %s would be right", shown, name.data, known);
}

static int find_variable(struct slice name, enum template_variable *out, struct err *err)
{
    for (unsigned i = TEMPLATE_LITERAL + 1; i < TEMPLATE_VARIABLE_COUNT; i++)
        if (slice_equal_text(name, variables[i].name)) {
            *out = i;
            return 0;
        }
    return unknown_variable(name, err);
}

/* Takes one part off the front of *rest: a variable, "$$", or the text up to the next '$'. */
static int take_part(struct slice *rest, struct template_part *part, struct err *err)
{
    struct slice text = *rest;
    size_t dollar = slice_find(text, '$');
    *part = (struct template_part){TEMPLATE_LITERAL, slice_before(text, dollar)};
    if (dollar != 0) {
        *rest = slice_after(text, dollar);
        return 0;
    }
    if (text.length > 1 && text.data[1] == '$') {
        part->literal = slice_before(text, 1);
        *rest = slice_after(text, 2);
        return 0;
    }
    if (text.length < 2 || text.data[1] != '{')
        return err_set(err, "has a '$' that begins no variable; ${name}, or $$ for the sign itself, would be "
                            "right");
    size_t close = slice_find(text, '}');
    if (close == text.length)
        return err_set(err, "has a '${' without its '}'; ${name} would be right");
    *rest = slice_after(text, close + 1);
    return find_variable(slice_of(text.data + 2, close - 2), &part->variable, err);
}

int template_parse(struct slice text, struct arena *arena, struct template *out, struct err *err)
{
    *out = (struct template){.parts = NULL};
    if (text.length == 0)
        return err_set(err, "is empty; text with ${variables} would be right");
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return err_set(err,
                           "holds a byte outside printable ASCII; text that can stand in a field would be "
                           "right");
    char *copy = arena_copy(arena, text);
    /* Each '$' begins at most one part, and at most one literal follows it. */
    size_t dollars = 0;
    for (size_t i = 0; i < text.length; i++)
        dollars += text.data[i] == '$' ? 1 : 0;
    struct template_part *parts = arena_alloc(arena, (2 * dollars + 1) * sizeof(*parts));
    if (copy == NULL || parts == NULL)
        return err_set(err, "there is no memory for it; a shorter text would be right");
    struct slice rest = slice_of(copy, text.length);
    size_t count = 0;
    while (rest.length != 0)
        if (take_part(&rest, &parts[count++], err) != 0)
            return -1;
    *out = (struct template){parts, count};
    return 0;
}
