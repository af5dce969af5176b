#include "bytes.h"
#include "parsing.h"
#include "postern/http/fields.h"

/* The grammar as the RFCs word it, beside the table. */
static bool is_alphanumeric(int byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_in(const char *set, int byte)
{
    return byte != 0 && strchr(set, byte) != NULL;
}

static void the_table_says_what_the_rfcs_say_of_each_byte(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool vchar = byte >= 0x21 && byte <= 0x7E, obs_text = byte >= 0x80;
        bool blank = byte == ' ' || byte == '\t';
        bool qdtext = blank || byte == 0x21 || (byte >= 0x23 && byte <= 0x5B) ||
                      (byte >= 0x5D && byte <= 0x7E) || obs_text;
        assert_int_equal(byte_is((char)byte, BYTE_TOKEN),
                         is_alphanumeric(byte) || is_in("!#$%&'*+-.^_`|~", byte));
        assert_int_equal(byte_is((char)byte, BYTE_VALUE), vchar || obs_text || blank);
        assert_int_equal(byte_is((char)byte, BYTE_VISIBLE), vchar);
        assert_int_equal(byte_is((char)byte, BYTE_UNRESERVED), is_alphanumeric(byte) || is_in("-._~", byte));
        assert_int_equal(byte_is((char)byte, BYTE_QUOTED), qdtext);
    }
}

static void tokens_and_values_are_checked_at_every_position(void **state)
{
    (void)state;
    for (size_t at = 0; at < 3; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "abc";
            text[at] = (char)byte;
            assert_int_equal(http_is_token(slice_of(text, 3)), byte_is((char)byte, BYTE_TOKEN));
            assert_int_equal(http_is_field_value(slice_of(text, 3)), byte_is((char)byte, BYTE_VALUE));
        }
    }
    assert_false(http_is_token(slice_text("")));
    assert_true(http_is_field_value(slice_text("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_what_the_rfcs_say_of_each_byte),
        cmocka_unit_test(tokens_and_values_are_checked_at_every_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
