/* Conditional requests for what is published. RFC 9110 §13. Pure. */
#ifndef POSTERN_WEB_CONDITION_H
#define POSTERN_WEB_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/slice.h"
#include "postern/http/fields.h"

/* True if a GET or HEAD with these fields is to be answered with 304: If-None-Match has the tag (weak
 * comparison, §8.8.3.2) or is "*"; or there is none and If-Modified-Since is not before the last change.
 *   tag  with its quotes: "\"0123abcd\"" */
bool web_is_not_modified(const struct http_fields *fields, struct slice tag, int64_t changed_s);

#endif
