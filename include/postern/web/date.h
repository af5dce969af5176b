/* Dates of HTTP: "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 §5.6.7. Pure functions. */
#ifndef POSTERN_WEB_DATE_H
#define POSTERN_WEB_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/slice.h"

#define WEB_DATE_SIZE sizeof("Sun, 06 Nov 1994 08:49:37 GMT")

/* Of seconds since 1970, years 1970 to 9999. Returns out. */
const char *web_date_format(int64_t wall_s, char out[WEB_DATE_SIZE]);
/* Seconds since 1970 of such a date. False for anything else. STRICT: the two obsolete forms are not read;
 * an If-Modified-Since in one of them is as good as none. */
bool web_date_parse(struct slice text, int64_t *out);

#endif
