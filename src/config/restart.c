#include <stdio.h>
#include <string.h>

#include "key.h"
#include "postern/base/assert.h"
#include "postern/config/config.h"

static bool same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool same_texts(const struct config_texts *left, const struct config_texts *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (!same_text(left->items[i].text, right->items[i].text))
            return false;
    return true;
}

/* The line of a text or path that differs; false if it does not. Counts have no line of their own. */
static bool differs(const struct key *key, const void *left, const void *right, unsigned *line)
{
    const struct config_path *paths[] = {left, right};
    const struct config_text *texts[] = {left, right};
    const struct config_texts *lists[] = {left, right};
    switch (key->type) {
    case KEY_COUNT:
        return memcmp(left, right, sizeof(unsigned)) != 0;
    case KEY_USER:
        *line = texts[1]->line;
        return !same_text(texts[0]->text, texts[1]->text);
    case KEY_PATH:
    case KEY_SOCKET:
        *line = paths[1]->line;
        return !same_text(paths[0]->path, paths[1]->path);
    case KEY_ADDRESS:
        *line = lists[1]->items[0].line;
        return !same_texts(lists[0], lists[1]);
    default:
        /* The table gives no other type the flag: a test walks it. */
        ASSERT(key->type == KEY_COUNT);
        return false;
    }
}

/* A value as it would be written: "2", "auto", "off", "127.0.0.1:1, [::1]:1". Returns out. */
static const char *value_text(const struct key *key, const void *value, char *out, size_t size)
{
    const struct config_path *path = value;
    const struct config_text *text = value;
    const struct config_texts *list = value;
    unsigned count = 0;
    size_t length = 0;
    out[0] = '\0';
    if (key->type == KEY_COUNT) {
        memcpy(&count, value, sizeof(count));
        /* The word that stands for 0 is the only one. */
        if (count == 0 && key->words != NULL)
            snprintf(out, size, "%s", key->words);
        else
            snprintf(out, size, "%u", count);
    } else if (key->type == KEY_ADDRESS) {
        for (size_t i = 0; i < list->count && length < size; i++)
            length += (size_t)snprintf(out + length, size - length, "%s%s", i > 0 ? ", " : "",
                                       list->items[i].text);
    } else {
        const char *plain = key->type == KEY_USER ? text->text : path->path;
        snprintf(out, size, "%s", plain != NULL ? plain : "off");
    }
    return out;
}

bool config_needs_restart(const struct config *running, const struct config *next, struct err *err)
{
    for (size_t i = 0; i < key_count; i++) {
        if ((keys[i].flags & KEY_RESTART) == 0)
            continue;
        const struct section *section = &sections[keys[i].section];
        size_t offset = section->offset + keys[i].offset;
        unsigned line = 1;
        if (section->offset != 0)
            memcpy(&line, (const char *)next + section->offset, sizeof(line));
        if (!differs(&keys[i], (const char *)running + offset, (const char *)next + offset, &line))
            continue;
        char was[256], is[256];
        config_error(err, next, section->name, keys[i].name, line,
                     "has changed from %s to %s, which a reload cannot bring into force; a restart, or %s as "
                     "before, would be right",
                     value_text(&keys[i], (const char *)running + offset, was, sizeof(was)),
                     value_text(&keys[i], (const char *)next + offset, is, sizeof(is)), was);
        return true;
    }
    return false;
}
