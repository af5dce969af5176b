#include "postern/generation/pack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "postern/base/assert.h"
#include "postern/base/file.h"

#define ALIGNMENT 8u

static const char magic[8] = {'P', 'O', 'S', 'T', 'E', 'R', 'N', '\n'};

/* As it lies in memory; the table of sections follows. */
struct header {
    char magic[8];
    uint32_t version, section_count;
    uint64_t number, size;
    unsigned char digest[PACK_DIGEST_SIZE];
};

_Static_assert(sizeof(struct header) % ALIGNMENT == 0, "the table is aligned");
_Static_assert(sizeof(struct pack_section) == 24, "no padding");

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
    if (section->offset < table_end || section->offset % ALIGNMENT != 0 || section->offset > pack->size ||
        section->length > pack->size - section->offset)
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
    struct header header;
    *pack = (struct pack){.bytes = (const unsigned char *)bytes.data, .size = bytes.length};
    if (bytes.length < sizeof(header))
        return err_set(err, "generation: too short");
    memcpy(&header, bytes.data, sizeof(header));
    if (memcmp(header.magic, magic, sizeof(magic)) != 0 || header.version != PACK_VERSION)
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
    pack->mapped = mapped;
    return 0;
}

void pack_close(struct pack *pack)
{
    if (pack->mapped != NULL)
        munmap(pack->mapped, pack->size);
    *pack = (struct pack){.size = 0};
}

static const struct pack_section *find(const struct pack_section *sections, uint32_t count,
                                       enum pack_kind kind, uint32_t index)
{
    for (uint32_t i = 0; i < count; i++)
        if (sections[i].kind == (uint32_t)kind && sections[i].index == index)
            return &sections[i];
    return NULL;
}

struct slice pack_section(const struct pack *pack, enum pack_kind kind, uint32_t index)
{
    const struct pack_section *section = find(pack->sections, pack->section_count, kind, index);
    if (section == NULL)
        return slice_of(NULL, 0);
    return slice_of((const char *)pack->bytes + section->offset, (size_t)section->length);
}

uint32_t pack_count(const struct pack *pack, enum pack_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < pack->section_count; i++)
        count += pack->sections[i].kind == (uint32_t)kind;
    return count;
}

static size_t align(size_t offset)
{
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

int pack_write(struct pack_writer *writer, uint64_t number, const unsigned char *digest,
               const struct pack_part *parts, size_t count, struct err *err)
{
    struct header header = {.version = PACK_VERSION, .section_count = (uint32_t)count, .number = number};
    struct pack_section sections[PACK_SECTIONS_MAX];
    ASSERT(count <= PACK_SECTIONS_MAX);
    memcpy(header.magic, magic, sizeof(magic));
    memcpy(header.digest, digest, sizeof(header.digest));
    size_t end = sizeof(header) + count * sizeof(struct pack_section);
    for (size_t i = 0; i < count; i++) {
        sections[i] = (struct pack_section){(uint32_t)parts[i].kind, parts[i].index, end,
                                            parts[i].bytes.length};
        end = align(end + parts[i].bytes.length);
    }
    header.size = end;
    *writer = (struct pack_writer){.fd = memfd_new("postern-generation", end), .size = end};
    void *mapped = writer->fd < 0 ? MAP_FAILED
                                  : mmap(NULL, end, PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
    if (mapped == MAP_FAILED) {
        err_set_errno(err, NULL, errno, "no memory for a generation of %zu bytes", end);
        fd_close(&writer->fd);
        return -1;
    }
    writer->bytes = mapped;
    memcpy(writer->bytes, &header, sizeof(header));
    memcpy(writer->bytes + sizeof(header), sections, count * sizeof(struct pack_section));
    for (size_t i = 0; i < count; i++)
        if (parts[i].bytes.data != NULL)
            memcpy(writer->bytes + sections[i].offset, parts[i].bytes.data, parts[i].bytes.length);
    return 0;
}

void *pack_write_space(struct pack_writer *writer, enum pack_kind kind, uint32_t index)
{
    struct header header;
    struct pack_section sections[PACK_SECTIONS_MAX];
    memcpy(&header, writer->bytes, sizeof(header));
    memcpy(sections, writer->bytes + sizeof(header), header.section_count * sizeof(struct pack_section));
    const struct pack_section *section = find(sections, header.section_count, kind, index);
    ASSERT(section != NULL);
    return writer->bytes + section->offset;
}

int pack_write_seal(struct pack_writer *writer, struct err *err)
{
    munmap(writer->bytes, writer->size);
    writer->bytes = NULL;
    if (memfd_seal(writer->fd) != 0) {
        err_set_errno(err, NULL, errno, "cannot seal the generation");
        fd_close(&writer->fd);
    }
    return writer->fd;
}

void pack_write_abandon(struct pack_writer *writer)
{
    if (writer->bytes != NULL)
        munmap(writer->bytes, writer->size);
    writer->bytes = NULL;
    fd_close(&writer->fd);
}
