#include "parsing.h"
#include "postern/http/framing.h"

#define R11 "POST / HTTP/1.1\r\n"
#define R10 "POST / HTTP/1.0\r\n"

/* RFC 9112 §6.1, §6.3, §9.3; threats H1, H2, H4, H5. */
static const struct {
    const char *name;
    const char *request;
    enum http_result expected;
    enum http_body body;
    uint64_t length;
    bool has_length, keep_alive;
} requests[] = {
    {"no_content", R11 "\r\n", HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"length", R11 "Content-Length: 5\r\n\r\n", HTTP_OK, HTTP_BODY_LENGTH, 5, true, true},
    {"length_of_zero", R11 "Content-Length: 0\r\n\r\n", HTTP_OK, HTTP_BODY_NONE, 0, true, true},
    {"length_with_get", "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", HTTP_OK, HTTP_BODY_LENGTH, 5, true,
     true},
    {"length_in_1_0", R10 "Content-Length: 5\r\n\r\n", HTTP_OK, HTTP_BODY_LENGTH, 5, true, false},
    {"length_of_63_bits", R11 "Content-Length: 9223372036854775807\r\n\r\n", HTTP_OK, HTTP_BODY_LENGTH,
     INT64_MAX, true, true},
    {"length_of_64_bits", R11 "Content-Length: 9223372036854775808\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_of_65_bits", R11 "Content-Length: 18446744073709551621\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_empty", R11 "Content-Length:\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_signed", R11 "Content-Length: +5\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_negative", R11 "Content-Length: -5\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_in_hex", R11 "Content-Length: 0x5\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_with_space", R11 "Content-Length: 5 5\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_list", R11 "Content-Length: 5, 5\r\n\r\n", HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"length_twice", R11 "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", HTTP_LENGTH_REPEATED, 0, 0, 0, 0},
    {"length_twice_the_same", R11 "Content-Length: 5\r\ncontent-length: 5\r\n\r\n", HTTP_LENGTH_REPEATED, 0,
     0, 0, 0},
    {"length_beside_coding", R11 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     HTTP_LENGTH_WITH_CODING, 0, 0, 0, 0},
    {"coding_beside_length", R11 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
     HTTP_LENGTH_WITH_CODING, 0, 0, 0, 0},
    {"coding_beside_length_in_1_0", R10 "Transfer-Encoding: x\r\nContent-Length: 5\r\n\r\n",
     HTTP_LENGTH_WITH_CODING, 0, 0, 0, 0},
    {"chunked", R11 "Transfer-Encoding: chunked\r\n\r\n", HTTP_OK, HTTP_BODY_CHUNKED, 0, false, true},
    {"chunked_in_any_case", R11 "tRANSFER-eNCODING: \tChUnKeD \r\n\r\n", HTTP_OK, HTTP_BODY_CHUNKED, 0, false,
     true},
    {"chunked_in_1_0", R10 "Transfer-Encoding: chunked\r\n\r\n", HTTP_CODING_IN_10, 0, 0, 0, 0},
    {"chunked_in_two_fields", R11 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     HTTP_CODING_REPEATED, 0, 0, 0, 0},
    {"chunked_and_identity_in_two_fields",
     R11 "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", HTTP_CODING_REPEATED, 0, 0, 0,
     0},
    {"chunked_twice_in_a_list", R11 "Transfer-Encoding: chunked, chunked\r\n\r\n", HTTP_CODING_REPEATED, 0, 0,
     0, 0},
    {"chunked_then_identity", R11 "Transfer-Encoding: chunked, identity\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0,
     0, 0},
    {"gzip_then_chunked", R11 "Transfer-Encoding: gzip, chunked\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"chunked_with_comma", R11 "Transfer-Encoding: ,chunked\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"chunked_with_parameter", R11 "Transfer-Encoding: chunked;a=b\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"chunked_in_quotes", R11 "Transfer-Encoding: \"chunked\"\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"xchunked", R11 "Transfer-Encoding: xchunked\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"chunked_by_bytes_over_127",
     R11 "Transfer-Encoding: chun\xE2\x84\xAA"
         "ed\r\n\r\n",
     HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"identity", R11 "Transfer-Encoding: identity\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"coding_empty", R11 "Transfer-Encoding:\r\n\r\n", HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"close", R11 "Connection: CLOSE\r\n\r\n", HTTP_OK, HTTP_BODY_NONE, 0, false, false},
    {"close_in_a_list", R11 "Connection: a\r\nConnection: keep-alive,close\r\n\r\n", HTTP_OK, HTTP_BODY_NONE,
     0, false, false},
    {"closed_is_not_close", R11 "Connection: closed\r\n\r\n", HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"keep_alive_in_1_0", R10 "Connection: Keep-Alive\r\n\r\n", HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"close_and_keep_alive_in_1_0", R10 "Connection: keep-alive, close\r\n\r\n", HTTP_OK, HTTP_BODY_NONE, 0,
     false, false},
};

static void requests_are_framed_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(requests); i++) {
        struct parsed_request parsed;
        struct http_framing framing = {.length = 0};
        const struct http_request *request = request_of(&parsed, requests[i].request);
        assert_result(requests[i].name, http_request_framing(request, &framing), requests[i].expected);
        if (requests[i].expected != HTTP_OK)
            continue;
        if (framing.body != requests[i].body || framing.length != requests[i].length ||
            framing.has_length != requests[i].has_length || framing.keep_alive != requests[i].keep_alive)
            fail_msg("%s: framed as %d, %llu, %d, %d", requests[i].name, framing.body,
                     (unsigned long long)framing.length, framing.has_length, framing.keep_alive);
    }
}

#define S(status) "HTTP/1.1 " status " x\r\n"

/* RFC 9112 §6.3; threat H20. */
static const struct {
    const char *name;
    const char *response;
    bool request_was_head;
    enum http_result expected;
    enum http_body body;
    uint64_t length;
    bool has_length, keep_alive;
} responses[] = {
    {"length", S("200") "Content-Length: 5\r\n\r\n", false, HTTP_OK, HTTP_BODY_LENGTH, 5, true, true},
    {"length_of_zero", S("200") "Content-Length: 0\r\n\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, true, true},
    {"chunked", S("200") "Transfer-Encoding: chunked\r\n\r\n", false, HTTP_OK, HTTP_BODY_CHUNKED, 0, false,
     true},
    {"until_close", S("200") "\r\n", false, HTTP_OK, HTTP_BODY_UNTIL_CLOSE, 0, false, false},
    {"until_close_in_1_0", "HTTP/1.0 200 x\r\nConnection: keep-alive\r\n\r\n", false, HTTP_OK,
     HTTP_BODY_UNTIL_CLOSE, 0, false, false},
    {"keep_alive_in_1_0", "HTTP/1.0 200 x\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n", false,
     HTTP_OK, HTTP_BODY_LENGTH, 1, true, true},
    {"close", S("200") "Connection: close\r\nContent-Length: 1\r\n\r\n", false, HTTP_OK, HTTP_BODY_LENGTH, 1,
     true, false},
    {"head_with_length", S("200") "Content-Length: 5\r\n\r\n", true, HTTP_OK, HTTP_BODY_NONE, 5, true, true},
    {"head_without_length", S("200") "\r\n", true, HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"head_chunked", S("200") "Transfer-Encoding: chunked\r\n\r\n", true, HTTP_OK, HTTP_BODY_NONE, 0, false,
     true},
    {"304_with_length", S("304") "Content-Length: 5\r\n\r\n", false, HTTP_OK, HTTP_BODY_NONE, 5, true, true},
    {"304", S("304") "\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"204", S("204") "\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"204_with_length_of_zero", S("204") "Content-Length: 0\r\n\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0,
     false, true},
    {"204_with_length_closes", S("204") "Content-Length: 5\r\n\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, false,
     false},
    {"204_chunked_closes", S("204") "Transfer-Encoding: chunked\r\n\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0,
     false, false},
    {"100", S("100") "\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, false, true},
    {"103_with_length_closes", S("103") "Content-Length: 5\r\n\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, false,
     false},
    {"101_is_no_longer_http", S("101") "\r\n", false, HTTP_OK, HTTP_BODY_NONE, 0, false, false},
    {"205_is_framed_like_others", S("205") "Content-Length: 2\r\n\r\n", false, HTTP_OK, HTTP_BODY_LENGTH, 2,
     true, true},
    {"length_beside_coding", S("200") "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false,
     HTTP_LENGTH_WITH_CODING, 0, 0, 0, 0},
    {"length_beside_coding_of_head", S("200") "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", true,
     HTTP_LENGTH_WITH_CODING, 0, 0, 0, 0},
    {"length_twice", S("200") "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", false, HTTP_LENGTH_REPEATED,
     0, 0, 0, 0},
    {"length_bad", S("200") "Content-Length: 5x\r\n\r\n", false, HTTP_LENGTH_BAD, 0, 0, 0, 0},
    {"gzip", S("200") "Transfer-Encoding: gzip\r\n\r\n", false, HTTP_CODING_UNKNOWN, 0, 0, 0, 0},
    {"chunked_in_1_0", "HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", false, HTTP_CODING_IN_10, 0, 0,
     0, 0},
};

static void responses_are_framed_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(responses); i++) {
        struct parsed_response parsed;
        struct http_framing framing = {.length = 0};
        const struct http_response *response = response_of(&parsed, responses[i].response);
        assert_result(responses[i].name,
                      http_response_framing(response, responses[i].request_was_head, &framing),
                      responses[i].expected);
        if (responses[i].expected != HTTP_OK)
            continue;
        if (framing.body != responses[i].body || framing.length != responses[i].length ||
            framing.has_length != responses[i].has_length || framing.keep_alive != responses[i].keep_alive)
            fail_msg("%s: framed as %d, %llu, %d, %d", responses[i].name, framing.body,
                     (unsigned long long)framing.length, framing.has_length, framing.keep_alive);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_framed_or_refused),
        cmocka_unit_test(responses_are_framed_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
