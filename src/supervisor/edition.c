#include "edition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"
#include "postern/generation/keys.h"
#include "postern/generation/report.h"

struct edition *edition_new(int pack_fd, struct slice keys, struct err *err)
{
    struct edition *edition = xcalloc(1, sizeof(*edition));
    edition->pack_fd = pack_fd;
    if (pack_open(&edition->pack, pack_fd, err) != 0 ||
        summary_parse(&edition->summary, pack_section(&edition->pack, PACK_SUMMARY, 0), err) != 0)
        goto fail;
    if (secret_init(&edition->keys, keys.length + sizeof(uint32_t) + EDITION_SECRET_SIZE) != 0) {
        err_set_errno(err, NULL, errno, "no memory for keys");
        goto fail;
    }
    memcpy(edition->keys.data, keys.data, keys.length);
    edition->keys.length = keys.length;
    edition->number = edition->pack.number;
    return edition;
fail:
    edition_free(edition);
    return NULL;
}

int edition_add_secret(struct edition *edition, struct slice secret, struct err *err)
{
    struct slice keys[KEYS_MAX];
    char *space = NULL;
    if (edition->has_ticket_secret)
        return 0;
    if (keys_parse(secret_view(&edition->keys), keys) >= 0)
        space = keys_reserve(&edition->keys);
    if (space == NULL || secret.length != EDITION_SECRET_SIZE)
        return err_set(err, "the loader gave keys that are none");
    memcpy(space, secret.data, secret.length);
    keys_commit(&edition->keys, secret.length);
    edition->has_ticket_secret = true;
    return 0;
}

void edition_free(struct edition *edition)
{
    if (edition == NULL)
        return;
    secret_clear(&edition->keys);
    pack_close(&edition->pack);
    fd_close(&edition->pack_fd);
    free(edition);
}

static struct slice report_of(const struct edition *edition)
{
    return pack_section(&edition->pack, PACK_REPORT, 0);
}

static bool tells(struct slice report, struct slice gist)
{
    struct report_line line;
    while (report_next(&report, &line))
        if (slice_equal(report_gist(&line), gist))
            return true;
    return false;
}

void edition_tell_news(const struct edition *edition, const struct edition *before, struct log *log)
{
    struct report_line line;
    struct slice rest = report_of(edition);
    while (report_next(&rest, &line))
        if (!line.is_warning && !tells(report_of(before), report_gist(&line)))
            log_line(log, LEVEL_INFO, "new: %.*s", SLICE_ARG(line.text));
}

const char *edition_digest(const struct edition *edition, char out[17])
{
    return text_hex(out, edition->pack.digest, 8, false);
}
