#include "edition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/text.h"

struct edition *edition_new(int pack_fd, struct slice keys, struct err *err)
{
    struct edition *edition = xcalloc(1, sizeof(*edition));
    edition->pack_fd = pack_fd;
    if (pack_open(&edition->pack, pack_fd, err) != 0 ||
        summary_parse(&edition->summary, pack_section(&edition->pack, PACK_SUMMARY, 0), err) != 0)
        goto fail;
    if (secret_init(&edition->keys, keys.length) != 0) {
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

void edition_free(struct edition *edition)
{
    if (edition == NULL)
        return;
    secret_clear(&edition->keys);
    pack_close(&edition->pack);
    fd_close(&edition->pack_fd);
    free(edition);
}

const char *edition_digest(const struct edition *edition, char out[17])
{
    return text_hex(out, edition->pack.digest, 8, false);
}
