#include "postern/generation/pack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "pack_layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"

static bool overlap(const struct pack_section *left, const struct pack_section *right)
{
    return left->offset < right->offset + right->length && right->offset < left->offset + left->length;
}

/* Sections before this one have been checked. */
static int check_section(const struct pack *pack, uint32_t at, size_t table_end, struct err *err)
{
    const struct pack_section *section = &pack->sections[at];
    if (section->kind < PACK_SUMMARY || section->kind >= PACK_KIND_END)
        return err_set(err, "generation: section %u is of unknown kind %u", at, section->kind);
    if (section->offset < table_end || section->offset % PACK_ALIGNMENT != 0 ||
        section->offset > pack->size || section->length > pack->size - section->offset)
        return err_set(err, "generation: section %u lies out of bounds", at);
    for (uint32_t i = 0; i < at; i++) {
        const struct pack_section *other = &pack->sections[i];
        if (other->kind == section->kind && other->index == section->index)
            return err_set(err, "generation: section %u is there twice", at);
        if (overlap(section, other))
            return err_set(err, "generation: sections %u and %u overlap", i, at);
    }
    return 0;
}

int pack_parse(struct pack *pack, struct slice bytes, struct err *err)
{
    struct pack_header header;
    *pack = (struct pack){.bytes = (const unsigned char *)bytes.data, .size = bytes.length};
    if (bytes.length < sizeof(header))
        return err_set(err, "generation: too short");
    memcpy(&header, bytes.data, sizeof(header));
    if (memcmp(header.magic, pack_magic, sizeof(pack_magic)) != 0 || header.version != PACK_VERSION)
        return err_set(err, "generation: not a pack of this version");
    if (header.size != bytes.length)
        return err_set(err, "generation: cut off or too long");
    if (header.section_count > PACK_SECTIONS_MAX)
        return err_set(err, "generation: too many sections");
    size_t table = header.section_count * sizeof(struct pack_section);
    if (table > bytes.length - sizeof(header))
        return err_set(err, "generation: table of sections cut off");
    memcpy(pack->sections, bytes.data + sizeof(header), table);
    memcpy(pack->digest, header.digest, sizeof(pack->digest));
    pack->number = header.number;
    pack->section_count = header.section_count;
    for (uint32_t i = 0; i < header.section_count; i++)
        if (check_section(pack, i, sizeof(header) + table, err) != 0)
            return -1;
    return 0;
}

int pack_open(struct pack *pack, int fd, struct err *err)
{
    struct stat status;
    *pack = (struct pack){.size = 0};
    if (!memfd_is_sealed(fd) || fstat(fd, &status) != 0)
        return err_set(err, "generation: not sealed memory");
    if (status.st_size <= 0)
        return err_set(err, "generation: empty");
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return err_set_errno(err, NULL, errno, "generation: cannot map");
    if (pack_parse(pack, slice_of(mapped, (size_t)status.st_size), err) != 0) {
        munmap(mapped, (size_t)status.st_size);
        *pack = (struct pack){.size = 0};
        return -1;
    }
    memory_prefer_large(mapped, pack->size);
    pack->mapped = mapped;
    return 0;
}

void pack_close(struct pack *pack)
{
    if (pack->mapped != NULL)
        munmap(pack->mapped, pack->size);
    *pack = (struct pack){.size = 0};
}

struct slice pack_section(const struct pack *pack, enum pack_kind kind, uint32_t index)
{
    for (uint32_t i = 0; i < pack->section_count; i++) {
        const struct pack_section *section = &pack->sections[i];
        if (section->kind == (uint32_t)kind && section->index == index)
            return slice_of((const char *)pack->bytes + section->offset, (size_t)section->length);
    }
    return slice_of(NULL, 0);
}

uint32_t pack_count(const struct pack *pack, enum pack_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < pack->section_count; i++)
        count += pack->sections[i].kind == (uint32_t)kind;
    return count;
}
