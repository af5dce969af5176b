#include "postern/generation/keys.h"

#include <stdint.h>
#include <string.h>

#include "postern/base/assert.h"

/* count, then for each key its length and its bytes. */

static uint32_t read_u32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

int keys_init(struct secret *keys)
{
    if (secret_init(keys, KEYS_SIZE_MAX) != 0)
        return -1;
    keys->length = sizeof(uint32_t);
    return 0;
}

char *keys_reserve(struct secret *keys)
{
    return read_u32(keys->data) < KEYS_MAX ? keys->data + keys->length + sizeof(uint32_t) : NULL;
}

void keys_commit(struct secret *keys, size_t length)
{
    ASSERT(length <= KEY_SIZE_MAX);
    uint32_t count = read_u32(keys->data) + 1, size = (uint32_t)length;
    memcpy(keys->data + keys->length, &size, sizeof(size));
    memcpy(keys->data, &count, sizeof(count));
    keys->length += sizeof(size) + length;
}

int keys_parse(struct slice bytes, struct slice out[KEYS_MAX])
{
    if (bytes.length < sizeof(uint32_t))
        return -1;
    uint32_t count = read_u32(bytes.data);
    if (count > KEYS_MAX)
        return -1;
    bytes = slice_after(bytes, sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        if (bytes.length < sizeof(uint32_t))
            return -1;
        uint32_t length = read_u32(bytes.data);
        bytes = slice_after(bytes, sizeof(uint32_t));
        if (length > KEY_SIZE_MAX || length > bytes.length)
            return -1;
        out[i] = slice_before(bytes, length);
        bytes = slice_after(bytes, length);
    }
    return bytes.length == 0 ? (int)count : -1;
}
