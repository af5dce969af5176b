#include "postern/http/head.h"

#include <string.h>

#include "bytes.h"
#include "postern/base/assert.h"

/* Around a target, a request line holds the method, two spaces, the version and CR LF. */
#define REQUEST_LINE_EXTRA (HTTP_METHOD_MAX + 2 + sizeof("HTTP/1.1\r\n") - 1)

/* The bytes not yet parsed. Each line of a complete head ends in CR LF, and the last one is empty: what
 * find_head_end() established, so a walk over bytes of one class stops before end without asking for it. */
struct cursor {
    const char *at, *end;
};

/* Look for the end of the head from *scanned on. Every LF must have a CR before it; an empty line ends the
 * head, unless it is the very first. */
static enum http_result find_head_end(const char *data, size_t length, size_t *scanned, size_t *head_length)
{
    size_t i = *scanned;
    while (i < length) {
        const char *found = memchr(data + i, '\n', length - i);
        if (found == NULL)
            break;
        i = (size_t)(found - data);
        if (i == 0 || data[i - 1] != '\r')
            return HTTP_BARE_LF;
        if (i >= 2 && data[i - 2] == '\n') {
            *head_length = i + 1;
            return HTTP_OK;
        }
        i++;
    }
    *scanned = length;
    return HTTP_INCOMPLETE;
}

/* As above, within the limit; says which part of the head it is that has grown too large. */
static enum http_result find_bounded_end(const char *data, size_t length, const struct http_limits *limits,
                                         size_t *scanned, size_t *head_length)
{
    size_t bounded = length < limits->head_size ? length : limits->head_size;
    enum http_result result = find_head_end(data, bounded, scanned, head_length);
    if (result != HTTP_INCOMPLETE || length < limits->head_size)
        return result;
    return memchr(data, '\n', bounded) == NULL ? HTTP_TARGET_TOO_LONG : HTTP_HEAD_TOO_LARGE;
}

/* "HTTP/1.x" at the cursor, which moves behind it. */
static enum http_result parse_version(struct cursor *cursor, int *minor)
{
    static const char name[] = "HTTP/";
    const size_t length = sizeof("HTTP/1.1") - 1;
    const char *at = cursor->at;
    if ((size_t)(cursor->end - at) < length || memcmp(at, name, sizeof(name) - 1) != 0)
        return HTTP_BAD_VERSION;
    if (!ascii_is_digit(at[5]) || at[6] != '.' || !ascii_is_digit(at[7]))
        return HTTP_BAD_VERSION;
    if (at[5] != '1' || (at[7] != '0' && at[7] != '1'))
        return HTTP_VERSION_UNSUPPORTED;
    *minor = at[7] - '0';
    cursor->at += length;
    return HTTP_OK;
}

/* Bytes of one class. Ends at the CR of the line at the latest, which is of no class. */
static struct slice take_run(struct cursor *cursor, int kind)
{
    const char *begin = cursor->at;
    while (byte_is(*cursor->at, kind))
        cursor->at++;
    return slice_of(begin, (size_t)(cursor->at - begin));
}

/* CR LF at the cursor. Not asked for the last line of all, so there is at least CR LF behind. */
static bool take_line_end(struct cursor *cursor)
{
    if (cursor->at[0] != '\r' || cursor->at[1] != '\n')
        return false;
    cursor->at += 2;
    return true;
}

static enum http_result parse_field(struct cursor *cursor, struct http_field *field)
{
    if (*cursor->at == ' ' || *cursor->at == '\t')
        return HTTP_OBS_FOLD;
    field->name = take_run(cursor, BYTE_TOKEN);
    if (field->name.length == 0 || *cursor->at != ':')
        return HTTP_FIELD_NAME;
    cursor->at++;
    field->value = slice_trim(take_run(cursor, BYTE_VALUE));
    return take_line_end(cursor) ? HTTP_OK : HTTP_FIELD_VALUE;
}

/* All fields up to and with the empty line, which is the last two bytes. */
static enum http_result parse_fields(struct cursor *cursor, size_t field_count, struct http_fields *fields)
{
    size_t capacity = fields->capacity < field_count ? fields->capacity : field_count;
    fields->count = 0;
    while (cursor->end - cursor->at > 2) {
        if (fields->count == capacity)
            return HTTP_TOO_MANY_FIELDS;
        enum http_result result = parse_field(cursor, &fields->items[fields->count]);
        if (result != HTTP_OK)
            return result;
        fields->count++;
    }
    return HTTP_OK;
}

static enum http_result parse_request_line(struct cursor *cursor, size_t target_size,
                                           struct http_request *out)
{
    out->method = take_run(cursor, BYTE_TOKEN);
    if (out->method.length == 0 || out->method.length > HTTP_METHOD_MAX || *cursor->at != ' ')
        return HTTP_BAD_METHOD;
    cursor->at++;
    out->target = take_run(cursor, BYTE_VISIBLE);
    if (out->target.length > target_size)
        return HTTP_TARGET_TOO_LONG;
    if (out->target.length == 0 || *cursor->at != ' ')
        return HTTP_BAD_TARGET;
    cursor->at++;
    enum http_result result = parse_version(cursor, &out->minor);
    if (result != HTTP_OK)
        return result;
    return take_line_end(cursor) ? HTTP_OK : HTTP_BAD_VERSION;
}

/* What is wrong already before the end of the head is there: not a method, or a first line that is too long.
 * So that whoever speaks another protocol is told at once. */
static enum http_result check_beginning(const char *data, size_t length, const struct http_limits *limits,
                                        size_t scanned)
{
    size_t longest = limits->target_size < SIZE_MAX - REQUEST_LINE_EXTRA
                         ? limits->target_size + REQUEST_LINE_EXTRA + sizeof("\r\n") - 1
                         : SIZE_MAX;
    if (scanned == 0 && length != 0 && data[0] != '\r' && !byte_is(data[0], BYTE_TOKEN))
        return HTTP_BAD_METHOD;
    /* Only when it is crossed, so that a head in many pieces is not looked at anew for each. */
    if (scanned <= longest && length > longest) {
        size_t begin = data[0] == '\r' ? 2 : 0;
        if (memchr(data + begin, '\n', longest - begin) == NULL)
            return HTTP_TARGET_TOO_LONG;
    }
    return HTTP_INCOMPLETE;
}

enum http_result http_request_parse(const char *data, size_t length, const struct http_limits *limits,
                                    size_t *scanned, struct http_request *out, size_t *consumed)
{
    size_t head_length, scanned_before = *scanned;
    ASSERT(scanned_before <= length);
    enum http_result result = find_bounded_end(data, length, limits, scanned, &head_length);
    if (result == HTTP_INCOMPLETE)
        return check_beginning(data, length, limits, scanned_before);
    if (result != HTTP_OK)
        return result;
    struct cursor cursor = {data, data + head_length};
    if (head_length > 2 && data[0] == '\r' && data[1] == '\n')
        cursor.at += 2;
    result = parse_request_line(&cursor, limits->target_size, out);
    if (result == HTTP_OK)
        result = parse_fields(&cursor, limits->field_count, &out->fields);
    if (result == HTTP_OK)
        *consumed = head_length;
    return result;
}

static enum http_result parse_status_line(struct cursor *cursor, struct http_response *out)
{
    enum http_result result = parse_version(cursor, &out->minor);
    if (result != HTTP_OK)
        return result;
    const char *at = cursor->at;
    /* The line's CR stops this before the end: it is neither a space nor a digit. */
    if (at[0] != ' ' || at[1] < '1' || at[1] > '5' || !ascii_is_digit(at[2]) || !ascii_is_digit(at[3]))
        return HTTP_BAD_STATUS;
    out->status = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
    cursor->at += 4;
    out->phrase = slice_of(cursor->at, 0);
    if (*cursor->at == ' ') {
        cursor->at++;
        out->phrase = take_run(cursor, BYTE_VALUE);
    }
    return take_line_end(cursor) ? HTTP_OK : HTTP_BAD_STATUS;
}

enum http_result http_response_parse(const char *data, size_t length, const struct http_limits *limits,
                                     size_t *scanned, struct http_response *out, size_t *consumed)
{
    size_t head_length;
    ASSERT(*scanned <= length);
    /* No upstream has anything to say before its status line. */
    if (length != 0 && data[0] != 'H')
        return HTTP_BAD_VERSION;
    enum http_result result = find_bounded_end(data, length, limits, scanned, &head_length);
    if (result == HTTP_TARGET_TOO_LONG)
        return HTTP_HEAD_TOO_LARGE;
    if (result != HTTP_OK)
        return result;
    struct cursor cursor = {data, data + head_length};
    result = parse_status_line(&cursor, out);
    if (result == HTTP_OK)
        result = parse_fields(&cursor, limits->field_count, &out->fields);
    if (result == HTTP_OK)
        *consumed = head_length;
    return result;
}
