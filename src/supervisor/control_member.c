#include <string.h>

#include "postern/supervisor/control.h"

/* A cursor over JSON text. Nothing is built: values that nobody asked for are passed over. */
struct reader {
    const char *at, *end;
};

enum { DEPTH_MAX = 16 };

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static bool take(struct reader *reader, char byte)
{
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

static bool append_utf8(struct buffer *out, unsigned code)
{
    char bytes[4];
    size_t length = 0;
    if (code < 0x80) {
        bytes[length++] = (char)code;
    } else if (code < 0x800) {
        bytes[length++] = (char)(0xC0 | code >> 6);
        bytes[length++] = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        bytes[length++] = (char)(0xE0 | code >> 12);
        bytes[length++] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (code & 0x3F));
    } else {
        bytes[length++] = (char)(0xF0 | code >> 18);
        bytes[length++] = (char)(0x80 | (code >> 12 & 0x3F));
        bytes[length++] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (code & 0x3F));
    }
    return out == NULL || buffer_append(out, bytes, length);
}

static bool read_hex4(struct reader *reader, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = reader->at < reader->end ? ascii_hex_value(*reader->at) : -1;
        if (digit < 0)
            return false;
        *out = *out << 4 | (unsigned)digit;
        reader->at++;
    }
    return true;
}

/* Behind "\u". A surrogate stands only in a pair, RFC 8259 §7. */
static bool read_code(struct reader *reader, struct buffer *out)
{
    unsigned code, low;
    if (!read_hex4(reader, &code) || (code >= 0xDC00 && code < 0xE000))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u')
            return false;
        reader->at += 2;
        if (!read_hex4(reader, &low) || low < 0xDC00 || low >= 0xE000)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return append_utf8(out, code);
}

static bool read_escape(struct reader *reader, struct buffer *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (reader->at == reader->end)
        return false;
    char name = *reader->at++;
    if (name == 'u')
        return read_code(reader, out);
    const char *found = name != '\0' ? strchr(names, name) : NULL;
    return found != NULL && (out == NULL || buffer_append(out, values + (found - names), 1));
}

/* A string's content into out, which may be NULL. */
static bool read_string(struct reader *reader, struct buffer *out)
{
    if (!take(reader, '"'))
        return false;
    while (reader->at < reader->end && *reader->at != '"') {
        char byte = *reader->at++;
        if ((unsigned char)byte < 0x20)
            return false;
        if (byte == '\\' ? !read_escape(reader, out) : out != NULL && !buffer_append(out, &byte, 1))
            return false;
    }
    if (reader->at == reader->end)
        return false;
    reader->at++;
    return true;
}

/* A number, true, false or null: its letters are not looked at more closely. */
static bool skip_bare(struct reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && (ascii_is_alpha(*reader->at) || ascii_is_digit(*reader->at) ||
                                        *reader->at == '-' || *reader->at == '+' || *reader->at == '.'))
        reader->at++;
    return reader->at > begin;
}

static bool skip_value(struct reader *reader, int depth);

static bool skip_members(struct reader *reader, char end, int depth)
{
    reader->at++;
    if (take(reader, end))
        return true;
    do {
        if (end == '}' && (!read_string(reader, NULL) || !take(reader, ':')))
            return false;
        if (!skip_value(reader, depth + 1))
            return false;
    } while (take(reader, ','));
    return take(reader, end);
}

static bool skip_value(struct reader *reader, int depth)
{
    skip_space(reader);
    if (reader->at == reader->end || depth > DEPTH_MAX)
        return false;
    switch (*reader->at) {
    case '"':
        return read_string(reader, NULL);
    case '{':
        return skip_members(reader, '}', depth);
    case '[':
        return skip_members(reader, ']', depth);
    default:
        return skip_bare(reader);
    }
}

static bool take_value(struct reader *reader, struct buffer *out)
{
    skip_space(reader);
    const char *begin = reader->at;
    if (begin < reader->end && *begin == '"')
        return read_string(reader, out);
    return skip_value(reader, 1) && buffer_append(out, begin, (size_t)(reader->at - begin));
}

/* One member: 1 if it was the one, 0 if not, -1 if malformed. */
static int read_member(struct reader *reader, struct slice name, struct buffer *out)
{
    struct buffer found;
    buffer_init(&found, 256);
    bool sound = read_string(reader, &found) && take(reader, ':');
    bool is_it = sound && slice_equal(buffer_view(&found), name);
    buffer_clear(&found);
    if (!sound)
        return -1;
    if (is_it)
        return take_value(reader, out) ? 1 : -1;
    return skip_value(reader, 1) ? 0 : -1;
}

int control_member(struct slice object, const char *name, struct buffer *out)
{
    struct reader reader = {object.data, object.data + object.length};
    struct slice wanted = slice_text(name);
    int found = 0;
    if (!take(&reader, '{'))
        return -1;
    if (!take(&reader, '}')) {
        do {
            int result = read_member(&reader, wanted, out);
            if (result < 0 || (result == 1 && found == 1))
                return -1;
            found |= result;
        } while (take(&reader, ','));
        if (!take(&reader, '}'))
            return -1;
    }
    skip_space(&reader);
    return reader.at == reader.end ? found : -1;
}
