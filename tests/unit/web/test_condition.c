#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/web/condition.h"

#define CHANGED_S INT64_C(784111777)

static void validators_decide_as_rfc_9110_says(void **state)
{
    (void)state;
    static const struct {
        const char *name; /* what is tried */
        const char *field, *value;
        const char *second, *second_value;
        bool expected;
    } rows[] = {
        {"no condition", NULL, NULL, NULL, NULL, false},
        {"the tag", "If-None-Match", "\"abc\"", NULL, NULL, true},
        {"another", "if-none-match", "\"abd\"", NULL, NULL, false},
        {"weak", "If-None-Match", "W/\"abc\"", NULL, NULL, true},
        {"any", "If-None-Match", "*", NULL, NULL, true},
        {"in a list", "If-None-Match", "\"x\", \"a,b\",, W/\"abc\"", NULL, NULL, true},
        {"in a second field", "If-None-Match", "\"x\"", "If-None-Match", "\"abc\"", true},
        {"within another tag", "If-None-Match", "\"x\\\"abc\\\"\"", NULL, NULL, false},
        {"without quotes", "If-None-Match", "abc", NULL, NULL, false},
        {"unended", "If-None-Match", "\"abc", NULL, NULL, false},
        {"since then", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", NULL, NULL, true},
        {"since later", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:38 GMT", NULL, NULL, true},
        {"since earlier", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", NULL, NULL, false},
        {"since nonsense", "If-Modified-Since", "yesterday", NULL, NULL, false},
        {"the tag outweighs the date", "If-None-Match", "\"x\"", "If-Modified-Since",
         "Sun, 06 Nov 1994 08:49:37 GMT", false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct http_field items[2] = {
            {slice_text(rows[i].field), slice_text(rows[i].value)},
            {slice_text(rows[i].second), slice_text(rows[i].second_value)},
        };
        struct http_fields fields = {items, (rows[i].field != NULL) + (rows[i].second != NULL), 2};
        if (web_is_not_modified(&fields, SLICE_LITERAL("\"abc\""), CHANGED_S) != rows[i].expected)
            fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validators_decide_as_rfc_9110_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
