#include "postern/http/result.h"

#include "postern/base/assert.h"

static const struct {
    const char *name;
    int status;
    const char *text;
} table[] = {
#define RESULT_ROW(enumerator, name, status, text) [enumerator] = {name, status, text},
    HTTP_RESULTS(RESULT_ROW)
#undef RESULT_ROW
};

const char *http_result_name(enum http_result result)
{
    ASSERT((unsigned)result < HTTP_RESULT_COUNT);
    return table[result].name;
}

int http_result_status(enum http_result result)
{
    ASSERT((unsigned)result < HTTP_RESULT_COUNT);
    return table[result].status;
}

const char *http_result_text(enum http_result result)
{
    ASSERT((unsigned)result < HTTP_RESULT_COUNT);
    return table[result].text;
}
