/* Requests that want something of the connection besides an answer: Expect and Upgrade. Both are handled here
 * and by the exchange, never left to two servers to agree on. RFC 9110 §10.1.1, §7.8; RFC 6455 §4. */
#ifndef POSTERN_HTTP_EXPECT_H
#define POSTERN_HTTP_EXPECT_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/http/head.h"
#include "postern/http/result.h"

/* Read Expect.
 *   wants_continue  true if the client waits for a 100 before it sends content; false without Expect, and in
 *                   HTTP/1.0, where 100-continue is to be ignored. Set only on HTTP_OK
 * Returns HTTP_OK, or HTTP_EXPECT_UNKNOWN for anything but one "100-continue", in any case. */
NODISCARD enum http_result http_request_expect(const struct http_request *request, bool *wants_continue);

/* True if the request asks for a WebSocket: GET in HTTP/1.1 without content, Connection with the token
 * upgrade, exactly one Upgrade with the one element websocket. Any other Upgrade, such as h2c, is not
 * forwarded. */
bool http_request_wants_websocket(const struct http_request *request);
/* True if the response switches to WebSocket: a 101 with the same two fields. Only then may bytes be
 * tunnelled. */
bool http_response_accepts_websocket(const struct http_response *response);

#endif
