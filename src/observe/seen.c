#include "postern/observe/seen.h"

#include <string.h>

static unsigned char *put(unsigned char *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> (8 * (size - 1 - i)) & 0xff);
    return at + size;
}

static uint64_t get(const unsigned char *at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

bool seen_open(struct slice file, struct slice *records)
{
    const struct slice magic = SLICE_LITERAL(SEEN_MAGIC);
    bool is_ours = slice_starts_with(file, magic);
    *records = is_ours ? slice_after(file, magic.length) : slice_of(file.data, 0);
    return is_ours;
}

bool seen_append(struct buffer *out, const struct seen *seen)
{
    unsigned char head[SEEN_HEAD_SIZE], *at = head;
    size_t name = seen->name.length < SEEN_NAME_MAX ? seen->name.length : SEEN_NAME_MAX;
    if (seen->path.length > SEEN_PATH_MAX || buffer_room(out) < sizeof(head) + name + seen->path.length)
        return false;
    memcpy(at, seen->fingerprint, FINGERPRINT_SIZE);
    at = put(at + FINGERPRINT_SIZE, (uint64_t)seen->last_s, 8);
    at = put(at, seen->open, 4);
    at = put(at, name, 1);
    put(at, seen->path.length, 2);
    return buffer_append(out, head, sizeof(head)) && buffer_append(out, seen->name.data, name) &&
           buffer_append_slice(out, seen->path);
}

bool seen_next(struct slice *rest, struct seen *out)
{
    const unsigned char *head = (const unsigned char *)rest->data;
    if (rest->length < SEEN_HEAD_SIZE)
        return false;
    memcpy(out->fingerprint, head, FINGERPRINT_SIZE);
    head += FINGERPRINT_SIZE;
    out->last_s = (int64_t)get(head, 8);
    out->open = (uint32_t)get(head + 8, 4);
    size_t name = (size_t)get(head + 12, 1), path = (size_t)get(head + 13, 2);
    if (out->last_s < 0 || path > SEEN_PATH_MAX || rest->length - SEEN_HEAD_SIZE < name + path)
        return false;
    out->name = slice_before(slice_after(*rest, SEEN_HEAD_SIZE), name);
    out->path = slice_before(slice_after(*rest, SEEN_HEAD_SIZE + name), path);
    *rest = slice_after(*rest, SEEN_HEAD_SIZE + name + path);
    return true;
}
