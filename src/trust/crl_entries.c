#include <stdlib.h>
#include <string.h>

#include "crl_sort.h"
#include "crl_walk.h"
#include "id_bytes.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/trust/der.h"

#define DAY_S         86400
#define ENTRY_DER_MIN 20u /* SEQUENCE { INTEGER of one octet, UTCTime } */

enum { CE_REASON_CODE = 21, CE_CERTIFICATE_ISSUER = 29 };

/* "entry 1A2B: ..." */
static int refuse_entry(struct crl_walk *walk, const struct crl_entry *entry, const char *what)
{
    char serial[2 * TRUST_SERIAL_MAX + 1];
    text_hex(serial, entry->serial.bytes, entry->serial.length, true);
    return crl_refuse(walk, "entry of serial %s: %s", serial, what);
}

/* CRLReason, RFC 5280 §5.3.1: 0 to 10 without 7. */
static int read_reason(struct crl_walk *walk, struct slice value, struct crl_entry *entry)
{
    struct der_element element;
    uint32_t reason = 0;
    if (!der_expect(&value, DER_ENUMERATED, &element) || value.length > 0 ||
        !der_small(&element, 10, &reason) || reason == 7)
        return refuse_entry(walk, entry, "malformed reason code");
    if (reason == 8)
        return refuse_entry(walk, entry, "reason removeFromCRL, which only delta CRLs may have");
    entry->reason = (unsigned char)reason;
    return 0;
}

static int read_entry_extension(struct crl_walk *walk, struct slice body, struct crl_entry *entry,
                                bool *has_reason)
{
    struct der_element oid, element;
    bool is_critical = false;
    if (!der_next(&body, &oid) || !der_is_oid(&oid))
        return refuse_entry(walk, entry, "malformed extension");
    if (der_peek(body) == DER_BOOLEAN && (!der_next(&body, &element) || !der_boolean(&element, &is_critical)))
        return refuse_entry(walk, entry, "malformed extension");
    if (!der_expect(&body, DER_OCTET_STRING, &element) || body.length > 0)
        return refuse_entry(walk, entry, "malformed extension");
    const unsigned char *bytes = (const unsigned char *)oid.body.data;
    int number = oid.body.length == 3 && bytes[0] == 0x55 && bytes[1] == 0x1d ? bytes[2] : -1;
    if (number == CE_CERTIFICATE_ISSUER)
        return refuse_entry(walk, entry,
                            "it is of another issuer (an indirect CRL), which is not supported; use the CRL "
                            "that each CA issues for itself");
    if (is_critical)
        return refuse_entry(walk, entry, "a critical extension that is not understood");
    if (number != CE_REASON_CODE)
        return 0;
    if (*has_reason)
        return refuse_entry(walk, entry, "two reason codes");
    *has_reason = true;
    return read_reason(walk, element.body, entry);
}

/* A reason code and nothing else, which is what nearly all entries have, in the one form that DER gives it.
 */
static bool is_plain_reason(struct slice extensions, unsigned char *reason)
{
    static const char form[] = "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01";
    if (extensions.length != sizeof(form) || memcmp(extensions.data, form, sizeof(form) - 1) != 0)
        return false;
    *reason = (unsigned char)extensions.data[sizeof(form) - 1];
    return *reason <= 10 && *reason != 7 && *reason != 8;
}

static int read_entry_extensions(struct crl_walk *walk, struct slice rest, struct crl_entry *entry)
{
    struct der_element list, element;
    if (walk->is_v2 && is_plain_reason(rest, &entry->reason))
        return 0;
    entry->reason = 0;
    bool has_reason = false;
    if (!der_expect(&rest, DER_SEQUENCE, &list) || rest.length > 0 || !walk->is_v2)
        return refuse_entry(walk, entry, "malformed extensions");
    while (list.body.length > 0) {
        if (!der_expect(&list.body, DER_SEQUENCE, &element))
            return refuse_entry(walk, entry, "malformed extension");
        if (read_entry_extension(walk, element.body, entry, &has_reason) != 0)
            return -1;
    }
    return 0;
}

static void note_day(struct crl_entry *entry, int64_t date_s)
{
    int64_t day = date_s / DAY_S;
    if (day <= 0 || day > UINT16_MAX)
        return;
    entry->day[0] = (unsigned char)(day >> 8);
    entry->day[1] = (unsigned char)(day & 0xff);
}

int64_t crl_entry_day(const struct crl_entry *entry)
{
    return (int64_t)(entry->day[0] << 8 | entry->day[1]) * DAY_S;
}

static int read_entry(struct crl_walk *walk, struct slice *rest, struct crl_entry *entry)
{
    struct der_element sequence, element;
    struct slice serial;
    int64_t date;
    *entry = (struct crl_entry){0};
    if (!der_expect(rest, DER_SEQUENCE, &sequence))
        return crl_refuse(walk, "malformed entry; is the file cut off?");
    struct slice body = sequence.body;
    if (!der_expect(&body, DER_INTEGER, &element) || !der_unsigned(&element, &serial) ||
        !serial_of_magnitude(serial, &entry->serial))
        return crl_refuse(walk, "an entry whose serial number is negative, not minimal or over 20 octets");
    if (!der_next(&body, &element) || !der_time(&element, &date))
        return refuse_entry(walk, entry, "malformed revocation date");
    note_day(entry, date);
    return body.length == 0 ? 0 : read_entry_extensions(walk, body, entry);
}

/* Room for as many as the bytes could hold. Of memory that is never touched there is plenty. */
static int make_room(struct crl_walk *walk, size_t *capacity)
{
    size_t most = walk->entries.length / ENTRY_DER_MIN + 1;
    *capacity = most < CRL_ENTRIES_MAX ? most : CRL_ENTRIES_MAX;
    walk->out->entries = memory_large(*capacity * sizeof(*walk->out->entries));
    return walk->out->entries ? 0 : crl_refuse(walk, "no memory for %zu entries", *capacity);
}

/* One entry for each serial; of several the first reason that says something. */
static size_t collapse(struct crl_entry *entries, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || crl_entry_compare(&entries[kept - 1], &entries[i]) != 0)
            entries[kept++] = entries[i];
        else if (entries[kept - 1].reason == 0)
            entries[kept - 1].reason = entries[i].reason;
    }
    return kept;
}

int crl_walk_entries(struct crl_walk *walk)
{
    struct slice rest = walk->entries;
    size_t count = 0, capacity;
    if (make_room(walk, &capacity) != 0)
        return -1;
    while (rest.length > 0) {
        if (count == capacity)
            return crl_refuse(walk, "more than %zu entries", capacity);
        if (read_entry(walk, &rest, &walk->out->entries[count]) != 0)
            return -1;
        count++;
    }
    if (crl_entries_sort(walk->out->entries, count) != 0)
        return crl_refuse(walk, "no memory to sort %zu entries", count);
    walk->out->record.entry_count = collapse(walk->out->entries, count);
    return 0;
}
