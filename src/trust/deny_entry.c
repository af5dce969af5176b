#include <stdio.h>
#include <string.h>

#include "id_bytes.h"
#include "postern/base/clock.h"
#include "postern/base/text.h"
#include "postern/trust/deny.h"

enum key { KEY_SERIAL, KEY_ISSUER, KEY_FINGERPRINT, KEY_CN, KEY_UNTIL, KEY_ADDED, KEY_REASON, KEY_COUNT };

static const char *const key_names[KEY_COUNT] = {"serial", "issuer", "fingerprint", "cn",
                                                 "until",  "added",  "reason"};

/* The line on its way. */
struct cursor {
    struct slice rest;
    char value[DENY_LINE_MAX]; /* of the pair at hand, quotation marks undone */
    size_t length;
    unsigned seen; /* 1 << enum key */
    struct err *err;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->rest.length > 0 && is_blank(cursor->rest.data[0]))
        cursor->rest = slice_after(cursor->rest, 1);
}

static bool is_at_end(const struct cursor *cursor)
{
    return cursor->rest.length == 0 || cursor->rest.data[0] == '#' || cursor->rest.data[0] == ';';
}

/* "...": \" and \\ are the escapes. */
static int take_quoted(struct cursor *cursor)
{
    cursor->rest = slice_after(cursor->rest, 1);
    while (cursor->rest.length > 0 && cursor->rest.data[0] != '"') {
        char byte = cursor->rest.data[0];
        size_t step = 1;
        if (byte == '\\') {
            byte = cursor->rest.length > 1 ? cursor->rest.data[1] : '\0';
            if (byte != '"' && byte != '\\')
                return err_set(cursor->err, "a \\ that escapes neither \" nor \\; double it");
            step = 2;
        }
        cursor->value[cursor->length++] = byte;
        cursor->rest = slice_after(cursor->rest, step);
    }
    if (cursor->rest.length == 0)
        return err_set(cursor->err, "a quotation mark is not closed; close it on the same line");
    cursor->rest = slice_after(cursor->rest, 1);
    return 0;
}

static int take_bare(struct cursor *cursor)
{
    while (cursor->rest.length > 0 && !is_blank(cursor->rest.data[0])) {
        char byte = cursor->rest.data[0];
        if (byte == '"' || byte == '\\' || byte == '#' || byte == ';')
            return err_set(cursor->err, "'%c' stands bare; put the value in quotation marks", byte);
        cursor->value[cursor->length++] = byte;
        cursor->rest = slice_after(cursor->rest, 1);
    }
    return 0;
}

static int take_value(struct cursor *cursor)
{
    cursor->length = 0;
    bool is_quoted = cursor->rest.length > 0 && cursor->rest.data[0] == '"';
    if ((is_quoted ? take_quoted(cursor) : take_bare(cursor)) != 0)
        return -1;
    if (cursor->length == 0)
        return err_set(cursor->err, "an empty value; leave the key out");
    if (cursor->rest.length > 0 && !is_blank(cursor->rest.data[0]))
        return err_set(cursor->err, "something right behind a quotation mark; put a blank between");
    return 0;
}

/* Up to the equals sign. */
static int take_key(struct cursor *cursor, enum key *out)
{
    size_t end = slice_find(cursor->rest, '=');
    struct slice name = slice_before(cursor->rest, end);
    if (end == cursor->rest.length)
        return err_set(cursor->err, "no '=' in \"%.*s\"; give KEY=VALUE, as in serial=0A1B2C",
                       (int)(name.length < 40 ? name.length : 40), name.data);
    for (int key = 0; key < KEY_COUNT; key++) {
        if (!slice_equal_text(name, key_names[key]))
            continue;
        if (cursor->seen & 1u << key)
            return err_set(cursor->err, "%s is there twice; give it once", key_names[key]);
        cursor->seen |= 1u << key;
        cursor->rest = slice_after(cursor->rest, end + 1);
        *out = (enum key)key;
        return 0;
    }
    return err_set(cursor->err,
                   "unknown key \"%.*s\"; serial, issuer, fingerprint, cn, until, added and reason are known",
                   (int)(name.length < 40 ? name.length : 40), name.data);
}

/* Hex, with or without a colon between two bytes, as openssl prints it both ways. Returns the number of
 * bytes, or -1. */
static int read_hex(const struct cursor *cursor, unsigned char *out, size_t size)
{
    char digits[2 * 64 + 1];
    size_t count = 0, colons = 0;
    for (size_t i = 0; i < cursor->length; i++) {
        bool is_colon = cursor->value[i] == ':';
        if ((is_colon && (i + 1 == cursor->length || i % 3 != 2)) ||
            (!is_colon && count == sizeof(digits) - 1))
            return -1;
        colons += is_colon;
        if (!is_colon)
            digits[count++] = cursor->value[i];
    }
    if (colons != 0 && (count % 2 != 0 || colons != count / 2 - 1))
        return -1;
    if (count % 2 != 0) { /* 0x1 as openssl does not print it, but people do */
        memmove(digits + 1, digits, count++);
        digits[0] = '0';
    }
    return text_unhex(out, size, slice_of(digits, count));
}

static int set_serial(struct cursor *cursor, struct deny_entry *out)
{
    unsigned char bytes[64];
    int length = read_hex(cursor, bytes, sizeof(bytes)), at = 0;
    while (at + 1 < length && bytes[at] == 0)
        at++;
    if (length < 1 ||
        !serial_of_magnitude(slice_of((const char *)bytes + at, (size_t)(length - at)), &out->serial))
        return err_set(cursor->err, "no serial number; give at most 20 bytes of hex, as in serial=0A1B2C");
    out->kind = DENY_SERIAL;
    return 0;
}

static int set_fingerprint(struct cursor *cursor, struct deny_entry *out)
{
    if (read_hex(cursor, out->fingerprint, sizeof(out->fingerprint)) != (int)sizeof(out->fingerprint))
        return err_set(cursor->err, "no fingerprint; give SHA-256 as 64 hex digits");
    out->kind = DENY_FINGERPRINT;
    return 0;
}

static int set_text(struct cursor *cursor, char *out, size_t size, const char *what)
{
    if (cursor->length >= size)
        return err_set(cursor->err, "%s of more than %zu bytes; give a shorter one", what, size - 1);
    memcpy(out, cursor->value, cursor->length);
    out[cursor->length] = '\0';
    return 0;
}

static int set_time(struct cursor *cursor, int64_t *out)
{
    if (clock_parse(slice_of(cursor->value, cursor->length), out))
        return 0;
    return err_set(cursor->err, "no date; give UTC as 2026-03-01T12:00:00Z, or a day as 2026-03-01");
}

static int set(struct cursor *cursor, enum key key, struct deny_entry *out)
{
    switch (key) {
    case KEY_SERIAL:
        return set_serial(cursor, out);
    case KEY_ISSUER:
        return set_text(cursor, out->issuer, sizeof(out->issuer), "an issuer");
    case KEY_FINGERPRINT:
        return set_fingerprint(cursor, out);
    case KEY_CN:
        out->kind = DENY_COMMON_NAME;
        return set_text(cursor, out->common_name, sizeof(out->common_name), "a common name");
    case KEY_UNTIL:
        return set_time(cursor, &out->until_s);
    case KEY_ADDED:
        return set_time(cursor, &out->added_s);
    default:
        return set_text(cursor, out->reason, sizeof(out->reason), "a reason");
    }
}

static int check_whole(const struct cursor *cursor)
{
    unsigned seen = cursor->seen;
    int whom = !!(seen & 1u << KEY_SERIAL) + !!(seen & 1u << KEY_FINGERPRINT) + !!(seen & 1u << KEY_CN);
    if (whom != 1)
        return err_set(cursor->err, "denies %s; give one of serial, fingerprint and cn a line",
                       whom == 0 ? "nobody" : "in more than one way");
    if ((seen & 1u << KEY_ISSUER) && !(seen & 1u << KEY_SERIAL))
        return err_set(cursor->err, "issuer goes with serial only; leave it out");
    return 0;
}

/* Checked before anything is taken apart, so that value never overflows and no control byte gets into a log.
 */
static int check_bytes(struct slice line, struct err *err)
{
    if (line.length >= DENY_LINE_MAX)
        return err_set(err, "a line of more than %u bytes; give one entry a line", DENY_LINE_MAX - 1);
    for (size_t i = 0; i < line.length; i++)
        if (((unsigned char)line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7F)
            return err_set(err, "a control byte (0x%02x); take it out", (unsigned char)line.data[i]);
    return 0;
}

int deny_entry_parse(struct slice line, struct deny_entry *out, struct err *err)
{
    struct cursor cursor = {.rest = line, .err = err};
    enum key key = KEY_COUNT;
    *out = (struct deny_entry){.until_s = DENY_FOR_EVER};
    if (check_bytes(line, err) != 0)
        return -1;
    skip_blanks(&cursor);
    if (is_at_end(&cursor))
        return 0;
    while (!is_at_end(&cursor)) {
        if (take_key(&cursor, &key) != 0 || take_value(&cursor) != 0 || set(&cursor, key, out) != 0)
            return -1;
        skip_blanks(&cursor);
    }
    return check_whole(&cursor) == 0 ? 1 : -1;
}

static bool write_quoted(struct buffer *out, const char *key, const char *value)
{
    bool fits = buffer_printf(out, "%s=\"", key);
    for (; fits && *value != '\0'; value++)
        fits = (*value != '"' && *value != '\\' ? true : buffer_append(out, "\\", 1)) &&
               buffer_append(out, value, 1);
    return fits && buffer_append_text(out, "\"");
}

static bool write_whom(const struct deny_entry *entry, struct buffer *out)
{
    char hex[2 * 64 + 1];
    switch (entry->kind) {
    case DENY_SERIAL:
        return buffer_printf(out, "serial=%s",
                             text_hex(hex, entry->serial.bytes, entry->serial.length, true)) &&
               (entry->issuer[0] == '\0' ||
                (buffer_append_text(out, " ") && write_quoted(out, "issuer", entry->issuer)));
    case DENY_FINGERPRINT:
        return buffer_printf(out, "fingerprint=%s",
                             text_hex(hex, entry->fingerprint, sizeof(entry->fingerprint), false));
    default:
        return write_quoted(out, "cn", entry->common_name);
    }
}

bool deny_entry_write(const struct deny_entry *entry, struct buffer *out)
{
    char until[CLOCK_TEXT_SIZE], added[CLOCK_TEXT_SIZE];
    return write_whom(entry, out) &&
           (entry->until_s == DENY_FOR_EVER ||
            buffer_printf(out, " until=%s", clock_format(entry->until_s, until))) &&
           (entry->added_s == 0 || buffer_printf(out, " added=%s", clock_format(entry->added_s, added))) &&
           (entry->reason[0] == '\0' ||
            (buffer_append_text(out, " ") && write_quoted(out, "reason", entry->reason))) &&
           buffer_append_text(out, "\n");
}

bool deny_entry_equal(const struct deny_entry *left, const struct deny_entry *right)
{
    unsigned char names[2][TRUST_NAME_SIZE];
    if (left->kind != right->kind)
        return false;
    if (left->kind == DENY_FINGERPRINT)
        return memcmp(left->fingerprint, right->fingerprint, sizeof(left->fingerprint)) == 0;
    const char *texts[] = {left->kind == DENY_SERIAL ? left->issuer : left->common_name,
                           left->kind == DENY_SERIAL ? right->issuer : right->common_name};
    for (size_t i = 0; i < LENGTH_OF(texts); i++)
        if (trust_name_of_text(slice_text(texts[i]), names[i]) != 0)
            return false;
    /* No issuer is another thing than any one. */
    return (texts[0][0] == '\0') == (texts[1][0] == '\0') &&
           memcmp(names[0], names[1], sizeof(names[0])) == 0 &&
           (left->kind != DENY_SERIAL || memcmp(&left->serial, &right->serial, sizeof(left->serial)) == 0);
}
