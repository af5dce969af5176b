/* How a pack lies in memory, shared by its reader and its writer. */
#ifndef POSTERN_GENERATION_PACK_LAYOUT_H
#define POSTERN_GENERATION_PACK_LAYOUT_H

#include "postern/generation/pack.h"

#define PACK_ALIGNMENT 8u

/* The table of sections follows. */
struct pack_header {
    char magic[8];
    uint32_t version, section_count;
    uint64_t number, size;
    unsigned char digest[PACK_DIGEST_SIZE];
};

_Static_assert(sizeof(struct pack_header) % PACK_ALIGNMENT == 0, "the table is aligned");
_Static_assert(sizeof(struct pack_section) == 24, "no padding");

/* A pack begins with these 8 bytes. */
static const char pack_magic[8] = {'P', 'O', 'S', 'T', 'E', 'R', 'N', '\n'};

#endif
