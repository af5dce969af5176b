/* Deny lists. What is understood means the same when it is written and read again; what is put in is found,
 * and what is taken out is not. Covers: src/trust/deny_entry.c src/trust/deny.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/trust/deny.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES_LOOKED_AT = 16, NOW_S = 1772366400 };

struct seen {
    struct slice text;
    const struct deny *deny;
    unsigned count, last_line;
};

/* Whom the entry names is denied, unless it has ended. */
static void check_found(const struct deny *deny, const struct deny_entry *entry)
{
    struct trust_path path = {.count = 1, .name_count = 1};
    struct deny_match match;
    if (entry->kind == DENY_SERIAL)
        path.links[0].serial = entry->serial;
    else if (entry->kind == DENY_FINGERPRINT)
        memcpy(path.fingerprint, entry->fingerprint, sizeof(path.fingerprint));
    ASSERT(trust_name_of_text(slice_text(entry->issuer), path.links[0].issuer_name) == 0 &&
           trust_name_of_text(slice_text(entry->common_name), path.names[0]) == 0);
    bool is_denied = deny_find(deny, &path, NOW_S, &match);
    ASSERT(is_denied || entry->until_s <= NOW_S);
}

static void check_change(struct slice text, const struct deny_entry *entry, bool take_out)
{
    struct buffer out;
    unsigned changed = 0, again = 0;
    buffer_init(&out, 2 * DENY_TEXT_MAX);
    if (deny_text_change(text, "fuzz", entry, take_out, NOW_S, &out, &changed, NULL) == 0) {
        struct buffer second;
        ASSERT(changed > 0); /* it is from this list */
        buffer_init(&second, 2 * DENY_TEXT_MAX);
        ASSERT(deny_text_change(buffer_view(&out), "again", entry, true, NOW_S, &second, &again, NULL) == 0);
        ASSERT(again == (take_out ? 0u : 1u));
        buffer_clear(&second);
    }
    buffer_clear(&out);
}

static void check_entry(void *context, const struct deny_entry *entry, unsigned line)
{
    struct seen *seen = context;
    struct deny_entry again;
    struct buffer out;
    ASSERT(line > seen->last_line);
    seen->last_line = line;
    if (seen->count++ >= ENTRIES_LOOKED_AT)
        return;
    buffer_init(&out, 4 * DENY_LINE_MAX);
    ASSERT(deny_entry_write(entry, &out));
    struct slice written = buffer_view(&out);
    /* Also where it takes more than it came with: quotation marks, dates of a day. */
    ASSERT(deny_entry_parse(slice_before(written, written.length - 1), &again, NULL) == 1);
    ASSERT(deny_entry_equal(entry, &again) && again.until_s == entry->until_s &&
           strcmp(again.reason, entry->reason) == 0);
    check_change(seen->text, entry, false);
    check_change(seen->text, entry, true);
    check_found(seen->deny, entry);
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct err err = {.line = 0};
    struct deny *deny = deny_new();
    int result = deny_add(deny, text, "fuzz", &err);
    ASSERT((result != 0) == err_is_set(&err));
    deny_seal(deny);
    struct seen seen = {.text = text, .deny = deny};
    int count = deny_text_each(text, "fuzz", result == 0 ? check_entry : NULL, &seen, NULL);
    ASSERT((count < 0) == (result != 0));
    ASSERT(count < 0 || (deny_count(deny) == (size_t)count && seen.count == (unsigned)count));
    deny_free(deny);
    return 0;
}
