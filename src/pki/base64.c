#include "postern/pki/base64.h"

#include <stdint.h>
#include <string.h>

#define LINE_BYTES 48 /* of input in a line of 64 */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Four letters at a time; padding is counted as letters of value 0. */
struct decoder {
    uint32_t bits;
    unsigned letters, padding;
};

static bool take_group(struct decoder *decoder, struct buffer *out)
{
    unsigned count = 3 - decoder->padding;
    unsigned char bytes[3] = {(unsigned char)(decoder->bits >> 16), (unsigned char)(decoder->bits >> 8),
                              (unsigned char)decoder->bits};
    for (unsigned i = count; i < 3; i++)
        if (bytes[i] != 0)
            return false;
    decoder->bits = 0;
    decoder->letters = 0;
    return buffer_append(out, bytes, count);
}

static bool take_letter(struct decoder *decoder, char letter, struct buffer *out)
{
    int value = value_of(letter);
    if (letter == '=' && decoder->letters >= 2 && decoder->padding < 2)
        decoder->padding++;
    else if (value < 0 || decoder->padding > 0)
        return false;
    decoder->bits = decoder->bits << 6 | (value < 0 ? 0 : (uint32_t)value);
    return ++decoder->letters < 4 || take_group(decoder, out);
}

bool pki_base64_decode(struct slice text, struct buffer *out)
{
    struct decoder decoder = {0};
    for (size_t i = 0; i < text.length; i++) {
        if (is_space(text.data[i]))
            continue;
        if ((decoder.padding > 0 && decoder.letters == 0) || !take_letter(&decoder, text.data[i], out))
            return false;
    }
    return decoder.letters == 0;
}

static bool take_line(struct slice *rest, struct slice start, struct slice *name)
{
    static const struct slice tail = SLICE_CONSTANT("-----");
    struct slice line = slice_before(*rest, slice_find(*rest, '\n'));
    size_t used = line.length < rest->length ? line.length + 1 : line.length;
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line = slice_before(line, line.length - 1);
    if (line.length < start.length + tail.length || !slice_starts_with(line, start) ||
        !slice_ends_with(line, tail))
        return false;
    *name = slice_before(slice_after(line, start.length), line.length - start.length - tail.length);
    *rest = slice_after(*rest, used);
    return true;
}

bool pki_base64_decode_request(struct slice text, struct buffer *out)
{
    struct slice begun, ended;
    if (!take_line(&text, SLICE_LITERAL("-----BEGIN "), &begun))
        return pki_base64_decode(text, out);
    struct slice inside = slice_before(text, slice_find(text, '-'));
    struct slice rest = slice_after(text, inside.length);
    if (!take_line(&rest, SLICE_LITERAL("-----END "), &ended) || !slice_equal(begun, ended) ||
        slice_trim(rest).length != 0)
        return false;
    return pki_base64_decode(inside, out);
}

bool pki_base64_decode_path(struct slice text, struct buffer *out)
{
    struct decoder decoder = {0};
    for (size_t i = 0; i < text.length; i++) {
        char letter = text.data[i];
        if (letter == '%') {
            int high = i + 2 < text.length ? ascii_hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.length ? ascii_hex_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            letter = (char)(high * 16 + low);
            i += 2;
        }
        if ((decoder.padding > 0 && decoder.letters == 0) || !take_letter(&decoder, letter, out))
            return false;
    }
    return decoder.letters == 0;
}

static void encode_group(const unsigned char *bytes, size_t count, char out[4])
{
    uint32_t bits = (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) |
                    (count > 2 ? bytes[2] : 0);
    for (int i = 0; i < 4; i++)
        out[i] = (size_t)i <= count ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
}

bool pki_base64_encode(struct slice bytes, struct buffer *out)
{
    const unsigned char *from = (const unsigned char *)bytes.data;
    for (size_t at = 0; at < bytes.length; at += 3) {
        char group[5] = "";
        encode_group(from + at, bytes.length - at < 3 ? bytes.length - at : 3, group);
        bool ends_line = (at + 3) % LINE_BYTES == 0 || at + 3 >= bytes.length;
        if (ends_line)
            group[4] = '\n';
        if (!buffer_append(out, group, ends_line ? 5 : 4))
            return false;
    }
    return true;
}
