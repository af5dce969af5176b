#include "guard.h"
#include "postern/base/text.h"
#include "unit.h"

typedef bool append(struct buffer *buffer, struct slice text);

static bool append_percent(struct buffer *buffer, struct slice text)
{
    return text_append_percent(buffer, text, "&=\"");
}

#define R "\xEF\xBF\xBD"

static const struct {
    append *append;
    struct slice text;
    const char *expected;
} rows[] = {
    {text_append_json, SLICE_CONSTANT(""), ""},
    {text_append_json, SLICE_CONSTANT("a\"b\\c/<"), "a\\\"b\\\\c/<"},
    {text_append_json, SLICE_CONSTANT("\b\f\n\r\t"), "\\b\\f\\n\\r\\t"},
    {text_append_json, SLICE_CONSTANT("\0\x1F\x7F"), "\\u0000\\u001f\\u007f"},
    {text_append_json, SLICE_CONSTANT("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
     "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {text_append_json, SLICE_CONSTANT("\xC3"), R},
    {text_append_json, SLICE_CONSTANT("\xC3(\xA4"), R "(" R},
    {text_append_json, SLICE_CONSTANT("\xC0\xAF"), R R},             /* overlong '/' */
    {text_append_json, SLICE_CONSTANT("\xE0\x80\xAF"), R R R},       /* overlong '/' */
    {text_append_json, SLICE_CONSTANT("\xED\xA0\x80"), R R R},       /* a surrogate */
    {text_append_json, SLICE_CONSTANT("\xF4\x90\x80\x80"), R R R R}, /* over U+10FFFF */
    {text_append_json, SLICE_CONSTANT("\xF0\x8F\xBF\xBF"), R R R R}, /* overlong */
    {text_append_json, SLICE_CONSTANT("\xF5\xFF\x80"), R R R},
    {text_append_json, SLICE_CONSTANT("\xE2\x82"), R R},
    {text_append_json, SLICE_CONSTANT("\xE2\x82\"\xF0\x9F\x98x"), R R "\\\"" R R R "x"},
    {text_append_json, SLICE_CONSTANT("\xEF\xBF\xBF\xED\x9F\xBF\xF4\x8F\xBF\xBF"),
     "\xEF\xBF\xBF\xED\x9F\xBF\xF4\x8F\xBF\xBF"},
    {text_append_escaped, SLICE_CONSTANT("a b\"\\\n\x7F\xC3\0"), "a b\\x22\\x5C\\x0A\\x7F\\xC3\\x00"},
    {text_append_html, SLICE_CONSTANT("<a href='x' b=\"&\">\n\xC3\xA4"),
     "&lt;a href=&#39;x&#39; b=&quot;&amp;&quot;&gt;?\xC3\xA4"},
    {append_percent, SLICE_CONSTANT("a b%&=\"\n\xC3\xA4\0"), "a b%25%26%3D%22%0A%C3%A4%00"},
};

static void text_from_outside_is_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct buffer buffer;
        char *copy = guard_copy(rows[i].text.data, rows[i].text.length);
        buffer_init(&buffer, 4096);
        assert_true(buffer_append_text(&buffer, "."));
        assert_true(rows[i].append(&buffer, slice_of(copy, rows[i].text.length)));
        assert_true(buffer_append_text(&buffer, "."));
        struct slice held = buffer_view(&buffer);
        assert_true(slice_equal_text(slice_before(slice_after(held, 1), held.length - 2), rows[i].expected));
        buffer_clear(&buffer);
        guard_free(copy, rows[i].text.length);
    }
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        size_t length = strlen(rows[i].expected);
        for (size_t limit = 0; limit < length; limit++) {
            struct buffer buffer;
            buffer_init(&buffer, limit + 1);
            assert_true(buffer_append_text(&buffer, "."));
            assert_false(rows[i].append(&buffer, rows[i].text));
            assert_holds(&buffer, ".");
            buffer_clear(&buffer);
        }
    }
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    const unsigned char bytes[] = {0x00, 0x9A, 0xFF};
    unsigned char back[3];
    char out[7];
    struct buffer buffer;
    assert_string_equal(text_hex(out, bytes, 3, false), "009aff");
    assert_int_equal(text_unhex(back, 3, slice_text("009AfF")), 3);
    assert_memory_equal(back, bytes, 3);
    assert_string_equal(text_hex(out, bytes, 0, false), "");
    buffer_init(&buffer, 7);
    assert_true(text_append_hex(&buffer, bytes, 3, true));
    assert_holds(&buffer, "009AFF");
    assert_false(text_append_hex(&buffer, bytes, 1, true));
    assert_false(text_append_hex(&buffer, bytes, SIZE_MAX, true));
    assert_holds(&buffer, "009AFF");
    buffer_clear(&buffer);
}

static void what_is_not_hex_is_refused(void **state)
{
    (void)state;
    unsigned char out[2];
    assert_int_equal(text_unhex(out, 2, slice_text("0")), -1);
    assert_int_equal(text_unhex(out, 2, slice_text("0g")), -1);
    assert_int_equal(text_unhex(out, 2, slice_text("g0")), -1);
    assert_int_equal(text_unhex(out, 2, slice_text("0:0a")), -1);
    assert_int_equal(text_unhex(out, 2, slice_text("000000")), -1);
    assert_int_equal(text_unhex(out, 2, slice_text("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_from_outside_is_escaped),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(what_is_not_hex_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
