#include <errno.h>
#include <string.h>

#include "front.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/pki/parcel.h"

bool front_message_begin(struct buffer *message, enum front_kind kind)
{
    uint32_t value = (uint32_t)kind;
    buffer_init(message, FRONT_MESSAGE_MAX);
    /* All of it at once: memory that grows leaves copies of keys behind. */
    return buffer_reserve(message, FRONT_MESSAGE_MAX) != NULL &&
           parcel_put(message, FRONT_KIND, slice_of((const char *)&value, sizeof value));
}

bool front_message_put_number(struct buffer *message, enum front_item item, uint64_t number)
{
    return parcel_put(message, item, slice_of((const char *)&number, sizeof number));
}

int front_message_send(int channel, const struct buffer *message, const int *fds, size_t count)
{
    struct slice view = buffer_view(message);
    return message_send(channel, view.data, view.length, fds, count);
}

void front_message_clear(struct buffer *message)
{
    if (message->data != NULL)
        memory_cleanse(message->data, message->capacity);
    buffer_clear(message);
}

enum front_kind front_message_kind(struct slice message)
{
    uint32_t value = 0;
    struct slice bytes = parcel_find(message, FRONT_KIND);
    if (bytes.length == sizeof value)
        memcpy(&value, bytes.data, sizeof value);
    return value <= FRONT_ANSWER ? (enum front_kind)value : (enum front_kind)0;
}

uint64_t front_message_number(struct slice message, enum front_item item)
{
    uint64_t value = 0;
    struct slice bytes = parcel_find(message, item);
    if (bytes.length == sizeof value)
        memcpy(&value, bytes.data, sizeof value);
    return value;
}
