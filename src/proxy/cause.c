#include "cause.h"

#include <stddef.h>

#include "postern/base/assert.h"

static const struct cause CAUSES[CAUSE_COUNT] = {
#define CAUSE_ROW(enumerator, code, status, text) [enumerator] = {status, code, text},
    PROXY_CAUSES(CAUSE_ROW)
#undef CAUSE_ROW
};

struct cause cause_of(enum proxy_cause cause)
{
    ASSERT(cause < CAUSE_COUNT);
    return CAUSES[cause];
}

struct cause cause_of_http(enum http_result result)
{
    return (struct cause){http_result_status(result), http_result_name(result), http_result_text(result)};
}

struct cause cause_of_trust(enum trust_reason reason)
{
    return (struct cause){trust_reason_http_status(reason), trust_reason_code(reason),
                          trust_reason_text(reason)};
}

bool cause_is_set(const struct cause *cause)
{
    return cause->code != NULL;
}

void cause_set(struct cause *cause, struct cause first)
{
    if (!cause_is_set(cause))
        *cause = first;
}
