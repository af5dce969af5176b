/* Writes XML, of which HTML and SVG are made here, into a buffer. What comes from outside goes through
 * markup_text(), which escapes it; formats are ours alone. Overflow is remembered and told once, at the end.
 */
#ifndef POSTERN_BENCH_MARKUP_H
#define POSTERN_BENCH_MARKUP_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"

struct markup {
    struct buffer *out;        /* keeps: until the end */
    const char *picture_style; /* goes into each picture; NULL: the page has it */
    bool overflow;
};

void markup_init(struct markup *markup, struct buffer *out);
/* Tags, attributes and numbers; no text from outside. */
void markup_print(struct markup *markup, const char *format, ...) PRINTF_LIKE(2, 3);
/* Text of any origin, for content or for an attribute in double quotes. UTF-8 passes; what XML 1.0 §2.2 has
 * no place for becomes '?'. */
void markup_text(struct markup *markup, const char *text);
/* True if all of it fitted. */
NODISCARD bool markup_end(const struct markup *markup);

#endif
