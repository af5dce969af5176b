#include "parsing.h"
#include "postern/http/body.h"
#include "postern/http/serialise.h"

static void a_request_head_is_written_and_parses(void **state)
{
    (void)state;
    struct buffer buffer;
    struct parsed_request parsed;
    buffer_init(&buffer, 4096);
    assert_true(http_write_request_line(&buffer, SLICE_LITERAL("GET"), SLICE_LITERAL("/a?b")));
    assert_true(http_write_field(&buffer, SLICE_LITERAL("Host"), SLICE_LITERAL("x")));
    assert_true(http_write_field_text(&buffer, "Empty", ""));
    assert_true(http_write_field_uint(&buffer, "Content-Length", UINT64_MAX));
    assert_true(http_write_head_end(&buffer));
    assert_slice("bytes", buffer_view(&buffer),
                 slice_text("GET /a?b HTTP/1.1\r\nHost: x\r\nEmpty: \r\n"
                            "Content-Length: 18446744073709551615\r\n\r\n"));
    assert_int_equal(parse_request(&parsed, buffer_view(&buffer), &wide_limits), HTTP_OK);
    buffer_clear(&buffer);
}

static void a_status_line_has_the_given_phrase_or_the_usual_one(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *phrase, *line; /* NULL: refused */
    } rows[] = {
        {200, "", "HTTP/1.1 200 OK\r\n"},
        {404, "Nothing here", "HTTP/1.1 404 Nothing here\r\n"},
        {599, "", "HTTP/1.1 599 Server Error\r\n"},
        {99, "", NULL},
        {600, "", NULL},
        {-200, "", NULL},
        {200, "OK\r\nSet-Cookie: a", NULL},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct buffer buffer;
        buffer_init(&buffer, 4096);
        bool written = http_write_status_line(&buffer, rows[i].status, slice_text(rows[i].phrase));
        assert_int_equal(written, rows[i].line != NULL);
        assert_slice("line", buffer_view(&buffer), slice_text(rows[i].line));
        buffer_clear(&buffer);
    }
}

/* Threats H7 and H20: response splitting. */
static void names_and_values_that_would_not_parse_are_not_written(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    for (int byte = 0; byte < 256; byte++) {
        char text[] = {'a', (char)byte, 'b'};
        struct slice slice = slice_of(text, sizeof(text));
        size_t before = buffer_length(&buffer);
        bool as_value = http_write_field(&buffer, SLICE_LITERAL("A"), slice);
        assert_int_equal(as_value, byte == '\t' || (byte >= 0x20 && byte != 0x7F));
        bool as_name = http_write_field(&buffer, slice, SLICE_LITERAL("a"));
        assert_int_equal(as_name, http_is_token(slice));
        bool as_target = http_write_request_line(&buffer, SLICE_LITERAL("GET"), slice);
        assert_int_equal(as_target, byte > 0x20 && byte < 0x7F);
        bool as_method = http_write_request_line(&buffer, slice, SLICE_LITERAL("/"));
        assert_int_equal(as_method, http_is_token(slice));
        if (!as_value && !as_name && !as_target && !as_method)
            assert_int_equal(buffer_length(&buffer), before);
    }
    assert_false(http_write_field_text(&buffer, "", "a"));
    assert_false(http_write_request_line(&buffer, SLICE_LITERAL("GET"), SLICE_LITERAL("")));
    assert_false(http_write_request_line(&buffer, SLICE_LITERAL(""), SLICE_LITERAL("/")));
    buffer_clear(&buffer);
}

static void what_does_not_fit_is_not_written_in_part(void **state)
{
    (void)state;
    struct buffer buffer;
    for (size_t limit = 0; limit < 13; limit++) {
        buffer_init(&buffer, limit);
        assert_false(http_write_field_text(&buffer, "Name", "value"));
        assert_false(http_write_request_line(&buffer, SLICE_LITERAL("G"), SLICE_LITERAL("/")));
        assert_true(buffer_is_empty(&buffer));
        buffer_clear(&buffer);
    }
    buffer_init(&buffer, 13);
    assert_true(http_write_field_text(&buffer, "Name", "value"));
    assert_false(http_write_chunk_end(&buffer));
    assert_false(http_write_head_end(&buffer));
    assert_false(http_write_last_chunk(&buffer));
    assert_false(http_write_chunk_head(&buffer, 1));
    assert_int_equal(buffer_length(&buffer), 13);
    buffer_clear(&buffer);
}

static void chunk_heads_are_hexadecimal_without_zeros(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = {{1, "1\r\n"}, {0x1a2b, "1a2b\r\n"}, {0x10, "10\r\n"}, {UINT64_MAX, "ffffffffffffffff\r\n"}};
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct buffer buffer;
        buffer_init(&buffer, HTTP_CHUNK_HEAD_MAX);
        assert_true(http_write_chunk_head(&buffer, rows[i].size));
        assert_slice("head", buffer_view(&buffer), slice_text(rows[i].text));
        buffer_clear(&buffer);
    }
}

static void a_chunk_of_nothing_which_would_end_the_message_is_not_written(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 64);
    assert_false(http_write_chunk_head(&buffer, 0));
    assert_true(buffer_is_empty(&buffer));
    buffer_clear(&buffer);
}

static void written_chunks_are_read_back(void **state)
{
    (void)state;
    static const struct http_framing framing = {.body = HTTP_BODY_CHUNKED};
    struct buffer buffer;
    struct http_body_reader reader;
    struct slice content;
    buffer_init(&buffer, 64);
    assert_true(http_write_chunk_head(&buffer, 5));
    assert_true(buffer_append_text(&buffer, "hello"));
    assert_true(http_write_chunk_end(&buffer));
    assert_true(http_write_last_chunk(&buffer));
    struct slice input = buffer_view(&buffer);
    http_body_init(&reader, &framing);
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_OK);
    assert_slice("content", content, slice_text("hello"));
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_DONE);
    assert_int_equal(input.length, 0);
    buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_head_is_written_and_parses),
        cmocka_unit_test(a_status_line_has_the_given_phrase_or_the_usual_one),
        cmocka_unit_test(names_and_values_that_would_not_parse_are_not_written),
        cmocka_unit_test(what_does_not_fit_is_not_written_in_part),
        cmocka_unit_test(chunk_heads_are_hexadecimal_without_zeros),
        cmocka_unit_test(a_chunk_of_nothing_which_would_end_the_message_is_not_written),
        cmocka_unit_test(written_chunks_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
