/* Patterns of names, as a profile allows them: "sales, *.*.acme.internal, DNS:**.acme.internal". Between
 * commas, any of which will do. In a pattern '*' is one byte or more of one part (neither '.' nor '/'), '**'
 * one byte or more of anything, "{uuid}" the 36 characters of RFC 4122 §3, and all else is itself, byte for
 * byte. Pure; time is pattern times text, whatever stands in either. */
#ifndef POSTERN_PKI_PATTERN_H
#define POSTERN_PKI_PATTERN_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define PKI_PATTERN_TEXT_MAX 1024 /* bytes of a text that can match at all */

/* Check a list. Returns 0, or -1 with err: empty, an empty pattern in it, "{" of something else. */
NODISCARD int pki_pattern_check(struct slice list, const char *what, struct err *err);
/* True if any pattern of a checked list is all of the text. */
bool pki_pattern_match(struct slice list, struct slice text);

#endif
