/* What a load found, in lines for people: certificates with their expiry, CAs, CRLs, routes, and warnings of
 * what will hurt. Printed by `postern check`, told in the event log, shown by `postern status`. Text of at
 * most REPORT_SIZE bytes: each line begins with '.' (found) or '!' (warning), or with ',' or ';' if it was
 * true when the generation was loaded and tells of a time (the inventory knows better later), and ends with a
 * line feed. */
#ifndef POSTERN_GENERATION_REPORT_H
#define POSTERN_GENERATION_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

#define REPORT_SIZE (256u * 1024)

struct report {
    struct buffer text;
    unsigned warnings;
    bool is_timed;  /* what is added now tells of a time */
    size_t dropped; /* lines that did not fit; report_end() tells */
};

void report_init(struct report *report);
void report_clear(struct report *report);
/* Add a line. What it quotes may come from a file: control bytes are replaced by '?'. */
void report_found(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);
void report_warn(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);
void report_end(struct report *report);

struct report_line {
    bool is_warning, is_timed;
    struct slice text;
};
/* Take the next line off *rest, a PACK_REPORT section. False at the end. */
bool report_next(struct slice *rest, struct report_line *line);
/* What two loads of the same files tell alike: the line up to its date, without the time that is left. */
struct slice report_gist(const struct report_line *line);

#endif
