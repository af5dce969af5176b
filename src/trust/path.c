#include "postern/trust/path.h"

#include <stddef.h>
#include <string.h>

#define PATH_VERSION 3

struct cursor {
    unsigned char *at, *end;
};

struct view {
    const unsigned char *at, *end;
};

/* Write, or note the overflow by at == NULL. */
static void put(struct cursor *cursor, const void *bytes, size_t length)
{
    if (!cursor->at || (size_t)(cursor->end - cursor->at) < length) {
        cursor->at = NULL;
        return;
    }
    memcpy(cursor->at, bytes, length);
    cursor->at += length;
}

static void put_byte(struct cursor *cursor, unsigned value)
{
    unsigned char byte = (unsigned char)value;
    put(cursor, &byte, 1);
}

/* Big-endian, so that the workers of a fleet agree. */
static void put_time(struct cursor *cursor, int64_t time)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        put_byte(cursor, (unsigned)((uint64_t)time >> shift & 0xffu));
}

static void put_link(struct cursor *cursor, const struct trust_link *link)
{
    put(cursor, link->issuer.bytes, sizeof(link->issuer.bytes));
    put(cursor, link->issuer_name, sizeof(link->issuer_name));
    put_byte(cursor, link->flags);
    put_byte(cursor, link->serial.length);
    put(cursor, link->serial.bytes, link->serial.length);
    put_byte(cursor, link->point_count);
    put(cursor, link->points, (size_t)link->point_count * TRUST_POINT_SIZE);
    put_time(cursor, link->not_before);
    put_time(cursor, link->not_after);
}

size_t trust_path_size(const struct trust_path *path)
{
    return offsetof(struct trust_path, links) + path->count * sizeof(path->links[0]);
}

size_t trust_path_pack(const struct trust_path *path, void *out, size_t size)
{
    struct cursor cursor = {.at = out, .end = (unsigned char *)out + size};
    put_byte(&cursor, PATH_VERSION);
    put_byte(&cursor, path->count);
    put(&cursor, path->anchor.bytes, sizeof(path->anchor.bytes));
    put(&cursor, path->fingerprint, sizeof(path->fingerprint));
    put(&cursor, path->twin, sizeof(path->twin));
    put_byte(&cursor, path->name_count);
    put(&cursor, path->names, (size_t)path->name_count * TRUST_NAME_SIZE);
    for (unsigned i = 0; i < path->count; i++)
        put_link(&cursor, &path->links[i]);
    return cursor.at ? (size_t)(cursor.at - (unsigned char *)out) : 0;
}

static bool take(struct view *view, void *out, size_t length)
{
    if ((size_t)(view->end - view->at) < length)
        return false;
    memcpy(out, view->at, length);
    view->at += length;
    return true;
}

static bool take_time(struct view *view, int64_t *out)
{
    unsigned char bytes[8];
    uint64_t value = 0;
    if (!take(view, bytes, sizeof(bytes)))
        return false;
    for (size_t i = 0; i < sizeof(bytes); i++)
        value = value << 8 | bytes[i];
    *out = (int64_t)value;
    return true;
}

static bool take_link(struct view *view, struct trust_link *link)
{
    return take(view, link->issuer.bytes, sizeof(link->issuer.bytes)) &&
           take(view, link->issuer_name, sizeof(link->issuer_name)) && take(view, &link->flags, 1) &&
           take(view, &link->serial.length, 1) && link->serial.length <= TRUST_SERIAL_MAX &&
           take(view, link->serial.bytes, link->serial.length) && take(view, &link->point_count, 1) &&
           link->point_count <= TRUST_POINTS_MAX &&
           take(view, link->points, (size_t)link->point_count * TRUST_POINT_SIZE) &&
           take_time(view, &link->not_before) && take_time(view, &link->not_after);
}

bool trust_path_unpack(const void *bytes, size_t length, struct trust_path *out)
{
    struct view view = {.at = bytes, .end = (const unsigned char *)bytes + length};
    unsigned char version, count;
    *out = (struct trust_path){0};
    if (!take(&view, &version, 1) || version != PATH_VERSION || !take(&view, &count, 1) || count == 0 ||
        count > TRUST_PATH_MAX || !take(&view, out->anchor.bytes, sizeof(out->anchor.bytes)) ||
        !take(&view, out->fingerprint, sizeof(out->fingerprint)) ||
        !take(&view, out->twin, sizeof(out->twin)) || !take(&view, &out->name_count, 1) ||
        out->name_count > TRUST_NAMES_MAX ||
        !take(&view, out->names, (size_t)out->name_count * TRUST_NAME_SIZE))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!take_link(&view, &out->links[i]))
            return false;
    out->count = count;
    return view.at == view.end;
}
