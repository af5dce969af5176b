/* A generation on its way from the loader to supervisor and workers: one piece of sealed memory (memfd) with
 * a header, a table of sections, and the sections, each aligned to 8. No pointers and no private keys. Made
 * and read by one binary on one machine, so integers are the machine's.
 *
 * The reader takes nothing on trust: the loader has read hostile files. Every offset and length is checked
 * when a pack is opened, and the memory must be sealed, so that nothing changes after the check. */
#ifndef POSTERN_GENERATION_PACK_H
#define POSTERN_GENERATION_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PACK_VERSION      1u
#define PACK_SECTIONS_MAX 32u
#define PACK_DIGEST_SIZE  32u

enum pack_kind {
    PACK_SUMMARY = 1, /* summary.h */
    PACK_CONFIG_PATH, /* as it was given */
    PACK_CONFIG,      /* the text of the file */
    PACK_CHAIN,       /* PEM of a server certificate with its intermediates, one for each pair */
    PACK_BUNDLE,      /* trust_bundle_write() */
    PACK_CRLS,        /* crl_set_write(); absent if no `crl` is configured */
    PACK_REPORT,      /* report.h */
    PACK_INPUTS,      /* input_list.h: what to watch */
    PACK_DENY,        /* texts of the deny lists (trust/deny.h): 0 the file, 1 that of `postern deny` */
    PACK_INVENTORY,   /* inventory.h */
    PACK_KIND_END
};

struct pack_section {
    uint32_t kind, index; /* index: the how-manieth of its kind, counted from 0 */
    uint64_t offset, length;
};

struct pack {
    const unsigned char *bytes;
    size_t size;
    uint64_t number;
    uint32_t section_count;
    struct pack_section sections[PACK_SECTIONS_MAX];
    unsigned char digest[PACK_DIGEST_SIZE]; /* SHA-256 over all inputs: equal if no file has changed */
    void *mapped;                           /* to be unmapped, or NULL */
};

/* Map a pack.
 *   fd  borrows
 * Returns 0, or -1 with err: not sealed, not a pack, another version, a section out of bounds, overlapping,
 * doubled or of unknown kind. */
NODISCARD int pack_open(struct pack *pack, int fd, struct err *err);
/* The same from bytes, which must live as long as the pack; aligned to 8 if sections are to be. For tests and
 * fuzzing. */
NODISCARD int pack_parse(struct pack *pack, struct slice bytes, struct err *err);
/* Unmap. Also fine on a zeroed one. */
void pack_close(struct pack *pack);

/* A section's bytes, borrowed until pack_close(). has: data is NULL if there is none. */
struct slice pack_section(const struct pack *pack, enum pack_kind kind, uint32_t index);
/* How many of a kind there are. */
uint32_t pack_count(const struct pack *pack, enum pack_kind kind);

struct pack_part {
    enum pack_kind kind;
    uint32_t index;
    struct slice bytes;
};

/* Writing: the size of all parts is known before; a part whose bytes.data is NULL is left for the caller to
 * fill, at the place that pack_write_space() tells (the CRL index, which is too large to be made twice). */
struct pack_writer {
    int fd;
    unsigned char *bytes;
    size_t size;
};

/* Make the memory and copy the parts.
 *   parts   borrows; kinds with their indexes ascending from 0
 *   digest  PACK_DIGEST_SIZE bytes
 * Returns 0, or -1 with err. Ends with pack_write_seal() or pack_write_abandon(). */
NODISCARD int pack_write(struct pack_writer *writer, uint64_t number, const unsigned char *digest,
                         const struct pack_part *parts, size_t count, struct err *err);
/* Where a section lies, to be filled: section.length bytes, aligned to 8. */
void *pack_write_space(struct pack_writer *writer, enum pack_kind kind, uint32_t index);
/* Unmap and seal. Returns the descriptor (gives, close-on-exec), or -1 with err. */
NODISCARD int pack_write_seal(struct pack_writer *writer, struct err *err);
void pack_write_abandon(struct pack_writer *writer);

#endif
