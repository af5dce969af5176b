/* The secret that session tickets are encrypted with, as a file has it. Private to room generation. */
#ifndef POSTERN_GENERATION_TICKET_SECRET_H
#define POSTERN_GENERATION_TICKET_SECRET_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

/* Any bytes, text or not, as long as they look random: TLS_TICKET_SECRET_MIN to _MAX of them, and not a few
 * repeated. Pure. Returns 0, or -1 with err's text. */
NODISCARD int ticket_secret_check(struct slice secret, struct err *err);

#endif
