#include "fixture.h"

#include "postern/pki/base64.h"

typedef bool decode(struct slice text, struct buffer *out);

static void expect(decode *function, const char *text, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 256);
    bool good = function(slice_text(text), &out);
    if (good != (expected != NULL) || (good && !slice_equal_text(buffer_view(&out), expected)))
        fail_msg("\"%s\": %s, \"%.*s\"", text, good ? "taken" : "refused", SLICE_ARG(buffer_view(&out)));
    buffer_clear(&out);
}

static void only_one_text_means_the_same_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } rows[] = {
        {"", ""},       {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"},   {"Zm9v\r\nYmFy\n", "foobar"},
        {"Zh==", NULL}, /* bits left over */
        {"Zm9=", NULL}, {"Zg", NULL},  {"Zg=", NULL},  {"Z===", NULL},    {"Zg==Zg==", NULL},
        {"Zg=v", NULL}, {"=", NULL},   {"Zm9-", NULL}, {"Zm9v%3D", NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        expect(pki_base64_decode, rows[i].text, rows[i].expected);
}

static void a_request_may_stand_between_lines_of_pem(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"Zm9v", "foo"},
        {"-----BEGIN X-----\nZm9v\n-----END X-----\n", "foo"},
        {"-----BEGIN X-----\r\nZm9v\r\n-----END X-----", "foo"},
        {"-----BEGIN X-----\nZm9v\n-----END Y-----\n", NULL},
        {"-----BEGIN X-----\nZm9v\n", NULL},
        {"-----BEGIN X-----\nZm9v\n-----END X-----\nmore", NULL},
        {"-----BEGIN X----\nZm9v\n-----END X-----\n", NULL},
        {"-----BEGIN ", NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        expect(pki_base64_decode_request, rows[i].text, rows[i].expected);
}

static void a_path_may_be_percent_encoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"Zm8=", "fo"},
        {"Zm8%3D", "fo"},
        {"%5am8%3d", "fo"},
        {"Zg%3D%3D", "f"},
        {"Zm8%3", NULL},
        {"Zm8%", NULL},
        {"Zm8%zz", NULL},
        {"Zm9%20v", NULL},
        {"Zm9v%00", NULL},
        {"Zm 9v", NULL},
        {"%2B%2F%2b/", "\xfb\xff\xbf"},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        expect(pki_base64_decode_path, rows[i].text, rows[i].expected);
}

static void what_is_encoded_decodes_to_itself(void **state)
{
    (void)state;
    char bytes[150];
    for (size_t length = 0; length < sizeof bytes; length++) {
        struct buffer text, back;
        buffer_init(&text, 1024);
        buffer_init(&back, 1024);
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)(i * 37 + length);
        assert_true(pki_base64_encode(slice_of(bytes, length), &text));
        struct slice rest = buffer_view(&text), line;
        while (slice_split(&rest, '\n', &line))
            assert_true(line.length <= 64);
        assert_true(pki_base64_decode(buffer_view(&text), &back));
        assert_true(slice_equal(buffer_view(&back), slice_of(bytes, length)));
        buffer_clear(&text);
        buffer_clear(&back);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 2);
    assert_false(pki_base64_decode(SLICE_LITERAL("Zm9v"), &out));
    assert_false(pki_base64_encode(SLICE_LITERAL("foo"), &out));
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_text_means_the_same_bytes),
        cmocka_unit_test(a_request_may_stand_between_lines_of_pem),
        cmocka_unit_test(a_path_may_be_percent_encoded),
        cmocka_unit_test(what_is_encoded_decodes_to_itself),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
