/* One line of index.txt. Pure functions on bytes. */
#ifndef POSTERN_PKI_INDEX_LINE_H
#define POSTERN_PKI_INDEX_LINE_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/pki/database.h"

/* Six fields between tabs; a tab with a backslash before it belongs to its field (OpenSSL's txt_db.c).
 *   out  its slices point into line
 * Returns 0, or -1 with err at path and number. */
NODISCARD int pki_index_line_parse(struct slice line, struct pki_entry *out, const char *path,
                                   unsigned number, struct err *err);
/* Append the line with its newline; false if it does not fit. */
NODISCARD bool pki_index_line_write(const struct pki_entry *entry, struct buffer *out);

#endif
