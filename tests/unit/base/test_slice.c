#include "guard.h"
#include "unit.h"

static void slices_compare_by_their_bytes(void **state)
{
    (void)state;
    static const struct {
        struct slice left, right;
        bool equal, equal_nocase, starts, ends;
    } rows[] = {
        {SLICE_CONSTANT(""), SLICE_CONSTANT(""), true, true, true, true},
        {{NULL, 0}, SLICE_CONSTANT(""), true, true, true, true},
        {SLICE_CONSTANT("abc"), SLICE_CONSTANT("abc"), true, true, true, true},
        {SLICE_CONSTANT("abc"), SLICE_CONSTANT("aBC"), false, true, false, false},
        {SLICE_CONSTANT("abc"), SLICE_CONSTANT("ab"), false, false, true, false},
        {SLICE_CONSTANT("abc"), SLICE_CONSTANT("bc"), false, false, false, true},
        {SLICE_CONSTANT("ab"), SLICE_CONSTANT("abc"), false, false, false, false},
        {SLICE_CONSTANT("a\0b"), SLICE_CONSTANT("a\0c"), false, false, false, false},
        {SLICE_CONSTANT("a\0b"), SLICE_CONSTANT("a\0B"), false, true, false, false},
        {SLICE_CONSTANT("[a"), SLICE_CONSTANT("{a"), false, false, false, false},
        {SLICE_CONSTANT("@"), SLICE_CONSTANT("`"), false, false, false, false},
        {SLICE_CONSTANT("\xC4"), SLICE_CONSTANT("\xE4"), false, false, false, false},
        {SLICE_CONSTANT("abc"), {NULL, 0}, false, false, true, true},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        assert_int_equal(slice_equal(rows[i].left, rows[i].right), rows[i].equal);
        assert_int_equal(slice_equal_nocase(rows[i].left, rows[i].right), rows[i].equal_nocase);
        assert_int_equal(slice_starts_with(rows[i].left, rows[i].right), rows[i].starts);
        assert_int_equal(slice_ends_with(rows[i].left, rows[i].right), rows[i].ends);
    }
    assert_true(slice_equal_text(SLICE_LITERAL("abc"), "abc"));
    assert_false(slice_equal_text(SLICE_LITERAL("abc\0"), "abc"));
    assert_int_equal(slice_text(NULL).length, 0);
}

static void blanks_are_trimmed_at_both_ends_only(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""},           {" \t", ""}, {"a", "a"}, {" \ta b\t ", "a b"},
                                          {"\na\r", "\na\r"}, {"a ", "a"}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        size_t length = strlen(rows[i][0]);
        char *copy = guard_copy(rows[i][0], length);
        assert_true(slice_equal_text(slice_trim(slice_of(copy, length)), rows[i][1]));
        guard_free(copy, length);
    }
}

static void finding_and_cutting(void **state)
{
    (void)state;
    struct slice text = SLICE_LITERAL("a=b=c");
    assert_int_equal(slice_find(text, '='), 1);
    assert_int_equal(slice_find(text, 'x'), 5);
    assert_int_equal(slice_find(slice_of(NULL, 0), 'x'), 0);
    assert_true(slice_equal_text(slice_after(text, 2), "b=c"));
    assert_true(slice_equal_text(slice_before(text, 1), "a"));
    assert_true(slice_equal_text(slice_after(text, 5), ""));
    assert_null(slice_after(slice_of(NULL, 0), 0).data);
}

static void a_text_is_split_into_its_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        const char *parts[4];
    } rows[] = {
        {"", 0, {NULL}},    {"a", 1, {"a"}},      {"a,b", 2, {"a", "b"}},      {"a,", 2, {"a", ""}},
        {",", 2, {"", ""}}, {",a", 2, {"", "a"}}, {"a,,b", 3, {"a", "", "b"}}, {",,", 3, {"", "", ""}},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        size_t length = strlen(rows[i].text), count = 0;
        char *copy = guard_copy(rows[i].text, length);
        struct slice rest = slice_of(copy, length), part;
        while (slice_split(&rest, ',', &part)) {
            assert_true(count < rows[i].count);
            assert_true(slice_equal_text(part, rows[i].parts[count++]));
        }
        assert_int_equal(count, rows[i].count);
        assert_false(slice_split(&rest, ',', &part));
        guard_free(copy, length);
    }
}

static void numbers_are_decimal_digits_within_the_maximum(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t maximum, value;
        bool valid;
    } rows[] = {
        {"0", 0, 0, true},
        {"1", 0, 0, false},
        {"9", 9, 9, true},
        {"10", 9, 0, false},
        {"007", 9, 7, true},
        {"65535", 65535, 65535, true},
        {"65536", 65535, 0, false},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, 0, false},
        {"99999999999999999999999", UINT64_MAX, 0, false},
        {"9223372036854775807", INT64_MAX, INT64_MAX, true},
        {"9223372036854775808", INT64_MAX, 0, false},
        {"5", 3, 0, false},
        {"", 9, 0, false},
        {"+1", 9, 0, false},
        {"-1", 9, 0, false},
        {" 1", 9, 0, false},
        {"1 ", 9, 0, false},
        {"0x1", 9, 0, false},
        {"1a", 99, 0, false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint64_t value = 77;
        size_t length = strlen(rows[i].text);
        char *copy = guard_copy(rows[i].text, length);
        bool valid = slice_to_u64(slice_of(copy, length), rows[i].maximum, &value);
        if (valid != rows[i].valid || value != (valid ? rows[i].value : 77))
            fail_msg("\"%s\": %d, %llu", rows[i].text, valid, (unsigned long long)value);
        guard_free(copy, length);
    }
}

static void bytes_are_of_the_classes_of_ascii_in_every_locale(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;
        bool upper = i >= 'A' && i <= 'Z', lower = i >= 'a' && i <= 'z', digit = i >= '0' && i <= '9';
        assert_int_equal(ascii_is_alpha(byte), upper || lower);
        assert_int_equal(ascii_is_digit(byte), digit);
        assert_int_equal(ascii_lower(byte), upper ? (char)(i + 32) : byte);
        int value = digit                  ? i - '0'
                    : i >= 'a' && i <= 'f' ? i - 'a' + 10
                    : i >= 'A' && i <= 'F' ? i - 'A' + 10
                                           : -1;
        assert_int_equal(ascii_hex_value(byte), value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare_by_their_bytes),
        cmocka_unit_test(blanks_are_trimmed_at_both_ends_only),
        cmocka_unit_test(finding_and_cutting),
        cmocka_unit_test(a_text_is_split_into_its_parts),
        cmocka_unit_test(numbers_are_decimal_digits_within_the_maximum),
        cmocka_unit_test(bytes_are_of_the_classes_of_ascii_in_every_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
