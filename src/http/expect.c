#include "postern/http/expect.h"

#include "postern/http/framing.h"

enum http_result http_request_expect(const struct http_request *request, bool *wants_continue)
{
    static const struct slice name = SLICE_CONSTANT("expect");
    size_t count = http_fields_count_of(&request->fields, name);
    /* RFC 9110 §10.1.1: the gateway must ignore a 100-continue of HTTP/1.0, but nothing else. */
    if (count != 0) {
        if (count > 1 ||
            !slice_equal_nocase(http_fields_value(&request->fields, name), SLICE_LITERAL("100-continue")))
            return HTTP_EXPECT_UNKNOWN;
    }
    *wants_continue = count != 0 && request->minor >= 1;
    return HTTP_OK;
}

static bool upgrades_to_websocket(const struct http_fields *fields)
{
    static const struct slice name = SLICE_CONSTANT("upgrade");
    return http_list_has(fields, SLICE_LITERAL("connection"), name) &&
           http_fields_count_of(fields, name) == 1 &&
           slice_equal_nocase(http_fields_value(fields, name), SLICE_LITERAL("websocket"));
}

bool http_request_wants_websocket(const struct http_request *request)
{
    struct http_framing framing;
    return request->minor == 1 && slice_equal(request->method, SLICE_LITERAL("GET")) &&
           upgrades_to_websocket(&request->fields) && http_request_framing(request, &framing) == HTTP_OK &&
           framing.body == HTTP_BODY_NONE;
}

bool http_response_accepts_websocket(const struct http_response *response)
{
    return response->status == 101 && response->minor == 1 && upgrades_to_websocket(&response->fields);
}
