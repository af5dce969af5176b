/* Lines of a configuration, given to inih one by one, none that it would silently misread. What inih does
 * with lines alone: cuts them at 199 bytes and sections at 49, ends a section at the first ']' and ignores
 * what follows, ends a line at a NUL, joins indented lines to the key before, skips a byte order mark, and
 * takes ':' for '='. So each line is checked here first, and sections do not reach inih at all. */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/config/config.h"

struct lines {
    const char *path; /* for errors; borrows */
    struct slice rest;
    unsigned number; /* of the line given last, from 1 */
    struct err *err;
    /* Called for each section with what stands between the brackets, and for each key. Neither is empty; they
     * live until it returns. Returns 0, or -1 with err: reading ends. */
    int (*on_section)(void *context, struct slice name);
    int (*on_key)(void *context, const char *name, const char *value);
    void *context;
    bool failed;
    char section[CONFIG_SECTION_MAX + 1]; /* the last one, for errors */
};

/* Read all lines. Returns 0, or -1 with err. */
NODISCARD int lines_read(struct lines *lines);

#endif
