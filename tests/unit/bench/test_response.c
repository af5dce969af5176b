/* Responses are read the same however they are cut up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "postern/base/attributes.h"
#include "response.h"

static const struct {
    const char *name, *bytes;
    enum http_result end; /* of the reading, or else of the connection's end */
    int status;
    const char *content;
    bool keep_alive, asked_by_head;
} cases[] = {
    {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", HTTP_DONE, 200, "hello", true, false},
    {"no content", "HTTP/1.1 204 No Content\r\n\r\n", HTTP_DONE, 204, "", true, false},
    {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", HTTP_DONE, 200, "x",
     false, false},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
     HTTP_DONE, 200, "abcde", true, false},
    {"until the end", "HTTP/1.0 200 OK\r\n\r\nall of it", HTTP_DONE, 200, "all of it", false, false},
    {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", HTTP_DONE, 200, "", true, true},
    {"interim",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
     "OK\r\nContent-Length: 2\r\n\r\nok",
     HTTP_DONE, 200, "ok", true, false},
    {"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", HTTP_TRUNCATED, 200, "hell", true, false},
    {"cut off in the head", "HTTP/1.1 200 OK\r\nContent-Le", HTTP_TRUNCATED, 0, "", false, false},
    {"cut off in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
     HTTP_TRUNCATED, 200, "abc", true, false},
    {"no HTTP", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", HTTP_BAD_VERSION, 0, "", false, false},
    {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", HTTP_CHUNK_SIZE, 200, "",
     true, false},
};

/* Read pieces that end at the cuts given, each flush against an unreadable page. */
static enum http_result read_cut(struct response *response, const char *bytes, const size_t *cuts,
                                 size_t count, char content[256])
{
    enum http_result result = HTTP_INCOMPLETE;
    size_t from = 0;
    content[0] = '\0';
    for (size_t i = 0; i <= count && result == HTTP_INCOMPLETE; i++) {
        size_t to = i < count ? cuts[i] : strlen(bytes);
        char *copy = guard_copy(bytes + from, to - from);
        struct slice input = slice_of(copy, to - from), piece;
        while ((result = response_read(response, &input, &piece)) == HTTP_OK) {
            size_t length = strlen(content);
            assert_true(piece.length > 0 && length + piece.length < 256);
            memcpy(content + length, piece.data, piece.length);
            content[length + piece.length] = '\0';
        }
        assert_true(result != HTTP_INCOMPLETE || input.length == 0);
        guard_free(copy, to - from);
        from = to;
    }
    return result == HTTP_INCOMPLETE ? response_at_end(response) : result;
}

static bool is_expected(enum http_result found, enum http_result expected)
{
    /* A first line that is no status line: which of the two reasons is the grammar's affair. */
    return found == expected || (expected == HTTP_BAD_VERSION && found == HTTP_BAD_STATUS);
}

static void check(struct response *response, size_t i, const size_t *cuts, size_t count)
{
    char content[256];
    response_init(response, cases[i].asked_by_head);
    assert_true(is_expected(read_cut(response, cases[i].bytes, cuts, count, content), cases[i].end));
    assert_string_equal(content, cases[i].content);
    assert_int_equal(response->status, cases[i].status);
    assert_int_equal(response->keep_alive, cases[i].keep_alive);
    response_clear(response);
}

static void a_response_is_read_whole(void **state)
{
    struct response response;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        print_message("%s\n", cases[i].name);
        check(&response, i, NULL, 0);
    }
}

static void a_response_is_read_the_same_when_cut_anywhere(void **state)
{
    struct response response;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        print_message("%s\n", cases[i].name);
        for (size_t cut = 1; cut < strlen(cases[i].bytes); cut++)
            check(&response, i, &cut, 1);
    }
}

static void a_response_is_read_the_same_byte_by_byte(void **state)
{
    struct response response;
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        size_t cuts[256], count = strlen(cases[i].bytes) - 1;
        assert_true(count < LENGTH_OF(cuts));
        for (size_t j = 0; j < count; j++)
            cuts[j] = j + 1;
        print_message("%s\n", cases[i].name);
        check(&response, i, cuts, count);
    }
}

static void responses_follow_one_another(void **state)
{
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    struct slice input = slice_text(bytes), content;
    struct response response;
    (void)state;
    response_init(&response, false);
    assert_int_equal(response_read(&response, &input, &content), HTTP_OK);
    assert_int_equal(response_read(&response, &input, &content), HTTP_DONE);
    assert_int_equal(response.status, 200);
    assert_false(response_is_unbegun(&response));
    response_reset(&response);
    assert_true(response_is_unbegun(&response));
    assert_int_equal(response_read(&response, &input, &content), HTTP_DONE);
    assert_int_equal(response.status, 404);
    assert_int_equal(input.length, 0);
    response_clear(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_read_whole),
        cmocka_unit_test(a_response_is_read_the_same_when_cut_anywhere),
        cmocka_unit_test(a_response_is_read_the_same_byte_by_byte),
        cmocka_unit_test(responses_follow_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
