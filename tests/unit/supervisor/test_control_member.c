#include "unit.h"

#include "guard.h"
#include "postern/supervisor/control.h"

struct row {
    const char *name;
    const char *object;
    int expected;      /* for the member "a" */
    const char *value; /* when found */
};

static const struct row table[] = {
    {"a string", "{\"a\":\"b\"}", 1, "b"},
    {"spaces", " { \"x\" : 1 , \"a\" :\t\"b\" } \n", 1, "b"},
    {"a number", "{\"a\":12}", 1, "12"},
    {"true", "{\"a\":true,\"b\":null}", 1, "true"},
    {"an empty string", "{\"a\":\"\"}", 1, ""},
    {"an object as text", "{\"a\":{\"b\":[1,2]}}", 1, "{\"b\":[1,2]}"},
    {"escapes", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"}", 1, "\"\\/\b\f\n\r\tA"},
    {"an escape of two bytes", "{\"a\":\"\\u00e9\"}", 1, "\xC3\xA9"},
    {"a surrogate pair", "{\"a\":\"\\ud83d\\ude00\"}", 1, "\xF0\x9F\x98\x80"},
    {"an escaped name", "{\"\\u0061\":\"b\"}", 1, "b"},
    {"absent", "{\"b\":1}", 0, NULL},
    {"an empty object", "{}", 0, NULL},
    {"only deeper down", "{\"b\":{\"a\":1},\"c\":[{\"a\":2}]}", 0, NULL},
    {"as a value", "{\"b\":\"a\"}", 0, NULL},
    {"twice", "{\"a\":1,\"a\":2}", -1, NULL},
    {"nothing", "", -1, NULL},
    {"an array", "[1]", -1, NULL},
    {"no end", "{\"a\":1", -1, NULL},
    {"a comma too many", "{\"a\":1,}", -1, NULL},
    {"something behind", "{\"a\":1}x", -1, NULL},
    {"no colon", "{\"a\" 1}", -1, NULL},
    {"no value", "{\"a\":}", -1, NULL},
    {"a name without quotes", "{a:1}", -1, NULL},
    {"a string that does not end", "{\"a\":\"b}", -1, NULL},
    {"a control byte in a string", "{\"a\":\"\n\"}", -1, NULL},
    {"an unknown escape", "{\"a\":\"\\x\"}", -1, NULL},
    {"half an escape", "{\"a\":\"\\u00\"}", -1, NULL},
    {"half a surrogate pair", "{\"a\":\"\\ud83d\"}", -1, NULL},
    {"a low surrogate alone", "{\"a\":\"\\ude00\"}", -1, NULL},
    {"a malformed neighbour", "{\"b\":[1,\"a\":1}", -1, NULL},
    {"too deep", "{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}", -1, NULL},
};

static void members_are_found_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct buffer out;
        buffer_init(&out, 256);
        size_t length = strlen(table[i].object);
        char *object = guard_copy(table[i].object, length);
        int result = control_member(slice_of(object, length), "a", &out);
        if (result != table[i].expected ||
            (result == 1 && !slice_equal_text(buffer_view(&out), table[i].value)))
            fail_msg("%s: %d \"%.*s\"", table[i].name, result, SLICE_ARG(buffer_view(&out)));
        guard_free(object, length);
        buffer_clear(&out);
    }
}

static void what_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "{\"v\":[1,{\"x\":\"\\u00e9\"}],\"a\":\"b\\ud83d\\ude00\",\"c\":true}";
    for (size_t length = 0; length < sizeof(whole) - 1; length++) {
        struct buffer out;
        buffer_init(&out, 256);
        char *cut = guard_copy(whole, length);
        assert_int_equal(control_member(slice_of(cut, length), "a", &out), -1);
        guard_free(cut, length);
        buffer_clear(&out);
    }
}

static void a_value_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 3);
    assert_int_equal(control_member(SLICE_LITERAL("{\"a\":\"abcd\"}"), "a", &out), -1);
    buffer_clear(&out);
    buffer_init(&out, 3);
    assert_int_equal(control_member(SLICE_LITERAL("{\"a\":\"abc\"}"), "a", &out), 1);
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_or_refused),
        cmocka_unit_test(what_is_cut_anywhere_is_refused),
        cmocka_unit_test(a_value_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
