#include "postern/http/serialise.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "postern/http/fields.h"
#include "postern/http/status.h"

/* All parts or none. */
static bool append_parts(struct buffer *buffer, const struct slice *parts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += parts[i].length;
    char *space = buffer_reserve(buffer, length);
    if (space == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].length != 0)
            memcpy(space, parts[i].data, parts[i].length);
        space += parts[i].length;
    }
    buffer_commit(buffer, length);
    return true;
}

static bool is_visible(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!byte_is(text.data[i], BYTE_VISIBLE))
            return false;
    return text.length != 0;
}

bool http_write_request_line(struct buffer *buffer, struct slice method, struct slice target)
{
    const struct slice parts[] = {method, SLICE_LITERAL(" "), target, SLICE_LITERAL(" HTTP/1.1\r\n")};
    return http_is_token(method) && is_visible(target) && append_parts(buffer, parts, LENGTH_OF(parts));
}

bool http_write_status_line(struct buffer *buffer, int status, struct slice phrase)
{
    if (status < 100 || status > 599 || !http_is_field_value(phrase))
        return false;
    const char digits[] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
                           (char)('0' + status % 10)};
    const struct slice parts[] = {
        SLICE_LITERAL("HTTP/1.1 "), slice_of(digits, sizeof(digits)), SLICE_LITERAL(" "),
        phrase.length != 0 ? phrase : slice_text(http_status_phrase(status)), SLICE_LITERAL("\r\n")};
    return append_parts(buffer, parts, LENGTH_OF(parts));
}

bool http_write_field(struct buffer *buffer, struct slice name, struct slice value)
{
    const struct slice parts[] = {name, SLICE_LITERAL(": "), value, SLICE_LITERAL("\r\n")};
    return http_is_token(name) && http_is_field_value(value) && append_parts(buffer, parts, LENGTH_OF(parts));
}

bool http_write_field_text(struct buffer *buffer, const char *name, const char *value)
{
    return http_write_field(buffer, slice_text(name), slice_text(value));
}

bool http_write_field_uint(struct buffer *buffer, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    return http_write_field_text(buffer, name, text);
}

bool http_write_head_end(struct buffer *buffer)
{
    return buffer_append(buffer, "\r\n", 2);
}

bool http_write_chunk_head(struct buffer *buffer, uint64_t size)
{
    char text[HTTP_CHUNK_HEAD_MAX];
    char *at = text + sizeof(text);
    if (size == 0)
        return false;
    *--at = '\n';
    *--at = '\r';
    for (; size != 0; size /= 16)
        *--at = "0123456789abcdef"[size % 16];
    return buffer_append(buffer, at, (size_t)(text + sizeof(text) - at));
}

bool http_write_chunk_end(struct buffer *buffer)
{
    return buffer_append(buffer, "\r\n", 2);
}

bool http_write_last_chunk(struct buffer *buffer)
{
    return buffer_append(buffer, "0\r\n\r\n", 5);
}
