/* One error for people: where it is, what is wrong, what would be right. Filled by whatever loads files; the
 * first error stays, later ones are dropped, since they mostly follow from it. */
#ifndef POSTERN_BASE_ERR_H
#define POSTERN_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"

struct err {
    char path[512]; /* the file, or empty */
    unsigned line;  /* counted from 1; 0: none */
    char text[768]; /* "what is wrong; what would be right" */
};

void err_clear(struct err *err);
bool err_is_set(const struct err *err);
/* Set the text unless one is set already. Always returns -1, so that a loader can `return err_set(...)`.
 * Control bytes in the result are replaced by '?': the text may quote a file. err may be NULL. */
int err_set(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same, with the place. */
int err_set_at(struct err *err, const char *path, unsigned line, const char *format, ...) PRINTF_LIKE(4, 5);
/* The same, with ": " and strerror(error_number) behind the text. */
int err_set_errno(struct err *err, const char *path, int error_number, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* "PATH:LINE: text", "PATH: text" or "text". Returns out. */
const char *err_format(const struct err *err, char *out, size_t size);

#endif
