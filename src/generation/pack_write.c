#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "pack_layout.h"
#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"

static size_t align(size_t offset)
{
    return (offset + PACK_ALIGNMENT - 1) / PACK_ALIGNMENT * PACK_ALIGNMENT;
}

int pack_write(struct pack_writer *writer, uint64_t number, const unsigned char *digest,
               const struct pack_part *parts, size_t count, struct err *err)
{
    struct pack_header header = {.version = PACK_VERSION, .section_count = (uint32_t)count, .number = number};
    struct pack_section sections[PACK_SECTIONS_MAX];
    ASSERT(count <= PACK_SECTIONS_MAX);
    memcpy(header.magic, pack_magic, sizeof(pack_magic));
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
    memory_prefer_large(mapped, end);
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
    struct pack_header header;
    struct pack_section sections[PACK_SECTIONS_MAX];
    memcpy(&header, writer->bytes, sizeof(header));
    memcpy(sections, writer->bytes + sizeof(header), header.section_count * sizeof(struct pack_section));
    for (uint32_t i = 0; i < header.section_count; i++)
        if (sections[i].kind == (uint32_t)kind && sections[i].index == index)
            return writer->bytes + sections[i].offset;
    ASSERT(!"a section that was written");
    return NULL;
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
