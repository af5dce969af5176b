/* The files that a load looked at, each with the stamp of the state that it saw: what to watch, and what to
 * compare with. In a pack as PACK_INPUTS, and with a refusal in a memory of its own, since a load that failed
 * is tried again when one of them changes. Also those that were not there are in it. */
#ifndef POSTERN_GENERATION_INPUT_LIST_H
#define POSTERN_GENERATION_INPUT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/base/stamp.h"

#define INPUT_LIST_MAX      4096u /* files; a directory of CRLs may hold many */
#define INPUT_PATH_MAX      4096u /* bytes of a path, with NUL */
#define INPUT_LIST_SIZE_MAX (INPUT_LIST_MAX * (sizeof(struct stamp) + INPUT_PATH_MAX))

struct input_item {
    const char *path; /* into the bytes, ended by NUL */
    struct stamp stamp;
};

/* Append one. False if it does not fit. */
NODISCARD bool input_list_append(struct buffer *out, const char *path, const struct stamp *stamp);
/* Take the next off *rest. Returns 1, 0 at the end, or -1 if the bytes are no such list. */
NODISCARD int input_list_next(struct slice *rest, struct input_item *item);
/* How many there are, or -1 if the bytes are no such list, or too long a one. */
NODISCARD int input_list_count(struct slice bytes);
/* Do both name the same paths in the same order? Stamps do not matter. */
NODISCARD bool input_list_same_paths(struct slice left, struct slice right);

#endif
