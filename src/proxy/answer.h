/* Answers of our own: errors and refusals, as application/problem+json (RFC 9457) or as a short page for who
 * prefers HTML. They name the reason, and the request id under which the log has it. */
#ifndef POSTERN_PROXY_ANSWER_H
#define POSTERN_PROXY_ANSWER_H

#include <stdbool.h>

#include "cause.h"
#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/http/fields.h"

struct answer {
    struct cause cause;
    const char *detail; /* more than the text of the cause; NULL: only that */
    const char *request_id;
    bool html;
    bool head_only;  /* it answers HEAD */
    bool close;      /* we close after it */
    bool keep_alive; /* say so, to a client of HTTP/1.0 */
};

/* Borrows all. False if it does not fit. */
NODISCARD bool answer_write(struct buffer *out, const struct answer *answer);
/* Does Accept put text/html before JSON? RFC 9110 §12.5.1; weights are looked at only as far as q=0. */
bool answer_prefers_html(const struct http_fields *fields);

#endif
