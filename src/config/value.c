#include "value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "format.h"
#include "nearest.h"
#include "postern/base/assert.h"
#include "postern/base/file.h"

#define QUOTE_MAX    60
#define USER_MAX     32
#define MESSAGE_SIZE 600

int value_error_plain(const struct value *value, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    return config_error(value->err, value->config, value->section, value->name, value->line, "%s", message);
}

int value_error(const struct value *value, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    bool is_long = value->text.length > QUOTE_MAX;
    return value_error_plain(value, "'%.*s%s' %s", is_long ? QUOTE_MAX : (int)value->text.length,
                             value->text.data, is_long ? "..." : "", message);
}

int value_error_memory(const struct value *value)
{
    return value_error_plain(value, "there is no memory for it; a shorter file would be right");
}

const char *value_copy(const struct value *value, struct slice text)
{
    const char *copy = arena_copy(&value->config->arena, text);
    if (copy == NULL)
        value_error_memory(value);
    return copy;
}

void *value_append(const struct value *value, const void *items, size_t count, size_t size)
{
    if (count >= VALUE_REPEATS_MAX) {
        value_error_plain(value, "there are more than %d of them; at most %d would be right",
                          VALUE_REPEATS_MAX, VALUE_REPEATS_MAX);
        return NULL;
    }
    /* Capacity is the power of two from count up, so it is full just when count is one. */
    bool is_full = (count & (count - 1)) == 0;
    if (!is_full) {
        char *same = NULL;
        memcpy(&same, &items, sizeof(same)); /* ours, behind the door's const */
        return same;
    }
    void *larger = arena_alloc(&value->config->arena, (count == 0 ? 1 : count * 2) * size);
    if (larger == NULL)
        value_error_memory(value);
    else if (count != 0)
        memcpy(larger, items, count * size);
    return larger;
}

int value_append_text(const struct value *value, struct config_texts *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_equal_text(value->text, list->items[i].text))
            return value_error(value, "is here a second time; line %u has it already", list->items[i].line);
    struct config_text *items = value_append(value, list->items, list->count, sizeof(*items));
    if (items == NULL)
        return -1;
    items[list->count] = (struct config_text){value_copy(value, value->text), value->line};
    list->items = items;
    list->count++;
    return items[list->count - 1].text != NULL ? 0 : -1;
}

static bool is_quoted(struct slice text)
{
    char first = text.data[0];
    return text.length > 1 && (first == '"' || first == '\'') && text.data[text.length - 1] == first;
}

const char *value_path(const struct value *value, struct slice path)
{
    if (is_quoted(path)) {
        value_error(value, "is in quotes, which would be part of the name; the path alone would be right");
        return NULL;
    }
    if (path.length > FILENAME_MAX / 2) {
        value_error(value, "is too long for a path; at most %d bytes would be right", FILENAME_MAX / 2);
        return NULL;
    }
    const char *copy = value_copy(value, path);
    if (copy == NULL)
        return NULL;
    char *resolved = path_beside(value->config->path, copy);
    copy = value_copy(value, slice_text(resolved));
    free(resolved);
    return copy;
}

const char *value_socket_path(const struct value *value, struct slice path)
{
    const size_t longest = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    const char *resolved = value_path(value, path);
    if (resolved != NULL && strlen(resolved) > longest) {
        value_error(value,
                    "is too long for a unix socket; at most %zu bytes, with its directory, would be right",
                    longest);
        return NULL;
    }
    return resolved;
}

/* For one word that is none of the key's. */
static int word_error(const struct value *value, struct slice word)
{
    char known[MESSAGE_SIZE];
    struct value part = *value;
    part.text = word;
    struct nearest nearest;
    nearest_init(&nearest, word);
    nearest_offer_words(&nearest, value->key->words);
    if (nearest.best.length != 0)
        return value_error(&part, "is not known; did you mean '%.*s'?", SLICE_ARG(nearest.best));
    words_list(value->key->words, known, sizeof(known));
    return value_error(&part, "is not known; %s would be right", known);
}

static int set_choice(const struct value *value, void *target)
{
    int index = words_find(value->key->words, value->text);
    if (index < 0)
        return word_error(value, value->text);
    unsigned chosen = (unsigned)(value->key->minimum + (unsigned)index);
    _Static_assert(sizeof(chosen) == sizeof(enum config_on_revoke), "enums are stored as unsigned");
    memcpy(target, &chosen, sizeof(chosen));
    return 0;
}

static int set_bool(const struct value *value, void *target)
{
    int index = words_find("yes no", value->text);
    if (index < 0)
        return value_error(value, "is not known; yes or no would be right");
    *(bool *)target = index == 0;
    return 0;
}

static int set_size(const struct value *value, void *target)
{
    char low[FORMAT_SIZE], high[FORMAT_SIZE];
    uint64_t bytes = 0;
    size_format(value->key->minimum, low);
    size_format(value->key->maximum, high);
    enum format_problem problem = size_parse(value->text, &bytes);
    if (problem == FORMAT_NO_NUMBER || problem == FORMAT_BAD_UNIT)
        return value_error(value,
                           "is not a size; bytes, or a number with KiB, MiB or GiB, from %s to %s, would "
                           "be right",
                           low, high);
    if (problem != FORMAT_OK || bytes < value->key->minimum || bytes > value->key->maximum)
        return value_error(value, "is out of range; %s to %s would be right", low, high);
    *(size_t *)target = (size_t)bytes;
    return 0;
}

/* In milliseconds. */
static int parse_duration(const struct value *value, struct slice text, uint64_t *ms)
{
    char low[FORMAT_SIZE], high[FORMAT_SIZE];
    duration_format(value->key->minimum, low);
    duration_format(value->key->maximum, high);
    enum format_problem problem = duration_parse(text, ms);
    if (problem == FORMAT_NO_UNIT)
        return value_error(value, "has no unit; %.*ss (seconds), or ms, m, h or d, would be right",
                           SLICE_ARG(text));
    if (problem == FORMAT_NO_NUMBER || problem == FORMAT_BAD_UNIT)
        return value_error(value,
                           "is not a duration; a number with ms, s, m, h or d, from %s to %s, would be "
                           "right",
                           low, high);
    if (problem != FORMAT_OK || *ms < value->key->minimum || *ms > value->key->maximum)
        return value_error(value, "is out of range; %s to %s would be right", low, high);
    return 0;
}

static int set_duration(const struct value *value, void *target)
{
    uint64_t ms = 0;
    if (parse_duration(value, value->text, &ms) != 0)
        return -1;
    *(int64_t *)target = (int64_t)ms;
    return 0;
}

static int set_grace(const struct value *value, void *target)
{
    const struct slice grace = SLICE_LITERAL("grace");
    uint64_t ms = 0;
    *(int64_t *)target = 0;
    if (slice_equal_text(value->text, "refuse"))
        return 0;
    struct slice span = value->text;
    if (!slice_starts_with(span, grace))
        return value_error(value,
                           "is not known; refuse, or grace DURATION as in 'grace 24h', would be right");
    span = slice_after(span, grace.length);
    struct slice trimmed = slice_trim(span);
    if (trimmed.length == span.length || trimmed.length == 0)
        return value_error(value, "has no duration; 'grace 24h' would be right");
    if (parse_duration(value, trimmed, &ms) != 0)
        return -1;
    if (ms % 1000 != 0)
        return value_error(value, "is not a whole number of seconds; 'grace 24h' would be right");
    *(int64_t *)target = (int64_t)(ms / 1000);
    return 0;
}

static int set_count(const struct value *value, void *target)
{
    const struct key *key = value->key;
    uint64_t number = 0;
    if (key->words != NULL && slice_equal_text(value->text, key->words)) {
        *(unsigned *)target = 0;
        return 0;
    }
    if (!slice_to_u64(value->text, key->maximum, &number) || number < key->minimum)
        return value_error(value, "is not in range; a number from %llu to %llu%s%s would be right",
                           (unsigned long long)key->minimum, (unsigned long long)key->maximum,
                           key->words != NULL ? ", or " : "", key->words != NULL ? key->words : "");
    *(unsigned *)target = (unsigned)number;
    return 0;
}

static int set_path(const struct value *value, void *target)
{
    struct config_path *path = target;
    *path = (struct config_path){NULL, value->line};
    bool is_word = value->key->words != NULL && words_find(value->key->words, value->text) >= 0;
    if (is_word && slice_equal_text(value->text, "off"))
        return 0;
    path->path = is_word ? value_copy(value, value->text) : value_path(value, value->text);
    return path->path != NULL ? 0 : -1;
}

static int set_socket(const struct value *value, void *target)
{
    struct config_path *path = target;
    struct slice text = value->text, scheme = SLICE_LITERAL("unix:");
    if (slice_starts_with(text, scheme))
        return value_error(value, "begins with unix:, which every control socket is; the path alone would be "
                                  "right");
    *path = (struct config_path){value_socket_path(value, text), value->line};
    return path->path != NULL ? 0 : -1;
}

static int set_list(const struct value *value, void *target)
{
    struct config_text *list = target;
    struct slice rest = value->text, word;
    uint64_t seen = 0;
    while (slice_split(&rest, ':', &word)) {
        int index = words_find(value->key->words, word);
        if (index < 0)
            return word_error(value, word);
        if ((seen & UINT64_C(1) << index) != 0)
            return value_error(value, "names %.*s twice; once would be right", SLICE_ARG(word));
        seen |= UINT64_C(1) << index;
    }
    *list = (struct config_text){value_copy(value, value->text), value->line};
    return list->text != NULL ? 0 : -1;
}

/* Names of accounts as useradd(8) takes them; whether it exists is for the process that becomes it. */
static int set_user(const struct value *value, void *target)
{
    struct config_text *user = target;
    bool is_good = value->text.length <= USER_MAX && value->text.data[0] != '-';
    for (size_t i = 0; i < value->text.length; i++) {
        char byte = value->text.data[i];
        is_good = is_good &&
                  (ascii_is_alpha(byte) || ascii_is_digit(byte) || byte == '_' || byte == '-' || byte == '.');
    }
    if (!is_good)
        return value_error(value, "is no name of an account; one like nobody would be right");
    *user = (struct config_text){value_copy(value, value->text), value->line};
    return user->text != NULL ? 0 : -1;
}

/* That there is such a section is checked at the end of the file. */
static int set_reference(const struct value *value, void *target)
{
    struct config_text *reference = target;
    *reference = (struct config_text){value_copy(value, value->text), value->line};
    return reference->text != NULL ? 0 : -1;
}

static int (*const setters[KEY_TYPE_COUNT])(const struct value *, void *) = {
    [KEY_CHOICE] = set_choice,
    [KEY_BOOL] = set_bool,
    [KEY_SIZE] = set_size,
    [KEY_DURATION] = set_duration,
    [KEY_COUNT] = set_count,
    [KEY_PATH] = set_path,
    [KEY_SOCKET] = set_socket,
    [KEY_CERTIFICATE] = value_set_certificate,
    [KEY_PRIVATE_KEY] = value_set_private_key,
    [KEY_LIST] = set_list,
    [KEY_ADDRESS] = value_set_address,
    [KEY_USER] = set_user,
    [KEY_DN] = value_set_dn,
    [KEY_GRACE] = set_grace,
    [KEY_PRESET] = value_set_preset,
    [KEY_FIELD] = value_set_field,
    [KEY_REFERENCE] = set_reference,
    [KEY_SERVER] = value_set_server,
    [KEY_HOST] = value_set_host,
};

int value_set(const struct value *value, void *target)
{
    ASSERT(value->text.length != 0 && setters[value->key->type] != NULL);
    return setters[value->key->type](value, (char *)target + value->key->offset);
}
