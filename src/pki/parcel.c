#include "postern/pki/parcel.h"

#include <string.h>

struct header {
    uint32_t tag, reserved;
    uint64_t length;
};

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

size_t parcel_item_size(size_t length)
{
    return sizeof(struct header) + padded(length);
}

char *parcel_write(char *to, uint32_t tag, struct slice bytes)
{
    struct header header = {.tag = tag, .length = bytes.length};
    memcpy(to, &header, sizeof(header));
    if (bytes.length > 0)
        memcpy(to + sizeof(header), bytes.data, bytes.length);
    memset(to + sizeof(header) + bytes.length, 0, padded(bytes.length) - bytes.length);
    return to + parcel_item_size(bytes.length);
}

bool parcel_put(struct buffer *out, uint32_t tag, struct slice bytes)
{
    char *space = buffer_reserve(out, parcel_item_size(bytes.length));
    if (space == NULL)
        return false;
    (void)parcel_write(space, tag, bytes);
    buffer_commit(out, parcel_item_size(bytes.length));
    return true;
}

bool parcel_put_text(struct buffer *out, uint32_t tag, const char *text)
{
    return parcel_put(out, tag, slice_text(text));
}

bool parcel_next(struct slice *rest, uint32_t *tag, struct slice *bytes)
{
    struct header header;
    if (rest->length < sizeof(header))
        return false;
    memcpy(&header, rest->data, sizeof(header));
    size_t room = rest->length - sizeof(header);
    if (header.length > room || padded((size_t)header.length) > room)
        return false;
    *tag = header.tag;
    *bytes = slice_of(rest->data + sizeof(header), (size_t)header.length);
    *rest = slice_after(*rest, parcel_item_size((size_t)header.length));
    return true;
}

struct slice parcel_find(struct slice parcel, uint32_t tag)
{
    uint32_t each;
    struct slice bytes;
    while (parcel_next(&parcel, &each, &bytes))
        if (each == tag)
            return bytes;
    return slice_of("", 0);
}
