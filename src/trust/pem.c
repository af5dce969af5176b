#include "postern/trust/pem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"

#define BAD 0xffu /* no base64 digit */

struct reader {
    struct slice rest;
    unsigned line; /* of the line last taken, from 1 */
    unsigned accept;
    const char *path;
    struct pem *out;
    size_t used; /* of out->bytes */
    unsigned char values[256];
    struct err *err;
};

/* Base64 (RFC 4648 §4) of one block, which may end a line anywhere. */
struct base64 {
    uint32_t bits;
    unsigned held;    /* digits in bits, 0 to 3 */
    unsigned padding; /* '=' seen */
};

static void fill_values(unsigned char values[256])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    memset(values, BAD, 256);
    for (unsigned char i = 0; i < 64; i++)
        values[(unsigned char)digits[i]] = i;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The next line without its end and without blanks behind it. 1, 0 at the end, -1 with err. */
static int take_line(struct reader *reader, struct slice *line)
{
    if (reader->rest.length == 0)
        return 0;
    size_t length = slice_find(reader->rest, '\n');
    *line = slice_before(reader->rest, length);
    reader->rest = slice_after(reader->rest, length < reader->rest.length ? length + 1 : length);
    reader->line++;
    if (length > PEM_LINE_MAX)
        return err_set_at(reader->err, reader->path, reader->line, "the line is longer than %u bytes",
                          PEM_LINE_MAX);
    if (slice_find(*line, '\0') < line->length)
        return err_set_at(reader->err, reader->path, reader->line, "a NUL byte; this is not a PEM file");
    while (line->length > 0 && is_blank(line->data[line->length - 1]))
        line->length--;
    return 1;
}

static bool contains(struct slice line, const char *text)
{
    return line.length > 0 && memmem(line.data, line.length, text, strlen(text)) != NULL;
}

/* "-----BEGIN LABEL-----": the label; false if it is not exactly that. */
static bool match_boundary(struct slice line, const char *begin, struct slice *label)
{
    struct slice before = slice_text(begin), after = SLICE_LITERAL("-----");
    if (line.length <= before.length + after.length || !slice_starts_with(line, before) ||
        !slice_ends_with(line, after))
        return false;
    *label = slice_of(line.data + before.length, line.length - before.length - after.length);
    return true;
}

static int read_label(const struct reader *reader, struct slice text, enum pem_label *out)
{
    static const struct {
        const char *text;
        enum pem_label label;
    } known[] = {
        {"CERTIFICATE", PEM_CERTIFICATE}, {"X509 CERTIFICATE", PEM_CERTIFICATE}, {"X509 CRL", PEM_CRL}};
    const char *wanted = reader->accept == PEM_CRL           ? "X509 CRL"
                         : reader->accept == PEM_CERTIFICATE ? "CERTIFICATE"
                                                             : "CERTIFICATE and X509 CRL";
    if (slice_ends_with(text, SLICE_LITERAL("PRIVATE KEY")))
        return err_set_at(reader->err, reader->path, reader->line,
                          "a private key does not belong in this file; take it out, and replace the key if "
                          "others could read it");
    for (size_t i = 0; i < LENGTH_OF(known); i++) {
        if (slice_equal_text(text, known[i].text) && (reader->accept & known[i].label)) {
            *out = known[i].label;
            return 0;
        }
    }
    return err_set_at(reader->err, reader->path, reader->line,
                      "a block \"%.*s\" does not belong in this file; only %s blocks do",
                      (int)(text.length < 64 ? text.length : 64), text.data, wanted);
}

/* Whole groups of four digits; returns how many bytes of the line they took. Most of a file goes here. */
static size_t decode_groups(struct reader *reader, struct slice line)
{
    const unsigned char *in = (const unsigned char *)line.data;
    unsigned char *out = (unsigned char *)reader->out->bytes + reader->used, *at = out;
    size_t i = 0;
    for (; line.length - i >= 4; i += 4) {
        unsigned a = reader->values[in[i]], b = reader->values[in[i + 1]], c = reader->values[in[i + 2]],
                 d = reader->values[in[i + 3]];
        if ((a | b | c | d) & 0x80u)
            break;
        *at++ = (unsigned char)(a << 2 | b >> 4);
        *at++ = (unsigned char)(b << 4 | c >> 2);
        *at++ = (unsigned char)(c << 6 | d);
    }
    reader->used += (size_t)(at - out);
    return i;
}

static void put(struct reader *reader, uint32_t byte)
{
    reader->out->bytes[reader->used++] = (char)(byte & 0xffu);
}

/* The padded end of a block: "xx==" or "xxx=". False if bits are left over: two texts for the same bytes. */
static bool finish_group(struct reader *reader, const struct base64 *state)
{
    if (state->held == 2) {
        put(reader, state->bits >> 4);
        return (state->bits & 0xfu) == 0;
    }
    put(reader, state->bits >> 10);
    put(reader, state->bits >> 2);
    return (state->bits & 0x3u) == 0;
}

static bool decode_digit(struct reader *reader, struct base64 *state, unsigned char byte)
{
    if (byte == '=') {
        state->padding++;
        if (state->held < 2 || state->held + state->padding > 4)
            return false;
        return state->held + state->padding < 4 || finish_group(reader, state);
    }
    unsigned char value = reader->values[byte];
    if (value == BAD || state->padding > 0)
        return false;
    state->bits = state->bits << 6 | value;
    if (++state->held == 4) {
        put(reader, state->bits >> 16);
        put(reader, state->bits >> 8);
        put(reader, state->bits);
        state->held = 0;
        state->bits = 0;
    }
    return true;
}

static int decode_line(struct reader *reader, struct base64 *state, struct slice line)
{
    size_t i = state->held == 0 && state->padding == 0 ? decode_groups(reader, line) : 0;
    for (; i < line.length; i++) {
        if (decode_digit(reader, state, (unsigned char)line.data[i]))
            continue;
        if (slice_find(line, ':') < line.length)
            return err_set_at(reader->err, reader->path, reader->line,
                              "a header line inside a PEM block; only plain blocks are read");
        return err_set_at(reader->err, reader->path, reader->line,
                          "not base64; the file may be cut off or damaged");
    }
    return 0;
}

static void append_block(struct pem *out, enum pem_label label, unsigned line, struct slice der)
{
    if ((out->count & (out->count - 1)) == 0)
        out->blocks = xreallocarray(out->blocks, out->count ? out->count * 2 : 1, sizeof(*out->blocks));
    out->blocks[out->count++] = (struct pem_block){.label = label, .line = line, .der = der};
}

/* From after BEGIN to END. */
static int read_block(struct reader *reader, struct slice label_text)
{
    enum pem_label label = 0;
    struct slice line, end;
    struct base64 state = {0};
    unsigned begin_line = reader->line;
    size_t begin = reader->used;
    if (read_label(reader, label_text, &label) != 0)
        return -1;
    if (reader->out->count >= PEM_BLOCKS_MAX)
        return err_set_at(reader->err, reader->path, begin_line, "more than %u blocks", PEM_BLOCKS_MAX);
    for (;;) {
        int got = take_line(reader, &line);
        if (got < 0)
            return -1;
        if (got == 0)
            return err_set_at(reader->err, reader->path, begin_line,
                              "the block that begins here does not end; the file is cut off");
        if (line.length > 0 && line.data[0] == '-')
            break;
        if (decode_line(reader, &state, line) != 0)
            return -1;
    }
    if (!match_boundary(line, "-----END ", &end) || !slice_equal(end, label_text))
        return err_set_at(reader->err, reader->path, reader->line, "expected -----END %.*s-----",
                          SLICE_ARG(label_text));
    if (state.held != 0 && state.held + state.padding != 4)
        return err_set_at(reader->err, reader->path, reader->line,
                          "base64 that ends in the middle of a group; the block is damaged");
    if (reader->used == begin)
        return err_set_at(reader->err, reader->path, begin_line, "an empty block");
    append_block(reader->out, label, begin_line, slice_of(reader->out->bytes + begin, reader->used - begin));
    return 0;
}

static int read_all(struct reader *reader)
{
    struct slice line, label;
    int got;
    while ((got = take_line(reader, &line)) > 0) {
        if (match_boundary(line, "-----BEGIN ", &label)) {
            if (read_block(reader, label) != 0)
                return -1;
        } else if (contains(line, "-BEGIN ") || contains(line, "-END ")) {
            return err_set_at(reader->err, reader->path, reader->line,
                              "a broken or misplaced BEGIN or END line; it must stand alone, with five "
                              "dashes on each side");
        }
    }
    if (got == 0 && reader->out->count == 0)
        return err_set_at(reader->err, reader->path, 0, "no PEM block in it");
    return got;
}

int pem_parse(struct slice text, unsigned accept, const char *path, struct pem *out, struct err *err)
{
    *out = (struct pem){0};
    if (text.length >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        text = slice_after(text, 3); /* a byte order mark, as Windows editors write it */
    out->bytes = memory_large(text.length / 4 * 3 + 4);
    if (!out->bytes)
        return err_set_at(err, path, 0, "no memory for a file of %zu bytes", text.length);
    struct reader reader = {.rest = text, .accept = accept, .path = path, .out = out, .err = err};
    fill_values(reader.values);
    return read_all(&reader);
}

void pem_clear(struct pem *pem)
{
    free(pem->blocks);
    free(pem->bytes);
    *pem = (struct pem){0};
}
