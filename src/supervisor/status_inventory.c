#include "status_inventory.h"

#include "postern/base/clock.h"
#include "postern/base/text.h"
#include "postern/generation/inventory.h"

/* Beside their times: JSON that is larger than an answer is of no use to anybody. */
enum { FILES_TOLD_MAX = 256 };

static void add_time(struct json *json, const char *name, int64_t at_s)
{
    char text[CLOCK_TEXT_SIZE];
    json_text(json, name, clock_format(at_s, text));
}

static void add_file(struct json *json, const struct inventory_item *item)
{
    char digest[2 * sizeof(item->digest) + 1];
    json_text(json, "path", item->name);
    if (item->count > 0)
        json_uint(json, "bytes", item->count);
    else
        json_null(json, "bytes"); /* of a private key */
    json_text(json, "sha256", text_hex(digest, item->digest, sizeof(item->digest), false));
}

static void add_certificate(struct json *json, const struct inventory_item *item, int64_t now_s)
{
    json_text(json, "kind", inventory_kind_name(item->kind));
    json_text(json, "subject", item->name);
    json_text(json, "key", item->detail);
    add_time(json, "not_before", item->begin_s);
    add_time(json, "not_after", item->end_s);
    json_int(json, "left_s", item->end_s - now_s);
}

static void add_crl(struct json *json, const struct inventory_item *item, int64_t now_s)
{
    json_text(json, "issuer", item->name);
    json_text(json, "number", item->detail);
    add_time(json, "this_update", item->begin_s);
    add_time(json, "next_update", item->end_s);
    json_int(json, "left_s", item->end_s - now_s);
    json_int(json, "left_with_grace_s", item->deadline_s - now_s);
    json_uint(json, "entries", item->count);
    json_text(json, "source", item->source);
    json_bool(json, "pending", (item->flags & INVENTORY_PENDING) != 0);
}

static void add_missing(struct json *json, const struct inventory_item *item)
{
    json_text(json, "issuer", item->name);
    json_bool(json, "tolerated", (item->flags & INVENTORY_TOLERATED) != 0);
}

static void add_deny_list(struct json *json, const struct inventory_item *item)
{
    json_text(json, "path", item->name);
    json_uint(json, "entries", item->count);
    json_bool(json, "kept_by_command", (item->flags & INVENTORY_KEPT) != 0);
}

static void add_item(struct json *json, const struct inventory_item *item, int64_t now_s)
{
    json_object_begin(json, NULL);
    if (item->kind == INVENTORY_FILE)
        add_file(json, item);
    else if (item->kind == INVENTORY_CRL)
        add_crl(json, item, now_s);
    else if (item->kind == INVENTORY_NO_CRL)
        add_missing(json, item);
    else if (item->kind == INVENTORY_DENY)
        add_deny_list(json, item);
    else
        add_certificate(json, item, now_s);
    json_object_end(json);
}

/* Those of the kinds from first to last. */
static void add_kinds(struct slice section, const char *name, uint32_t first, uint32_t last, int64_t now_s,
                      struct json *json)
{
    struct inventory_item item;
    unsigned told = 0;
    json_array_begin(json, name);
    for (size_t i = 0; inventory_read(section, i, &item); i++)
        if (item.kind >= first && item.kind <= last && told++ < FILES_TOLD_MAX)
            add_item(json, &item, now_s);
    json_array_end(json);
}

void status_write_inventory(const struct edition *edition, int64_t now_s, struct json *json)
{
    struct slice section = pack_section(&edition->pack, PACK_INVENTORY, 0);
    add_kinds(section, "files", INVENTORY_FILE, INVENTORY_FILE, now_s, json);
    add_kinds(section, "certificates", INVENTORY_SERVER, INVENTORY_INTERMEDIATE, now_s, json);
    add_kinds(section, "crls", INVENTORY_CRL, INVENTORY_CRL, now_s, json);
    add_kinds(section, "crls_missing", INVENTORY_NO_CRL, INVENTORY_NO_CRL, now_s, json);
    add_kinds(section, "deny_lists", INVENTORY_DENY, INVENTORY_DENY, now_s, json);
}

bool status_tell_inventory(const struct edition *edition, int64_t now_s, struct buffer *out)
{
    struct slice section = pack_section(&edition->pack, PACK_INVENTORY, 0);
    struct inventory_item item;
    char line[INVENTORY_LINE_SIZE];
    unsigned files = 0;
    bool fits = true;
    for (size_t i = 0; fits && inventory_read(section, i, &item); i++)
        if (item.kind != INVENTORY_FILE || files++ < FILES_TOLD_MAX)
            fits = buffer_printf(out, "  %s\n", inventory_line(&item, now_s, line));
    return fits;
}
