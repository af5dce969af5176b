/* What `postern status` shows, as JSON for programs and as text for people. */
#ifndef POSTERN_SUPERVISOR_STATUS_H
#define POSTERN_SUPERVISOR_STATUS_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"

struct supervisor;

/* Members "version", "ok" and everything that is known, one line without its end. False if it does not fit.
 */
NODISCARD bool status_write_json(const struct supervisor *supervisor, struct buffer *out);
/* One line that is the same until something changes that matters. */
NODISCARD bool status_write_line(const struct supervisor *supervisor, struct buffer *out);
NODISCARD bool status_write_text(const struct supervisor *supervisor, struct buffer *out);

#endif
