#include "ticket_facts.h"

#include <string.h>

/* version, 8 bytes of time, 2 of the path's length, the path, the record; big-endian. */
enum { VERSION = 1, TIME_AT = 1, PATH_LENGTH_AT = 9, PATH_AT = 11 };

size_t ticket_facts_write(int64_t authenticated_s, const struct trust_path *path, struct slice record,
                          void *out, size_t size)
{
    unsigned char *bytes = out;
    if (size < PATH_AT)
        return 0;
    size_t length = trust_path_pack(path, bytes + PATH_AT, size - PATH_AT);
    if (length == 0 || record.length > size - PATH_AT - length)
        return 0;
    bytes[0] = VERSION;
    for (size_t i = 0; i < 8; i++)
        bytes[TIME_AT + i] = (unsigned char)((uint64_t)authenticated_s >> (56 - 8 * i));
    bytes[PATH_LENGTH_AT] = (unsigned char)(length >> 8);
    bytes[PATH_LENGTH_AT + 1] = (unsigned char)length;
    if (record.length != 0)
        memcpy(bytes + PATH_AT + length, record.data, record.length);
    return PATH_AT + length + record.length;
}

bool ticket_facts_read(const void *data, size_t length, struct ticket_facts *out)
{
    const unsigned char *bytes = data;
    uint64_t time = 0;
    if (length < PATH_AT || bytes[0] != VERSION)
        return false;
    for (size_t i = 0; i < 8; i++)
        time = time << 8 | bytes[TIME_AT + i];
    size_t path_length = (size_t)bytes[PATH_LENGTH_AT] << 8 | bytes[PATH_LENGTH_AT + 1];
    if (path_length > length - PATH_AT || !trust_path_unpack(bytes + PATH_AT, path_length, &out->path))
        return false;
    out->authenticated_s = (int64_t)time;
    out->record = slice_of((const char *)bytes + PATH_AT + path_length, length - PATH_AT - path_length);
    return out->record.length <= TLS_TICKET_RECORD_MAX;
}
