#include "postern/base/text.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

static bool is_printable(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F;
}

/* Length of the well-formed UTF-8 sequence at the start, or 0. RFC 3629 §4: no overlong form, no surrogate,
 * nothing over U+10FFFF. */
static size_t utf8_length(const unsigned char *bytes, size_t length)
{
    unsigned char lowest = 0x80, highest = 0xBF;
    size_t count;
    if (bytes[0] < 0x80)
        return 1;
    if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF)
        count = 2;
    else if (bytes[0] >= 0xE0 && bytes[0] <= 0xEF)
        count = 3;
    else if (bytes[0] >= 0xF0 && bytes[0] <= 0xF4)
        count = 4;
    else
        return 0;
    if (bytes[0] == 0xE0)
        lowest = 0xA0;
    else if (bytes[0] == 0xED)
        highest = 0x9F;
    else if (bytes[0] == 0xF0)
        lowest = 0x90;
    else if (bytes[0] == 0xF4)
        highest = 0x8F;
    if (length < count || bytes[1] < lowest || bytes[1] > highest)
        return 0;
    for (size_t i = 2; i < count; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return count;
}

/* What one unit of input becomes. Returns how many bytes of input it was; out gets at most 8. */
typedef size_t encode_one(const unsigned char *bytes, size_t length, const char *also, char *out,
                          size_t *written);

static bool is_one_of(unsigned char byte, const char *set)
{
    while (*set != '\0' && (unsigned char)*set != byte)
        set++;
    return *set != '\0';
}

/* How many bytes at the start no encoding changes. Most of what is logged is one such run, and is copied
 * whole. */
static size_t plain_length(const unsigned char *bytes, size_t length, const char *special, const char *also)
{
    size_t count = 0;
    while (count < length && is_printable(bytes[count]) && !is_one_of(bytes[count], special) &&
           !is_one_of(bytes[count], also))
        count++;
    return count;
}

/*   special, also  printable bytes that do not stay as they are */
static bool append_encoded(struct buffer *buffer, struct slice text, encode_one *encode, const char *special,
                           const char *also)
{
    size_t before = buffer_length(buffer);
    const unsigned char *bytes = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.length;) {
        char encoded[8];
        const char *out = text.data + i;
        size_t written = plain_length(bytes + i, text.length - i, special, also);
        if (written > 0) {
            i += written;
        } else {
            out = encoded;
            i += encode(bytes + i, text.length - i, also, encoded, &written);
        }
        if (!buffer_append(buffer, out, written)) {
            buffer_drop_tail(buffer, buffer_length(buffer) - before);
            return false;
        }
    }
    return true;
}

static void put(char *out, size_t *written, const char *text, size_t length)
{
    memcpy(out, text, length);
    *written = length;
}

static size_t encode_json(const unsigned char *bytes, size_t length, const char *also, char *out,
                          size_t *written)
{
    static const char short_from[] = "\"\\\b\f\n\r\t", short_to[] = "\"\\bfnrt";
    (void)also;
    const char *found = bytes[0] == 0 ? NULL : strchr(short_from, bytes[0]);
    if (found != NULL) {
        const char pair[] = {'\\', short_to[found - short_from]};
        put(out, written, pair, 2);
        return 1;
    }
    if (bytes[0] < 0x20 || bytes[0] == 0x7F) {
        const char escape[] = {'\\', 'u', '0', '0', lower_digits[bytes[0] >> 4], lower_digits[bytes[0] & 15]};
        put(out, written, escape, sizeof(escape));
        return 1;
    }
    size_t count = utf8_length(bytes, length);
    if (count == 0) {
        put(out, written, REPLACEMENT, 3);
        return 1;
    }
    put(out, written, (const char *)bytes, count);
    return count;
}

static size_t encode_escaped(const unsigned char *bytes, size_t length, const char *also, char *out,
                             size_t *written)
{
    (void)length;
    (void)also;
    const char escape[] = {'\\', 'x', upper_digits[bytes[0] >> 4], upper_digits[bytes[0] & 15]};
    if (is_printable(bytes[0]) && bytes[0] != '"' && bytes[0] != '\\')
        put(out, written, (const char *)bytes, 1);
    else
        put(out, written, escape, sizeof(escape));
    return 1;
}

static size_t encode_html(const unsigned char *bytes, size_t length, const char *also, char *out,
                          size_t *written)
{
    (void)length;
    (void)also;
    const char *text = NULL;
    switch (bytes[0]) {
    case '&':
        text = "&amp;";
        break;
    case '<':
        text = "&lt;";
        break;
    case '>':
        text = "&gt;";
        break;
    case '"':
        text = "&quot;";
        break;
    case '\'':
        text = "&#39;";
        break;
    default:
        if (bytes[0] < 0x20 || bytes[0] == 0x7F)
            text = "?";
        break;
    }
    if (text != NULL)
        put(out, written, text, strlen(text));
    else
        put(out, written, (const char *)bytes, 1);
    return 1;
}

static size_t encode_percent(const unsigned char *bytes, size_t length, const char *also, char *out,
                             size_t *written)
{
    (void)length;
    const char escape[] = {'%', upper_digits[bytes[0] >> 4], upper_digits[bytes[0] & 15]};
    if (is_printable(bytes[0]) && bytes[0] != '%' && strchr(also, bytes[0]) == NULL)
        put(out, written, (const char *)bytes, 1);
    else
        put(out, written, escape, sizeof(escape));
    return 1;
}

bool text_append_json(struct buffer *buffer, struct slice text)
{
    return append_encoded(buffer, text, encode_json, "\"\\", "");
}

bool text_append_escaped(struct buffer *buffer, struct slice text)
{
    return append_encoded(buffer, text, encode_escaped, "\"\\", "");
}

bool text_append_html(struct buffer *buffer, struct slice text)
{
    return append_encoded(buffer, text, encode_html, "&<>\"'", "");
}

bool text_append_percent(struct buffer *buffer, struct slice text, const char *also)
{
    return append_encoded(buffer, text, encode_percent, "%", also);
}

static void write_hex(char *out, const unsigned char *bytes, size_t length, bool upper)
{
    const char *digits = upper ? upper_digits : lower_digits;
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

bool text_append_hex(struct buffer *buffer, const unsigned char *bytes, size_t length, bool upper)
{
    if (length > SIZE_MAX / 2)
        return false;
    char *space = buffer_reserve(buffer, 2 * length);
    if (space == NULL)
        return false;
    write_hex(space, bytes, length, upper);
    buffer_commit(buffer, 2 * length);
    return true;
}

const char *text_hex(char *out, const unsigned char *bytes, size_t length, bool upper)
{
    write_hex(out, bytes, length, upper);
    out[2 * length] = '\0';
    return out;
}

int text_unhex(unsigned char *out, size_t size, struct slice hex)
{
    if (hex.length % 2 != 0 || hex.length / 2 > size || hex.length / 2 > INT32_MAX)
        return -1;
    for (size_t i = 0; i < hex.length / 2; i++) {
        int high = ascii_hex_value(hex.data[2 * i]), low = ascii_hex_value(hex.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return (int)(hex.length / 2);
}
