#include "postern/generation/input_list.h"

#include <string.h>

bool input_list_append(struct buffer *out, const char *path, const struct stamp *stamp)
{
    size_t before = buffer_length(out), length = strlen(path) + 1;
    if (length > 1 && length <= INPUT_PATH_MAX && buffer_append(out, stamp, sizeof(*stamp)) &&
        buffer_append(out, path, length))
        return true;
    buffer_drop_tail(out, buffer_length(out) - before);
    return false;
}

int input_list_next(struct slice *rest, struct input_item *item)
{
    if (rest->length == 0)
        return 0;
    if (rest->length <= sizeof(item->stamp))
        return -1;
    memcpy(&item->stamp, rest->data, sizeof(item->stamp));
    struct slice text = slice_after(*rest, sizeof(item->stamp));
    size_t length = slice_find(text, '\0');
    if (length == 0 || length >= text.length || length >= INPUT_PATH_MAX)
        return -1;
    item->path = text.data;
    *rest = slice_after(text, length + 1);
    return 1;
}

int input_list_count(struct slice bytes)
{
    struct input_item item;
    int count = 0, result;
    while ((result = input_list_next(&bytes, &item)) == 1)
        if (++count > (int)INPUT_LIST_MAX)
            return -1;
    return result == 0 ? count : -1;
}

bool input_list_same_paths(struct slice left, struct slice right)
{
    struct input_item a, b;
    for (;;) {
        int has_a = input_list_next(&left, &a), has_b = input_list_next(&right, &b);
        if (has_a != 1 || has_b != 1)
            return has_a == 0 && has_b == 0;
        if (strcmp(a.path, b.path) != 0)
            return false;
    }
}
