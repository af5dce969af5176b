#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deny_lists.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/generation/deny.h"
#include "postern/generation/inventory.h"
#include "postern/generation/pack.h"
#include "postern/trust/bundle.h"
#include "postern/trust/deny.h"
#include "postern/trust/digest.h"

/* One change on its way. */
struct change {
    struct deny_entry entry;
    bool take_out;
    struct config *config;
    char *path; /* of the kept list */
    struct pack running;
    struct buffer older, newer; /* texts of the kept list */
    char *inventory;            /* of the new pack, as long as that of the running one */
};

static int parse(struct change *change, struct slice order, int64_t now_s, struct err *err)
{
    const struct slice add = SLICE_LITERAL("add "), out = SLICE_LITERAL("remove ");
    change->take_out = slice_starts_with(order, out);
    if (!change->take_out && !slice_starts_with(order, add))
        return err_set(err, "a deny list takes add and remove");
    int found = deny_entry_parse(slice_after(order, change->take_out ? out.length : add.length),
                                 &change->entry, err);
    if (found == 0)
        return err_set(err, "denies nobody; give a serial, a fingerprint or a common name");
    if (found == 1 && !change->take_out && change->entry.until_s <= now_s)
        return err_set(err, "ends before it begins; give a time to come");
    change->entry.added_s = now_s;
    return found == 1 ? 0 : -1;
}

static int open_running(struct change *change, int running_fd, struct err *err)
{
    if (pack_open(&change->running, running_fd, err) != 0)
        return -1;
    struct slice path = pack_section(&change->running, PACK_CONFIG_PATH, 0);
    char *name = xstrndup(path.data != NULL ? path.data : "", path.length);
    change->config = config_parse(name, pack_section(&change->running, PACK_CONFIG, 0), err);
    free(name);
    if (change->config == NULL)
        return -1;
    change->path = deny_kept_path(change->config);
    return change->path != NULL ? 0 : err_set(err, "no memory");
}

/* An entry that denies nobody because of a slip in a name is the last thing that anybody needs then. */
static int check_issuer(const struct change *change, struct err *err)
{
    struct trust_bundle *bundle = trust_bundle_new();
    struct slice section = pack_section(&change->running, PACK_BUNDLE, 0);
    int result = trust_bundle_add(bundle, section, TRUST_DER, change->config->client_auth.trust.path, err);
    if (result == 0 && !change->take_out && change->entry.issuer[0] != '\0' &&
        !deny_issuer_is_known(bundle, change->entry.issuer))
        result = err_set(
            err,
            "no CA of the trust file is named %s; name it as postern check does, or leave the issuer "
            "out to deny the serial number whoever issued it",
            change->entry.issuer);
    trust_bundle_free(bundle);
    return result;
}

/* Is it on the other list, which is not ours to change? */
static void note_if_equal(void *context, const struct deny_entry *entry, unsigned line)
{
    struct {
        const struct deny_entry *wanted;
        unsigned line;
    } *sought = context;
    if (deny_entry_equal(entry, sought->wanted))
        sought->line = line;
}

static int nothing_to_remove(struct change *change, struct err *err)
{
    struct {
        const struct deny_entry *wanted;
        unsigned line;
    } sought = {&change->entry, 0};
    const char *file = change->config->client_auth.deny.path;
    if (deny_text_each(pack_section(&change->running, PACK_DENY, DENY_FILE), "", note_if_equal, &sought,
                       NULL) > 0 &&
        sought.line != 0)
        return err_set(err, "it stands in %s, line %u, which postern deny does not change; take it out there",
                       file, sought.line);
    return err_set(err, "it is not on the list; postern deny --list shows what is");
}

/* The list as it is on disk, which is what has to be kept. */
static int make_list(struct change *change, int64_t now_s, struct err *err)
{
    unsigned changed = 0;
    bool is_new = access(change->path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
    if (!is_new && file_read(change->path, DENY_TEXT_MAX, &change->older, NULL, err) != 0)
        return -1;
    if (deny_text_change(buffer_view(&change->older), change->path, &change->entry, change->take_out, now_s,
                         &change->newer, &changed, err) != 0)
        return -1;
    return change->take_out && changed == 0 ? nothing_to_remove(change, err) : 0;
}

static int digest_inputs(const struct change *change, unsigned char out[TRUST_DIGEST_SIZE], struct err *err)
{
    const struct slice parts[] = {slice_of((const char *)change->running.digest, PACK_DIGEST_SIZE),
                                  buffer_view(&change->newer)};
    return trust_digest(parts, LENGTH_OF(parts), out) == 0 ? 0 : err_set(err, "no memory");
}

/* What the status says of the list. */
static void take_stock(struct change *change, const unsigned char *digest)
{
    struct slice older = pack_section(&change->running, PACK_INVENTORY, 0),
                 list = buffer_view(&change->newer);
    int count = deny_text_each(list, "", NULL, NULL, NULL);
    struct inventory_item item;
    change->inventory = xcalloc(older.length + 1, 1);
    if (older.length > 0)
        memcpy(change->inventory, older.data, older.length);
    for (size_t i = 0; inventory_read(older, i, &item); i++) {
        bool is_file = item.kind == INVENTORY_FILE &&
                       strncmp(item.name, change->path, sizeof(item.name) - 1) == 0;
        if (item.kind == INVENTORY_DENY && (item.flags & INVENTORY_KEPT) != 0)
            item.count = count > 0 ? (uint64_t)count : 0;
        if (is_file) {
            item.count = list.length;
            memcpy(item.digest, digest, sizeof(item.digest));
        }
        memcpy(change->inventory + i * sizeof(item), &item, sizeof(item));
    }
}

/* The running pack with another list. */
static int write_pack(struct change *change, uint64_t number, struct err *err)
{
    struct pack_part parts[PACK_SECTIONS_MAX];
    struct pack_writer writer;
    unsigned char digest[PACK_DIGEST_SIZE];
    const struct pack *running = &change->running;
    const struct slice list = buffer_view(&change->newer);
    if (trust_digest(&list, 1, digest) != 0)
        return err_set(err, "no memory");
    take_stock(change, digest);
    if (digest_inputs(change, digest, err) != 0)
        return -1;
    for (uint32_t i = 0; i < running->section_count; i++) {
        const struct pack_section *section = &running->sections[i];
        struct pack_part *part = &parts[i];
        *part = (struct pack_part){(enum pack_kind)section->kind, section->index,
                                   pack_section(running, (enum pack_kind)section->kind, section->index)};
        if (part->kind == PACK_DENY && part->index == DENY_KEPT)
            part->bytes = list;
        if (part->kind == PACK_INVENTORY)
            part->bytes = slice_of(change->inventory, part->bytes.length);
    }
    if (pack_write(&writer, number, digest, parts, running->section_count, err) != 0)
        return -1;
    return pack_write_seal(&writer, err);
}

/* 0600: it says who has lost a device. */
static int replace_list(const struct change *change, struct err *err)
{
    struct slice list = buffer_view(&change->newer);
    if (mkdir(change->config->state_directory.path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, change->config->state_directory.path, errno, "cannot make the directory");
    return file_replace(change->path, list.data, list.length, 0600, err);
}

/* What a restart would forget is not begun. */
static int keep(const struct change *change, struct err *err)
{
    struct err inner = {.line = 0};
    char text[sizeof(inner.path) + sizeof(inner.text) + 32];
    if (replace_list(change, &inner) == 0)
        return 0;
    return err_set(
        err, "nothing was changed, since it could not be kept: %s; make room there, or revoke at the CA",
        err_format(&inner, text, sizeof(text)));
}

int generation_deny(struct slice order, uint64_t number, int running_fd, const struct clock *clock,
                    struct err *err)
{
    struct change *change = xcalloc(1, sizeof(*change));
    int64_t now_s = clock_wall_s(clock);
    int pack_fd = -1;
    buffer_init(&change->older, DENY_TEXT_MAX);
    buffer_init(&change->newer, DENY_TEXT_MAX);
    if (parse(change, order, now_s, err) == 0 && open_running(change, running_fd, err) == 0 &&
        check_issuer(change, err) == 0 && make_list(change, now_s, err) == 0)
        pack_fd = write_pack(change, number, err);
    if (pack_fd >= 0 && keep(change, err) != 0)
        fd_close(&pack_fd);
    pack_close(&change->running);
    config_free(change->config);
    buffer_clear(&change->older);
    buffer_clear(&change->newer);
    free(change->inventory);
    free(change->path);
    free(change);
    return pack_fd;
}
