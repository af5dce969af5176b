#include "postern/trust/reason.h"

#include "postern/base/assert.h"

struct reason_row {
    const char *code, *text, *advice;
    int alert, http_status, x509_error;
};

static const struct reason_row rows[] = {
#define REASON_ROW(name, code, text, alert, status, error, advice)                                           \
    [name] = {code, text, advice, alert, status, error},
    TRUST_REASONS(REASON_ROW)
#undef REASON_ROW
};

static const struct reason_row *row_of(enum trust_reason reason)
{
    ASSERT((unsigned)reason < LENGTH_OF(rows));
    return &rows[reason];
}

const char *trust_reason_code(enum trust_reason reason)
{
    return row_of(reason)->code;
}

const char *trust_reason_text(enum trust_reason reason)
{
    return row_of(reason)->text;
}

const char *trust_reason_advice(enum trust_reason reason)
{
    return row_of(reason)->advice;
}

int trust_reason_alert(enum trust_reason reason)
{
    return row_of(reason)->alert;
}

int trust_reason_http_status(enum trust_reason reason)
{
    return row_of(reason)->http_status;
}

int trust_reason_x509_error(enum trust_reason reason)
{
    return row_of(reason)->x509_error;
}

bool trust_reason_parse(struct slice code, enum trust_reason *out)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        if (slice_equal_text(code, rows[i].code)) {
            *out = (enum trust_reason)i;
            return true;
        }
    }
    return false;
}
