#include "guard.h"
#include "parsing.h"
#include "postern/http/body.h"

#define CONTENT_ROOM 65536

struct outcome {
    enum http_result result;
    size_t consumed, content_length;
    char content[CONTENT_ROOM];
};

static struct http_framing framing_of(enum http_body body, uint64_t length)
{
    return (struct http_framing){.body = body, .length = length, .has_length = body == HTTP_BODY_LENGTH};
}

/* Feeds text in pieces of at most that many bytes, each before an unreadable page. */
static void read_in_pieces(const struct http_framing *framing, struct slice text, size_t piece,
                           struct outcome *out)
{
    struct http_body_reader reader;
    http_body_init(&reader, framing);
    out->consumed = out->content_length = 0;
    out->result = HTTP_INCOMPLETE;
    while (out->result == HTTP_INCOMPLETE && out->consumed < text.length) {
        size_t length = text.length - out->consumed < piece ? text.length - out->consumed : piece;
        char *copy = guard_copy(text.data + out->consumed, length);
        struct slice input = slice_of(copy, length), content;
        while ((out->result = http_body_read(&reader, &input, &content)) == HTTP_OK) {
            assert_true(content.length != 0);
            assert_true(out->content_length + content.length <= CONTENT_ROOM);
            memcpy(out->content + out->content_length, content.data, content.length);
            out->content_length += content.length;
        }
        assert_int_equal(content.length, 0);
        out->consumed += length - input.length;
        if (out->result == HTTP_INCOMPLETE)
            assert_int_equal(input.length, 0);
        guard_free(copy, length);
    }
    /* What is for good stays. */
    struct slice more = SLICE_LITERAL("0\r\n\r\n"), content;
    if (out->result != HTTP_INCOMPLETE)
        assert_int_equal(http_body_read(&reader, &more, &content), out->result);
    assert_int_equal(http_body_is_done(&reader), out->result == HTTP_DONE);
}

struct row {
    const char *name;
    struct slice text;
    enum http_result expected;
    const char *content;
    const char *rest; /* behind the message */
};
#define ROW(name, text, expected, content, rest)                                                             \
    {                                                                                                        \
        name, {"" text, sizeof(text) - 1}, expected, content, rest                                           \
    }

/* RFC 9112 §7.1; threats H6, H8. */
static const struct row chunked[] = {
    ROW("empty", "0\r\n\r\n", HTTP_DONE, "", ""),
    ROW("one_chunk", "5\r\nhello\r\n0\r\n\r\n", HTTP_DONE, "hello", ""),
    ROW("two_chunks_then_next_message", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\nGET", HTTP_DONE, "abc", "GET"),
    ROW("size_in_either_case", "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", HTTP_DONE,
        "01234567890123456789a", ""),
    ROW("size_with_zeros", "000000000000002\r\nab\r\n00\r\n\r\n", HTTP_DONE, "ab", ""),
    ROW("size_of_16_digits", "0000000000000002\r\nab\r\n0\r\n\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("size_of_60_bits", "fffffffffffffff\r\nab", HTTP_INCOMPLETE, "ab", ""),
    ROW("size_of_64_bits", "fffffffffffffffff\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("size_absent", "\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("size_with_prefix", "0x5\r\nhello\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("size_signed", "+5\r\nhello\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("size_negative", "-1\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("space_before_size", " 5\r\nhello\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("space_behind_size", "5 \r\nhello\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("cr_among_spaces_behind_size", "5 \r;a\r\nhello\r\n0\r\n\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("size_of_letters", "g\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("size_of_high_bytes", "\xB5\r\n", HTTP_CHUNK_SIZE, "", ""),
    ROW("nul_behind_size", "5\0\r\nhello", HTTP_CHUNK_SIZE, "", ""),
    ROW("bare_lf_behind_size", "5\nhello\r\n0\r\n\r\n", HTTP_CHUNK_LINE, "", ""),
    ROW("bare_cr_behind_size", "5\rhello\r\n", HTTP_CHUNK_LINE, "", ""),
    ROW("bare_lf_behind_data", "5\r\nhello\n0\r\n\r\n", HTTP_CHUNK_LINE, "hello", ""),
    ROW("bare_cr_behind_data", "5\r\nhello\r0\r\n\r\n", HTTP_CHUNK_LINE, "hello", ""),
    ROW("other_byte_for_cr_behind_data", "5\r\nhelloX\n0\r\n\r\n", HTTP_CHUNK_LINE, "hello", ""),
    ROW("data_longer_than_size", "4\r\nhello\r\n0\r\n\r\n", HTTP_CHUNK_LINE, "hell", ""),
    ROW("data_shorter_than_size", "6\r\nhello\r\n0\r\n\r\n", HTTP_CHUNK_LINE, "hello\r", ""),
    ROW("line_end_absent", "1\r\na1\r\nb\r\n0\r\n\r\n", HTTP_CHUNK_LINE, "a", ""),
    ROW("extension", "1;a\r\nx\r\n0;b=c\r\n\r\n", HTTP_DONE, "x", ""),
    ROW("extension_with_spaces", "1 ; a = b ;c\t=\t\"d\" ; e\r\nx\r\n0\r\n\r\n", HTTP_DONE, "x", ""),
    ROW("extension_quoted", "1;a=\"b;\\\"\\\\\t\x80\"\r\nx\r\n0\r\n\r\n", HTTP_DONE, "x", ""),
    ROW("extension_name_then_space", "1;a ;b\r\nx\r\n0\r\n\r\n", HTTP_DONE, "x", ""),
    ROW("extension_name_absent", "1;\r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_value_absent", "1;a=\r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_space_at_end", "1;a \r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_space_behind_value", "1;a=b \r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_without_semicolon", "1 a\r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_with_bare_lf", "1;a\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_quote_with_line_end", "1;a=\"b\r\nx\"\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_quote_with_lf", "1;a=\"b\nx\"\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_pair_with_cr", "1;a=\"\\\r\nx\"\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_behind_quote", "1;a=\"b\"c\r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_with_nul", "1;a\0\r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("extension_value_with_comma", "1;a=b,\r\nx\r\n", HTTP_CHUNK_EXTENSION, "", ""),
    ROW("trailer_is_dropped", "1\r\nx\r\n0\r\nX-Client-CN: admin\r\nA:\r\n\r\nrest", HTTP_DONE, "x", "rest"),
    ROW("trailer_name_empty", "0\r\n: a\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("trailer_space_before_colon", "0\r\nA : b\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("trailer_without_colon", "0\r\nA\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("trailer_folded", "0\r\nA: b\r\n c\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("trailer_with_nul", "0\r\nA: \0\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("trailer_with_bare_lf", "0\r\nA: b\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("trailer_with_bare_cr", "0\r\nA: b\rc\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
    ROW("last_line_with_bare_lf", "0\r\n\n", HTTP_TRAILER_BAD, "", ""),
    ROW("last_line_with_bare_cr", "0\r\n\rx", HTTP_TRAILER_BAD, "", ""),
    ROW("request_for_last_line", "0\r\nGET / HTTP/1.1\r\n\r\n", HTTP_TRAILER_BAD, "", ""),
};

static void check_row(const struct row *row, size_t piece)
{
    static struct outcome out;
    struct http_framing framing = framing_of(HTTP_BODY_CHUNKED, 0);
    read_in_pieces(&framing, row->text, piece, &out);
    assert_result(row->name, out.result, row->expected);
    assert_slice(row->name, slice_of(out.content, out.content_length), slice_text(row->content));
    if (row->expected == HTTP_DONE)
        assert_slice(row->name, slice_after(row->text, out.consumed), slice_text(row->rest));
}

static void chunked_content_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(chunked); i++)
        check_row(&chunked[i], chunked[i].text.length);
}

static void chunked_content_is_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(chunked); i++)
        for (size_t piece = 1; piece < chunked[i].text.length; piece++)
            check_row(&chunked[i], piece);
}

static void chunked_content_cut_anywhere_is_truncated_and_never_done(void **state)
{
    (void)state;
    const struct slice text = SLICE_LITERAL("5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n");
    struct http_framing framing = framing_of(HTTP_BODY_CHUNKED, 0);
    for (size_t length = 0; length <= text.length; length++) {
        struct http_body_reader reader;
        struct slice input = slice_before(text, length), content;
        enum http_result result;
        http_body_init(&reader, &framing);
        while ((result = http_body_read(&reader, &input, &content)) == HTTP_OK)
            continue;
        bool whole = length == text.length;
        assert_int_equal(result, whole ? HTTP_DONE : HTTP_INCOMPLETE);
        assert_int_equal(http_body_at_end(&reader), whole ? HTTP_DONE : HTTP_TRUNCATED);
    }
}

static void content_of_a_length_ends_there(void **state)
{
    (void)state;
    static struct outcome out;
    struct http_framing framing = framing_of(HTTP_BODY_LENGTH, 5);
    const struct slice text = SLICE_LITERAL("hello, world");
    for (size_t piece = 1; piece <= text.length; piece++) {
        read_in_pieces(&framing, text, piece, &out);
        assert_int_equal(out.result, HTTP_DONE);
        assert_slice("content", slice_of(out.content, out.content_length), slice_text("hello"));
        assert_int_equal(out.consumed, 5);
    }
    read_in_pieces(&framing, slice_before(text, 4), 4, &out);
    assert_int_equal(out.result, HTTP_INCOMPLETE);
}

static void content_of_a_length_is_done_without_another_byte(void **state)
{
    (void)state;
    struct http_framing framing = framing_of(HTTP_BODY_LENGTH, 2);
    struct http_body_reader reader;
    struct slice input = SLICE_LITERAL("a"), content;
    http_body_init(&reader, &framing);
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_OK);
    assert_int_equal(http_body_at_end(&reader), HTTP_TRUNCATED);
    assert_false(http_body_is_done(&reader));
    input = SLICE_LITERAL("b");
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_OK);
    assert_true(http_body_is_done(&reader));
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_DONE);
    assert_int_equal(http_body_at_end(&reader), HTTP_DONE);
}

static void no_content_is_done_at_once_and_takes_nothing(void **state)
{
    (void)state;
    struct http_framing framing = framing_of(HTTP_BODY_NONE, 7);
    struct http_body_reader reader;
    struct slice input = SLICE_LITERAL("GET"), content;
    http_body_init(&reader, &framing);
    assert_true(http_body_is_done(&reader));
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_DONE);
    assert_int_equal(input.length, 3);
    assert_int_equal(http_body_at_end(&reader), HTTP_DONE);
}

static void content_until_the_close_ends_with_it(void **state)
{
    (void)state;
    struct http_framing framing = framing_of(HTTP_BODY_UNTIL_CLOSE, 0);
    struct http_body_reader reader;
    struct slice input = SLICE_LITERAL("0\r\n\r\n"), content;
    http_body_init(&reader, &framing);
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_OK);
    assert_int_equal(content.length, 5);
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_INCOMPLETE);
    assert_false(http_body_is_done(&reader));
    assert_int_equal(http_body_at_end(&reader), HTTP_DONE);
}

static void malformed_content_does_not_become_whole_by_a_close(void **state)
{
    (void)state;
    struct http_framing framing = framing_of(HTTP_BODY_CHUNKED, 0);
    struct http_body_reader reader;
    struct slice input = SLICE_LITERAL("x"), content;
    http_body_init(&reader, &framing);
    assert_int_equal(http_body_read(&reader, &input, &content), HTTP_CHUNK_SIZE);
    assert_int_equal(http_body_at_end(&reader), HTTP_CHUNK_SIZE);
    assert_false(http_body_is_done(&reader));
}

/* begin, then fill repeated until the whole is of this size, then end. */
static struct slice filled(char *text, const char *begin, size_t size, const char *end)
{
    memset(text, 'x', size);
    memcpy(text, begin, strlen(begin));
    memcpy(text + size, end, strlen(end));
    return slice_of(text, size + strlen(end));
}

static void extensions_are_bounded_over_the_whole_message(void **state)
{
    (void)state;
    static char text[2 * HTTP_CHUNK_EXTENSION_LIMIT];
    static struct outcome out;
    struct http_framing framing = framing_of(HTTP_BODY_CHUNKED, 0);
    /* ';' itself is of the size; the extension's own bytes and its CR count. */
    read_in_pieces(&framing, filled(text, "0;", HTTP_CHUNK_EXTENSION_LIMIT + 1, "\r\n\r\n"), SIZE_MAX, &out);
    assert_result("at the limit", out.result, HTTP_DONE);
    read_in_pieces(&framing, filled(text, "0;", HTTP_CHUNK_EXTENSION_LIMIT + 2, "\r\n\r\n"), SIZE_MAX, &out);
    assert_result("over the limit", out.result, HTTP_CHUNK_EXTENSION_LONG);
    size_t length = 0;
    while (length + 16 < sizeof(text)) {
        memcpy(text + length, "1;abcd\r\nx\r\n", 11);
        length += 11;
    }
    read_in_pieces(&framing, slice_of(text, length), SIZE_MAX, &out);
    assert_result("in many chunks", out.result, HTTP_INCOMPLETE);
    length = 0;
    while (length + 32 < sizeof(text)) {
        memcpy(text + length, "1;abcdefghijklmno\r\nx\r\n", 22);
        length += 22;
    }
    read_in_pieces(&framing, slice_of(text, length), SIZE_MAX, &out);
    assert_result("in many chunks with long extensions", out.result, HTTP_CHUNK_EXTENSION_LONG);
}

static void trailers_are_bounded(void **state)
{
    (void)state;
    static char text[2 * HTTP_TRAILER_LIMIT];
    static struct outcome out;
    struct http_framing framing = framing_of(HTTP_BODY_CHUNKED, 0);
    const size_t before = sizeof("0\r\n") - 1, behind = sizeof("\r\n\r\n") - 1;
    read_in_pieces(&framing, filled(text, "0\r\nA:", HTTP_TRAILER_LIMIT + before - behind, "\r\n\r\n"),
                   SIZE_MAX, &out);
    assert_result("at the limit", out.result, HTTP_DONE);
    read_in_pieces(&framing, filled(text, "0\r\nA:", HTTP_TRAILER_LIMIT + before - behind + 1, "\r\n\r\n"),
                   SIZE_MAX, &out);
    assert_result("over the limit", out.result, HTTP_TRAILER_LONG);
}

static void mutated_chunks_stay_within_their_bytes_and_mean_one_thing(void **state)
{
    (void)state;
    static struct outcome whole, pieces;
    struct http_framing framing = framing_of(HTTP_BODY_CHUNKED, 0);
    const struct slice text = SLICE_LITERAL("5;a=\"b\";c=d\r\nhello\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n");
    char *copy = guard_copy(text.data, text.length);
    for (size_t bit = 0; bit < text.length * 8; bit++) {
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << (bit % 8)));
        read_in_pieces(&framing, slice_of(copy, text.length), SIZE_MAX, &whole);
        read_in_pieces(&framing, slice_of(copy, text.length), 1, &pieces);
        assert_result("result", pieces.result, whole.result);
        assert_int_equal(pieces.consumed, whole.consumed);
        assert_slice("content", slice_of(pieces.content, pieces.content_length),
                     slice_of(whole.content, whole.content_length));
        copy[bit / 8] = text.data[bit / 8];
    }
    guard_free(copy, text.length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunked_content_is_read_or_refused),
        cmocka_unit_test(chunked_content_is_the_same_in_pieces_of_any_size),
        cmocka_unit_test(chunked_content_cut_anywhere_is_truncated_and_never_done),
        cmocka_unit_test(content_of_a_length_ends_there),
        cmocka_unit_test(content_of_a_length_is_done_without_another_byte),
        cmocka_unit_test(no_content_is_done_at_once_and_takes_nothing),
        cmocka_unit_test(content_until_the_close_ends_with_it),
        cmocka_unit_test(malformed_content_does_not_become_whole_by_a_close),
        cmocka_unit_test(extensions_are_bounded_over_the_whole_message),
        cmocka_unit_test(trailers_are_bounded),
        cmocka_unit_test(mutated_chunks_stay_within_their_bytes_and_mean_one_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
