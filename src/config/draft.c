#include "draft.h"

#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "postern/base/assert.h"
#include "value.h"

#define BACKEND_NAME_MAX 64

/* An error of the section as a whole. */
#define section_error(draft, ...)                                                                            \
    config_error((draft)->err, (draft)->config, (draft)->label, NULL, (draft)->section_line, __VA_ARGS__)

static struct value value_of(struct draft *draft, const struct key *key, const char *name, const char *text,
                             unsigned line)
{
    return (struct value){
        .config = draft->config,
        .err = draft->err,
        .key = key,
        .section = draft->label,
        .name = name,
        .text = slice_text(text),
        .line = line,
    };
}

/* The keys of a section that its lines left out. */
static int fill_in(struct draft *draft, enum section_id id, void *target, unsigned line)
{
    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];
        if (key->section != id || draft->key_lines[i] != 0)
            continue;
        struct value value = value_of(draft, key, key->name, key->default_text, line);
        if ((key->flags & KEY_REQUIRED) != 0)
            return value_error_plain(&value, "is missing; %s = %s would be right", key->name, key->example);
        if (key->type == KEY_PATH && key->default_text == NULL)
            ((struct config_path *)(void *)((char *)target + key->offset))->line = line;
        if (key->default_text != NULL && value_set(&value, target) != 0)
            return -1;
    }
    return 0;
}

/* A route or a backend ends where the next section begins. */
static int end_section(struct draft *draft)
{
    if (draft->section == NULL || draft->section->argument == NULL)
        return 0;
    return fill_in(draft, section_id(draft->section), draft->target, draft->section_line);
}

static void *section_target(struct draft *draft, const struct section *section)
{
    return (char *)draft->config + section->offset;
}

/* [control] and [state] are single values in struct config itself. */
static bool has_struct(const struct section *section)
{
    return section->offset != 0;
}

static int begin_single(struct draft *draft, enum section_id id)
{
    if (draft->section_lines[id] != 0)
        return section_error(draft,
                             "is here a second time; its keys in the section at line %u would be right",
                             draft->section_lines[id]);
    draft->section_lines[id] = draft->section_line;
    draft->target = section_target(draft, draft->section);
    if (has_struct(draft->section))
        memcpy(draft->target, &draft->section_line, sizeof(draft->section_line));
    return 0;
}

static bool is_path_byte(char byte)
{
    /* pchar and '/', RFC 3986 §3.3. */
    return ascii_is_alpha(byte) || ascii_is_digit(byte) ||
           (byte != '\0' && strchr("-._~%!$&'()*+,;=:@/", byte));
}

static int check_route_path(struct draft *draft, struct slice path)
{
    struct slice rest = path, segment;
    if (path.data[0] != '/')
        return section_error(draft, "the path has no '/' at its beginning; [route /%.*s] would be right",
                             SLICE_ARG(path));
    for (size_t i = 0; i < path.length; i++)
        if (!is_path_byte(path.data[i]))
            return section_error(draft,
                                 "a '%c' cannot stand in a path; the path as clients send it, without "
                                 "query, would be right",
                                 path.data[i]);
    if (path.length > 1 && path.data[path.length - 1] == '/')
        return section_error(draft,
                             "the path ends with '/'; [route %.*s], which takes what is below it too, would "
                             "be right",
                             (int)path.length - 1, path.data);
    for (rest = slice_after(path, 1); slice_split(&rest, '/', &segment);)
        if (segment.length == 0 || slice_equal_text(segment, ".") || slice_equal_text(segment, ".."))
            return section_error(draft,
                                 "the path has an empty, '.' or '..' segment; one without them would be "
                                 "right");
    return 0;
}

static int begin_route(struct draft *draft, struct value *value, struct slice path)
{
    struct config *config = draft->config;
    if (check_route_path(draft, path) != 0)
        return -1;
    for (size_t i = 0; i < config->route_count; i++)
        if (slice_equal(path, draft->routes[i].path))
            return section_error(draft, "is here a second time; line %u has it already",
                                 draft->routes[i].line);
    draft->routes = value_append(value, draft->routes, config->route_count, sizeof(*draft->routes));
    const char *copy = value_copy(value, path);
    if (draft->routes == NULL || copy == NULL)
        return -1;
    struct config_route *route = &draft->routes[config->route_count++];
    *route = (struct config_route){.line = draft->section_line, .path = slice_text(copy)};
    draft->target = route;
    return 0;
}

static int check_backend_name(struct draft *draft, struct slice name)
{
    bool is_good = name.length <= BACKEND_NAME_MAX;
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        is_good = is_good &&
                  (ascii_is_alpha(byte) || ascii_is_digit(byte) || byte == '-' || byte == '_' || byte == '.');
    }
    if (!is_good)
        return section_error(draft,
                             "the name is not one of letters, digits, '-', '_' and '.', up to %d bytes; "
                             "[backend app] would be right",
                             BACKEND_NAME_MAX);
    return 0;
}

static int begin_backend(struct draft *draft, struct value *value, struct slice name)
{
    struct config *config = draft->config;
    if (check_backend_name(draft, name) != 0)
        return -1;
    for (size_t i = 0; i < config->backend_count; i++)
        if (slice_equal_text(name, draft->backends[i].name))
            return section_error(draft, "is here a second time; line %u has it already",
                                 draft->backends[i].line);
    draft->backends = value_append(value, draft->backends, config->backend_count, sizeof(*draft->backends));
    const char *copy = value_copy(value, name);
    if (draft->backends == NULL || copy == NULL)
        return -1;
    struct config_backend *backend = &draft->backends[config->backend_count];
    *backend = (struct config_backend){
        .line = draft->section_line, .name = copy, .index = config->backend_count++};
    draft->target = backend;
    return 0;
}

static int begin_named(struct draft *draft, enum section_id id, struct slice argument)
{
    const struct section *section = draft->section;
    struct value value = value_of(draft, NULL, NULL, "", draft->section_line);
    if (argument.length == 0)
        return section_error(draft, "has no %s; [%s %s] would be right", section->argument, section->name,
                             section->example);
    if (argument.data[0] == '"' || argument.data[0] == '\'')
        return section_error(draft, "the %s is in quotes; [%s %s] would be right", section->argument,
                             section->name, section->example);
    for (size_t i = 0; i < key_count; i++)
        if (keys[i].section == id)
            draft->key_lines[i] = 0;
    return id == SECTION_ROUTE ? begin_route(draft, &value, argument)
                               : begin_backend(draft, &value, argument);
}

static int unknown_section(struct draft *draft, struct slice name)
{
    char known[256] = "";
    size_t length = 0;
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < SECTION_COUNT && length < sizeof(known); i++) {
        const struct section *section = &sections[i];
        nearest_offer(&nearest, slice_text(section->name));
        length += (size_t)snprintf(
            known + length, sizeof(known) - length, "%s[%s%s%s]", length == 0 ? "" : " ", section->name,
            section->argument != NULL ? " " : "", section->argument != NULL ? section->argument : "");
    }
    if (nearest.best.length != 0)
        return section_error(draft, "is no section; did you mean [%.*s]?", SLICE_ARG(nearest.best));
    return section_error(draft, "is no section; one of %s would be right", known);
}

static int on_section(void *context, struct slice name)
{
    struct draft *draft = context;
    if (end_section(draft) != 0)
        return -1;
    size_t blank = 0;
    while (blank < name.length && name.data[blank] != ' ' && name.data[blank] != '\t')
        blank++;
    struct slice kind = slice_before(name, blank), argument = slice_trim(slice_after(name, blank));
    memcpy(draft->label, name.data, name.length);
    draft->label[name.length] = '\0';
    draft->section_line = draft->lines.number;
    draft->section = section_find(kind);
    if (draft->section == NULL)
        return unknown_section(draft, kind);
    enum section_id id = section_id(draft->section);
    if (draft->section->argument != NULL)
        return begin_named(draft, id, argument);
    if (argument.length != 0)
        return section_error(draft, "takes no name; [%s] would be right", draft->section->name);
    return begin_single(draft, id);
}

static int unknown_key(struct draft *draft, const struct value *value)
{
    char known[400] = "";
    size_t length = 0;
    const struct section *elsewhere = NULL;
    struct nearest nearest;
    struct slice name = slice_text(value->name);
    nearest_init(&nearest, name);
    for (size_t i = 0; i < key_count && length < sizeof(known); i++) {
        if (keys[i].section == section_id(draft->section)) {
            nearest_offer(&nearest, slice_text(keys[i].name));
            length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
                                       length == 0 ? "" : ", ", keys[i].name);
        } else if (slice_equal_text(name, keys[i].name)) {
            elsewhere = &sections[keys[i].section];
        }
    }
    if (elsewhere != NULL)
        return value_error_plain(value, "is no key of this section; the section [%s%s%s] would be right",
                                 elsewhere->name, elsewhere->argument != NULL ? " " : "",
                                 elsewhere->argument != NULL ? elsewhere->argument : "");
    if (nearest.best.length != 0)
        return value_error_plain(value, "is no key of this section; did you mean '%.*s'?",
                                 SLICE_ARG(nearest.best));
    return value_error_plain(value, "is no key of this section; one of %s would be right", known);
}

static int on_key(void *context, const char *name, const char *text)
{
    struct draft *draft = context;
    const struct key *key = key_find(section_id(draft->section), slice_text(name));
    struct value value = value_of(draft, key, name, text, draft->lines.number);
    if (key == NULL)
        return unknown_key(draft, &value);
    unsigned *line = &draft->key_lines[key_index(key)];
    if (*line != 0 && (key->flags & KEY_REPEATABLE) == 0)
        return value_error_plain(&value, "is here a second time; line %u has it already", *line);
    if (*line == 0)
        *line = draft->lines.number;
    return value_set(&value, draft->target);
}

static int fill_in_singles(struct draft *draft)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const struct section *section = &sections[i];
        if (section->argument != NULL)
            continue;
        unsigned line = draft->section_lines[i] != 0 ? draft->section_lines[i] : 1;
        void *target = section_target(draft, section);
        if (has_struct(section))
            memcpy(target, &line, sizeof(line));
        snprintf(draft->label, sizeof(draft->label), "%s", section->name);
        if (fill_in(draft, (enum section_id)i, target, line) != 0)
            return -1;
    }
    return 0;
}

int draft_read(struct draft *draft, struct config *config, struct slice bytes, struct err *err)
{
    ASSERT(key_count <= DRAFT_KEYS_MAX);
    *draft = (struct draft){
        .config = config,
        .err = err,
        .lines = {.path = config->path,
                  .rest = bytes,
                  .err = err,
                  .on_section = on_section,
                  .on_key = on_key,
                  .context = draft},
    };
    if (lines_read(&draft->lines) != 0 || end_section(draft) != 0)
        return -1;
    return fill_in_singles(draft);
}
