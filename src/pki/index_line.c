#include "index_line.h"

#include <string.h>
#include <strings.h>

#include "timestamp.h"

#define FIELDS 6

/* As `openssl ca` spells them; the last two are words of its index.txt alone, and carry a time behind them.
 */
static const struct {
    const char *text;
    enum pki_reason reason;
} reasons[] = {
    {"unspecified", PKI_REASON_UNSPECIFIED},
    {"keyCompromise", PKI_REASON_KEY_COMPROMISE},
    {"CACompromise", PKI_REASON_CA_COMPROMISE},
    {"affiliationChanged", PKI_REASON_AFFILIATION_CHANGED},
    {"superseded", PKI_REASON_SUPERSEDED},
    {"cessationOfOperation", PKI_REASON_CESSATION_OF_OPERATION},
    {"certificateHold", PKI_REASON_CERTIFICATE_HOLD},
    {"removeFromCRL", PKI_REASON_REMOVE_FROM_CRL},
    {"privilegeWithdrawn", PKI_REASON_PRIVILEGE_WITHDRAWN},
    {"AACompromise", PKI_REASON_AA_COMPROMISE},
    {"holdInstruction", PKI_REASON_CERTIFICATE_HOLD},
    {"keyTime", PKI_REASON_KEY_COMPROMISE},
    {"CAkeyTime", PKI_REASON_CA_COMPROMISE},
};

int pki_reason_parse(const char *text, enum pki_reason *out, struct err *err)
{
    for (size_t i = 0; i < LENGTH_OF(reasons) - 3; i++) {
        if (strcasecmp(text, reasons[i].text) != 0 || reasons[i].reason == PKI_REASON_REMOVE_FROM_CRL)
            continue;
        *out = reasons[i].reason;
        return 0;
    }
    return err_set(err,
                   "\"%s\" is no reason; unspecified, keyCompromise, CACompromise, affiliationChanged, "
                   "superseded, cessationOfOperation, certificateHold, privilegeWithdrawn or AACompromise "
                   "would be",
                   text);
}

const char *pki_reason_text(enum pki_reason reason)
{
    for (size_t i = 0; i < LENGTH_OF(reasons); i++)
        if (reasons[i].reason == reason)
            return reasons[i].text;
    return "unspecified";
}

static bool take_field(struct slice *rest, struct slice *field)
{
    size_t end = 0;
    while (end < rest->length && !(rest->data[end] == '\t' && (end == 0 || rest->data[end - 1] != '\\')))
        end++;
    *field = slice_before(*rest, end);
    if (end == rest->length)
        return false;
    *rest = slice_after(*rest, end + 1);
    return true;
}

static size_t split_fields(struct slice line, struct slice fields[FIELDS])
{
    size_t count = 0;
    struct slice ignored;
    while (take_field(&line, count < FIELDS ? &fields[count] : &ignored))
        count++;
    return count + 1;
}

static bool is_hex(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (ascii_hex_value(text.data[i]) < 0)
            return false;
    return text.length > 0;
}

int pki_index_line_parse(struct slice line, struct pki_entry *out, const char *path, unsigned number,
                         struct err *err)
{
    struct slice field[FIELDS];
    struct pki_revocation revocation;
    int64_t expires = 0;
    size_t count = split_fields(line, field);
    if (count != FIELDS)
        return err_set_at(err, path, number,
                          "%zu fields between tabs; %d would be right, was the line cut short?", count,
                          FIELDS);
    *out = (struct pki_entry){0, field[1], field[2], field[3], field[4], field[5]};
    if (field[0].length != 1 || !strchr("VRE", field[0].data[0]))
        return err_set_at(err, path, number, "state \"%.*s\"; V, R or E would be right", SLICE_ARG(field[0]));
    out->state = field[0].data[0];
    if (!pki_timestamp_parse(out->expires, &expires))
        return err_set_at(err, path, number, "\"%.*s\" is no time; YYMMDDHHMMSSZ would be right",
                          SLICE_ARG(out->expires));
    if (!is_hex(out->serial) || out->serial.length > 2 * PKI_SERIAL_BYTES_MAX)
        return err_set_at(err, path, number, "\"%.*s\" is no serial; hex digits, %d at most, would be right",
                          SLICE_ARG(out->serial), 2 * PKI_SERIAL_BYTES_MAX);
    if (memchr(line.data, '\0', line.length))
        return err_set_at(err, path, number, "a NUL byte; restore the file from a backup");
    if (out->state == 'R' && !pki_entry_revocation(out, &revocation))
        return err_set_at(err, path, number, "revoked at \"%.*s\"; a time and a reason would be right",
                          SLICE_ARG(out->revoked));
    return 0;
}

bool pki_index_line_write(const struct pki_entry *entry, struct buffer *out)
{
    const struct slice fields[FIELDS] = {slice_of(&entry->state, 1),
                                         entry->expires,
                                         entry->revoked,
                                         entry->serial,
                                         entry->file,
                                         entry->subject};
    for (size_t i = 0; i < FIELDS; i++)
        if (!buffer_append_slice(out, fields[i]) || !buffer_append(out, i < FIELDS - 1 ? "\t" : "\n", 1))
            return false;
    return true;
}

int64_t pki_entry_expires(const struct pki_entry *entry)
{
    int64_t when = 0;
    return pki_timestamp_parse(entry->expires, &when) ? when : 0;
}

bool pki_entry_is_valid(const struct pki_entry *entry, int64_t now_s)
{
    return entry->state == 'V' && pki_entry_expires(entry) > now_s;
}

bool pki_entry_revocation(const struct pki_entry *entry, struct pki_revocation *out)
{
    struct slice rest = entry->revoked, when, reason;
    *out = (struct pki_revocation){0};
    if (entry->state != 'R' || !slice_split(&rest, ',', &when) || !pki_timestamp_parse(when, &out->when_s))
        return false;
    if (!slice_split(&rest, ',', &reason))
        return true;
    for (size_t i = 0; i < LENGTH_OF(reasons); i++) {
        if (!slice_equal_nocase(reason, slice_text(reasons[i].text)))
            continue;
        out->reason = reasons[i].reason;
        /* keyTime and CAkeyTime, the last two. */
        return i < LENGTH_OF(reasons) - 2 || pki_timestamp_parse(rest, &out->invalid_since_s);
    }
    return false;
}

struct slice pki_entry_attribute(const struct pki_entry *entry, const char *type)
{
    struct slice subject = entry->subject, found = {0}, part;
    size_t length = strlen(type);
    while (slice_split(&subject, '/', &part))
        if (part.length > length && memcmp(part.data, type, length) == 0 && part.data[length] == '=')
            found = slice_after(part, length + 1);
    return found;
}

bool pki_append_unescaped(struct buffer *buffer, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (byte == '\\' && i + 3 < text.length && text.data[i + 1] == 'x' &&
            ascii_hex_value(text.data[i + 2]) >= 0 && ascii_hex_value(text.data[i + 3]) >= 0) {
            byte = (char)(ascii_hex_value(text.data[i + 2]) << 4 | ascii_hex_value(text.data[i + 3]));
            i += 3;
        }
        if (!buffer_append(buffer, &byte, 1))
            return false;
    }
    return true;
}
