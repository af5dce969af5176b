/* Text for logs, pages and headers: escaping of what came from outside, and hex. All append to a buffer and
 * return false if it did not fit (then the buffer is as before). */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/slice.h"

/* As the inside of a JSON string, RFC 8259 §7: quotes, backslash and control bytes escaped, valid UTF-8 kept,
 * each byte that is not as U+FFFD. */
NODISCARD bool text_append_json(struct buffer *buffer, struct slice text);
/* Printable ASCII as it is but for '"' and '\\', all else as \xHH: for a line in a text log. */
NODISCARD bool text_append_escaped(struct buffer *buffer, struct slice text);
/* HTML text and attribute values: & < > " ' as character references, controls as '?'. */
NODISCARD bool text_append_html(struct buffer *buffer, struct slice text);
/* Printable ASCII as it is but for '%' and the bytes of also; all else as %HH in upper case. RFC 3986 §2.1.
 *   also  more bytes to encode, a C string; may be "" */
NODISCARD bool text_append_percent(struct buffer *buffer, struct slice text, const char *also);
/* Two digits a byte. */
NODISCARD bool text_append_hex(struct buffer *buffer, const unsigned char *bytes, size_t length, bool upper);
/* Into out, which holds 2 * length + 1 bytes. Returns out. */
const char *text_hex(char *out, const unsigned char *bytes, size_t length, bool upper);
/* Bytes of hex digits of either case, no separators, an even number. Returns how many bytes, or -1. */
int text_unhex(unsigned char *out, size_t size, struct slice hex);

#endif
