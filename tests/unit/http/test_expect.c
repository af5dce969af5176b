#include "parsing.h"
#include "postern/http/expect.h"

/* RFC 9110 §10.1.1; threat H5. */
static void only_100_continue_is_expected(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        enum http_result expected;
        bool wants_continue;
    } rows[] = {
        {"PUT / HTTP/1.1\r\n\r\n", HTTP_OK, false},
        {"PUT / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", HTTP_OK, true},
        {"PUT / HTTP/1.1\r\neXPECT: 100-Continue\r\n\r\n", HTTP_OK, true},
        {"PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", HTTP_OK, false},
        {"PUT / HTTP/1.1\r\nExpect: 100-continue, 100-continue\r\n\r\n", HTTP_EXPECT_UNKNOWN, false},
        {"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\n", HTTP_EXPECT_UNKNOWN,
         false},
        {"PUT / HTTP/1.1\r\nExpect: 100-continue;a=b\r\n\r\n", HTTP_EXPECT_UNKNOWN, false},
        {"PUT / HTTP/1.1\r\nExpect: y 100-continue\r\n\r\n", HTTP_EXPECT_UNKNOWN, false},
        {"PUT / HTTP/1.1\r\nExpect:\r\n\r\n", HTTP_EXPECT_UNKNOWN, false},
        {"PUT / HTTP/1.0\r\nExpect: tea\r\n\r\n", HTTP_EXPECT_UNKNOWN, false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct parsed_request parsed;
        bool wants_continue = false;
        assert_result(rows[i].request,
                      http_request_expect(request_of(&parsed, rows[i].request), &wants_continue),
                      rows[i].expected);
        assert_int_equal(wants_continue, rows[i].wants_continue);
    }
}

/* RFC 6455 §4.1; threat H10. */
static void only_a_whole_websocket_handshake_is_an_upgrade(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        bool wanted;
    } rows[] = {
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nConnection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", false},
        {"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket/13\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n",
         false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: x\r\n\r\n", false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct parsed_request parsed;
        if (http_request_wants_websocket(request_of(&parsed, rows[i].request)) != rows[i].wanted)
            fail_msg("%s", rows[i].request);
    }
}

/* Threat H24. */
static void only_a_101_to_websocket_accepts_it(void **state)
{
    (void)state;
    static const struct {
        const char *response;
        bool accepted;
    } rows[] = {
        {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", true},
        {"HTTP/1.1 200 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", false},
        {"HTTP/1.0 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", false},
        {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", false},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", false},
        {"HTTP/1.1 101 x\r\n\r\n", false},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct parsed_response parsed;
        if (http_response_accepts_websocket(response_of(&parsed, rows[i].response)) != rows[i].accepted)
            fail_msg("%s", rows[i].response);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_100_continue_is_expected),
        cmocka_unit_test(only_a_whole_websocket_handshake_is_an_upgrade),
        cmocka_unit_test(only_a_101_to_websocket_accepts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
