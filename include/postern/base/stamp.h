/* What tells one state of a file from another without reading it: device, inode, size, and the times of its
 * content and of its inode, in nanoseconds. Equal stamps mean the same bytes, but for a file that was written
 * twice within one tick of the kernel's clock: who reads a file waits until it is STAMP_TICK_MS old.
 *
 * A directory's stamp is made of the visible names in it and nothing else, so that files coming and going
 * show, and files that change, or are hidden, do not. */
#ifndef POSTERN_BASE_STAMP_H
#define POSTERN_BASE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define STAMP_TICK_MS 12 /* the kernel stamps files by a clock of at least 100 Hz */

struct stamp {
    uint64_t device, inode, size; /* size: of a directory a digest of its names */
    int64_t mtime_ns, ctime_ns;   /* of a directory 0 */
    int32_t error;                /* errno where there was nothing to see, all else 0 then */
    uint32_t type;                /* S_IFMT bits and permissions */
};

/* Of what a path means now, symlinks followed. stat(2). Never fails: what cannot be seen has a stamp too. */
struct stamp stamp_of_path(const char *path);
/* Of an opened file. */
struct stamp stamp_of_status(const struct stat *status);
bool stamp_equal(const struct stamp *left, const struct stamp *right);

#endif
