#include "postern/trust/deny.h"

#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"

/* What a path is looked up by. */
enum key_kind { KEY_SERIAL_OF_ANY, KEY_SERIAL_OF_ISSUER, KEY_FINGERPRINT, KEY_COMMON_NAME };

/* No padding, so that keys compare as bytes; what a kind does not use is zero. */
struct key {
    unsigned char kind;
    unsigned char name[TRUST_NAME_SIZE]; /* of the issuer, or the common name */
    unsigned char bytes[TRUST_FINGERPRINT_SIZE];
};

struct record {
    struct key key;
    unsigned char list;
    unsigned number; /* line */
    size_t offset;   /* of the line in the list's text */
    int64_t until_s;
};

struct list {
    struct slice text;
    const char *source;
};

struct deny {
    struct record *records; /* sorted by key; of equal ones the longest first */
    size_t count, capacity;
    struct list lists[DENY_LISTS_MAX];
    size_t list_count;
    bool is_sealed;
};

/* Each entry, and where it stands. */
struct walk {
    void (*each)(void *context, const struct deny_entry *entry, unsigned number, size_t offset);
    void *context;
};

static int walk_text(struct slice text, const char *source, const struct walk *walk, struct err *err)
{
    struct slice rest = text, line;
    int count = 0;
    if (text.length > DENY_TEXT_MAX)
        return err_set_at(err, source, 0, "more than %u bytes; a CRL holds more", DENY_TEXT_MAX);
    /* Half of a serial number is another one's. */
    if (text.length > 0 && text.data[text.length - 1] != '\n')
        return err_set_at(err, source, 0, "the last line does not end with a line feed; is the file whole?");
    for (unsigned number = 1; slice_split(&rest, '\n', &line); number++) {
        struct deny_entry entry;
        struct err inner = {.line = 0};
        size_t offset = line.length > 0 ? (size_t)(line.data - text.data) : 0;
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        int found = deny_entry_parse(line, &entry, &inner);
        if (found < 0)
            return err_set_at(err, source, number, "%s", inner.text);
        count += found;
        if (found == 1 && walk != NULL)
            walk->each(walk->context, &entry, number, offset);
    }
    return count;
}

struct plain_walk {
    void (*each)(void *context, const struct deny_entry *entry, unsigned line);
    void *context;
};

static void call_plainly(void *context, const struct deny_entry *entry, unsigned number, size_t offset)
{
    const struct plain_walk *plain = context;
    (void)offset;
    if (plain->each != NULL)
        plain->each(plain->context, entry, number);
}

int deny_text_each(struct slice text, const char *source,
                   void (*each)(void *context, const struct deny_entry *entry, unsigned line), void *context,
                   struct err *err)
{
    struct plain_walk plain = {each, context};
    const struct walk walk = {call_plainly, &plain};
    return walk_text(text, source, &walk, err);
}

struct change {
    const struct deny_entry *entry;
    int64_t now_s;
    struct buffer *out;
    unsigned changed;
    bool fits;
};

static void keep_other(void *context, const struct deny_entry *entry, unsigned line)
{
    struct change *change = context;
    (void)line;
    if (deny_entry_equal(entry, change->entry))
        change->changed++;
    else if (entry->until_s > change->now_s)
        change->fits = change->fits && deny_entry_write(entry, change->out);
}

int deny_text_change(struct slice text, const char *source, const struct deny_entry *entry, bool take_out,
                     int64_t now_s, struct buffer *out, unsigned *changed, struct err *err)
{
    static const char title[] = "# Kept by postern deny; see postern(1).\n";
    struct change change = {.entry = entry, .now_s = now_s, .out = out};
    change.fits = buffer_append_text(out, title);
    if (deny_text_each(text, source, keep_other, &change, err) < 0)
        return -1;
    if (!take_out)
        change.fits = change.fits && deny_entry_write(entry, out);
    *changed = change.changed;
    if (!change.fits || buffer_length(out) > DENY_TEXT_MAX)
        return err_set_at(err, source, 0, "the list is full; take entries out, or revoke with a CRL");
    return 0;
}

struct deny *deny_new(void)
{
    return xcalloc(1, sizeof(struct deny));
}

void deny_free(struct deny *deny)
{
    if (deny == NULL)
        return;
    free(deny->records);
    free(deny);
}

static void serial_key(const struct trust_serial *serial, struct key *key)
{
    key->bytes[0] = serial->length;
    memcpy(key->bytes + 1, serial->bytes, serial->length);
}

/* Without memory for a hash there is no list: whoever adds it must know. */
static bool key_of_entry(const struct deny_entry *entry, struct key *key)
{
    *key = (struct key){.kind = KEY_SERIAL_OF_ANY};
    switch (entry->kind) {
    case DENY_SERIAL:
        serial_key(&entry->serial, key);
        if (entry->issuer[0] == '\0')
            return true;
        key->kind = KEY_SERIAL_OF_ISSUER;
        return trust_name_of_text(slice_text(entry->issuer), key->name) == 0;
    case DENY_FINGERPRINT:
        key->kind = KEY_FINGERPRINT;
        memcpy(key->bytes, entry->fingerprint, sizeof(entry->fingerprint));
        return true;
    default:
        key->kind = KEY_COMMON_NAME;
        return trust_name_of_text(slice_text(entry->common_name), key->name) == 0;
    }
}

static void add_record(void *context, const struct deny_entry *entry, unsigned number, size_t offset)
{
    struct deny *deny = context;
    if (deny->count == deny->capacity) {
        deny->capacity = deny->capacity == 0 ? 16 : 2 * deny->capacity;
        deny->records = xreallocarray(deny->records, deny->capacity, sizeof(*deny->records));
    }
    struct record *record = &deny->records[deny->count++];
    *record = (struct record){.list = (unsigned char)deny->list_count,
                              .number = number,
                              .offset = offset,
                              .until_s = entry->until_s};
    ASSERT(key_of_entry(entry, &record->key));
}

int deny_add(struct deny *deny, struct slice text, const char *source, struct err *err)
{
    const struct walk walk = {add_record, deny};
    ASSERT(deny->list_count < DENY_LISTS_MAX && !deny->is_sealed);
    if (walk_text(text, source, &walk, err) < 0)
        return -1;
    deny->lists[deny->list_count++] = (struct list){text, source};
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct record *a = left, *b = right;
    int order = memcmp(&a->key, &b->key, sizeof(a->key));
    if (order != 0 || a->until_s == b->until_s)
        return order;
    return a->until_s > b->until_s ? -1 : 1;
}

void deny_seal(struct deny *deny)
{
    _Static_assert(sizeof(struct key) == 1 + TRUST_NAME_SIZE + TRUST_FINGERPRINT_SIZE, "no padding");
    _Static_assert(sizeof(struct trust_serial) <= TRUST_FINGERPRINT_SIZE, "a serial fits");
    if (deny->count > 0)
        qsort(deny->records, deny->count, sizeof(*deny->records), compare);
    deny->is_sealed = true;
}

size_t deny_count(const struct deny *deny)
{
    return deny->count;
}

/* The first with that key, which lasts longest. */
static const struct record *lookup(const struct deny *deny, const struct key *key)
{
    size_t low = 0, high = deny->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(&deny->records[middle].key, key, sizeof(*key)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < deny->count && memcmp(&deny->records[low].key, key, sizeof(*key)) == 0;
    return found ? &deny->records[low] : NULL;
}

static struct deny_match match_of(const struct deny *deny, const struct record *record, unsigned depth)
{
    const struct list *list = &deny->lists[record->list];
    struct slice line = slice_after(list->text, record->offset);
    line = slice_before(line, slice_find(line, '\n'));
    return (struct deny_match){list->source, line, record->number, depth, record->until_s};
}

static bool ask(const struct deny *deny, const struct key *key, int64_t now_s, unsigned depth,
                struct deny_match *out)
{
    const struct record *record = lookup(deny, key);
    if (record == NULL || now_s >= record->until_s)
        return false;
    *out = match_of(deny, record, depth);
    return true;
}

static bool ask_leaf(const struct deny *deny, const struct trust_path *path, int64_t now_s,
                     struct deny_match *out)
{
    const unsigned char *const fingerprints[] = {path->fingerprint, path->twin};
    struct key key = {.kind = KEY_FINGERPRINT};
    for (size_t i = 0; i < LENGTH_OF(fingerprints); i++) {
        memcpy(key.bytes, fingerprints[i], TRUST_FINGERPRINT_SIZE);
        if (ask(deny, &key, now_s, 0, out))
            return true;
    }
    for (unsigned i = 0; i < path->name_count; i++) {
        key = (struct key){.kind = KEY_COMMON_NAME};
        memcpy(key.name, path->names[i], sizeof(key.name));
        if (ask(deny, &key, now_s, 0, out))
            return true;
    }
    return false;
}

bool deny_find(const struct deny *deny, const struct trust_path *path, int64_t now_s, struct deny_match *out)
{
    ASSERT(deny->is_sealed);
    if (deny->count == 0)
        return false;
    if (ask_leaf(deny, path, now_s, out))
        return true;
    for (unsigned i = 0; i < path->count; i++) {
        struct key key = {.kind = KEY_SERIAL_OF_ANY};
        serial_key(&path->links[i].serial, &key);
        if (ask(deny, &key, now_s, i, out))
            return true;
        key.kind = KEY_SERIAL_OF_ISSUER;
        memcpy(key.name, path->links[i].issuer_name, sizeof(key.name));
        if (ask(deny, &key, now_s, i, out))
            return true;
    }
    return false;
}

unsigned deny_each_serial(const struct deny *deny, const struct trust_serial *serial, int64_t now_s,
                          void (*each)(void *context, const struct deny_match *match), void *context)
{
    struct key key = {.kind = KEY_SERIAL_OF_ANY};
    unsigned count = 0;
    serial_key(serial, &key);
    for (size_t i = 0; i < deny->count; i++) {
        const struct record *record = &deny->records[i];
        bool is_serial = record->key.kind == KEY_SERIAL_OF_ANY || record->key.kind == KEY_SERIAL_OF_ISSUER;
        if (!is_serial || now_s >= record->until_s ||
            memcmp(record->key.bytes, key.bytes, sizeof(key.bytes)) != 0)
            continue;
        const struct deny_match match = match_of(deny, record, 0);
        each(context, &match);
        count++;
    }
    return count;
}
