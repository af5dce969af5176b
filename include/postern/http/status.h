/* Status codes. RFC 9110 §15. */
#ifndef POSTERN_HTTP_STATUS_H
#define POSTERN_HTTP_STATUS_H

#include <stdbool.h>

/* "Not Found"; of a code that is not registered that of its class, "Client Error". Never NULL. */
const char *http_status_phrase(int status);
/* False for 1xx, 204 and 304, which never have content. RFC 9112 §6.3. */
bool http_status_has_content(int status);

#endif
