/* The control protocol: one line of JSON each way over a unix stream socket, then the end. A request is a
 * flat object with "version" and "command" ("status", "reload", "ping", ...) and members of the command; the
 * answer has "version" and "ok", and "error" if not ok, and "text" for people where that was asked for
 * ("format":"text"). The socket has mode 0600: whoever may open it may command. */
#ifndef POSTERN_SUPERVISOR_CONTROL_H
#define POSTERN_SUPERVISOR_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define CONTROL_VERSION     1
#define CONTROL_REQUEST_MAX 4096u
#define CONTROL_ANSWER_MAX  (1024u * 1024)

/* The value of a member of a JSON object, of its first level only: the content of a string with its escapes
 * undone, else the value's own text. RFC 8259; strict about what it passes over.
 *   out  appended to
 * Returns 1, 0 if there is no such member, or -1 if the object is malformed, doubles the member, or the value
 * does not fit. */
NODISCARD int control_member(struct slice object, const char *name, struct buffer *out);

/* Ask a running gateway.
 *   socket    path; borrows
 *   command   with more members in extra (as ",\"format\":\"text\""), or ""
 *   wait_ms   for the answer; it may take as long as a load
 *   answer    is initialised and takes the line; buffer_clear() it
 * Returns 0, or -1 with err: nobody there, no permission, not understood. */
NODISCARD int control_ask(const char *socket, const char *command, const char *extra, int wait_ms,
                          struct buffer *answer, struct err *err);

/* The same, if a descriptor may come with the answer: *fd gives it, close-on-exec, or is -1. */
NODISCARD int control_ask_fd(const char *socket, const char *command, const char *extra, int wait_ms,
                             struct buffer *answer, int *fd, struct err *err);

#endif
