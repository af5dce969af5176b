/* A client that was admitted, as a worker tells the supervisor of it, as it is kept in the state directory,
 * and as `postern trial` reads it: its fingerprint, when it was seen, its common name and its certification
 * path (trust/path.h, packed), which is opaque here. Records stand one after the other. */
#ifndef POSTERN_OBSERVE_SEEN_H
#define POSTERN_OBSERVE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"
#include "postern/observe/visits.h"

#define SEEN_NAME_MAX   255u
#define SEEN_PATH_MAX   4096u
#define SEEN_HEAD_SIZE  (FINGERPRINT_SIZE + 8 + 4 + 1 + 2)
#define SEEN_RECORD_MAX (SEEN_HEAD_SIZE + SEEN_NAME_MAX + SEEN_PATH_MAX)

struct seen {
    unsigned char fingerprint[FINGERPRINT_SIZE]; /* SHA-256 of the certificate */
    int64_t last_s;                              /* wall seconds */
    uint32_t open;                               /* connections now */
    struct slice name, path;
};

/* What files and snapshots begin with. */
#define SEEN_MAGIC "postern clients 1\n"

/* The records behind the beginning of a file; borrows. False if it is another file. */
NODISCARD bool seen_open(struct slice file, struct slice *records);
/* A longer name is cut. False if it does not fit, or the path is too long. */
NODISCARD bool seen_append(struct buffer *out, const struct seen *seen);
/* Take the first record off *rest; slices borrow from it. False at the end, or where it is malformed: then
 * something is left of *rest. */
NODISCARD bool seen_next(struct slice *rest, struct seen *out);

#endif
