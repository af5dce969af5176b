/* What a loader hands over: the pack, its summary and report, and the keys that travel beside it.
 * Covers: src/generation/pack.c src/generation/summary.c src/generation/keys.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/generation/keys.h"
#include "postern/generation/pack.h"
#include "postern/generation/report.h"
#include "postern/generation/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read all that it says it holds: a sanitizer objects if it lies outside. */
static unsigned touch(const struct pack *pack)
{
    unsigned sum = 0;
    for (uint32_t i = 0; i < pack->section_count; i++) {
        enum pack_kind kind = (enum pack_kind)pack->sections[i].kind;
        struct slice bytes = pack_section(pack, kind, pack->sections[i].index);
        ASSERT(bytes.data != NULL && pack_count(pack, kind) >= 1);
        for (size_t k = 0; k < bytes.length; k++)
            sum += (unsigned char)bytes.data[k];
    }
    return sum;
}

static void look_inside(const struct pack *pack)
{
    static struct summary summary;
    struct report_line line;
    struct slice rest = pack_section(pack, PACK_REPORT, 0);
    struct slice section = pack_section(pack, PACK_SUMMARY, 0);
    touch(pack);
    while (report_next(&rest, &line))
        ASSERT(line.text.length <= pack->size);
    if (section.data != NULL && summary_parse(&summary, section, NULL) == 0)
        ASSERT(strlen(summary.addresses[0]) < SUMMARY_TEXT_SIZE &&
               strlen(summary.event_log) < SUMMARY_PATH_SIZE);
}

/* As supervisor and worker meet it. */
static void open_sealed(const uint8_t *data, size_t size)
{
    struct pack pack;
    int fd = memfd_new("fuzz", 0);
    if (fd < 0)
        abort();
    ASSERT(pack_open(&pack, fd, NULL) == -1); /* not sealed */
    ASSERT(fd_write_all(fd, data, size) == 0 && memfd_seal(fd) == 0);
    if (pack_open(&pack, fd, NULL) == 0)
        look_inside(&pack);
    pack_close(&pack);
    fd_close(&fd);
}

static void parse_keys(struct slice bytes)
{
    struct slice keys[KEYS_MAX];
    struct secret again;
    int count = keys_parse(bytes, keys);
    if (count < 0)
        return;
    /* What was taken apart, put together again, is the same. */
    ASSERT(keys_init(&again) == 0);
    for (int i = 0; i < count; i++) {
        char *space = keys_reserve(&again);
        ASSERT(space != NULL);
        memcpy(space, keys[i].data, keys[i].length);
        keys_commit(&again, keys[i].length);
    }
    ASSERT(slice_equal(secret_view(&again), bytes));
    secret_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pack pack;
    struct slice bytes = slice_of((const char *)data, size);
    if (pack_parse(&pack, bytes, NULL) == 0)
        look_inside(&pack);
    open_sealed(data, size);
    parse_keys(bytes);
    return 0;
}
