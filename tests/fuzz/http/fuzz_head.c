/* Foreign bytes as the head of a request and of a response. They must be read the same in one piece and byte
 * by byte; what comes out must lie within them; and what was understood, written again, must mean the same.
 * Covers: src/http/head.c src/http/fields.c src/http/target.c src/http/framing.c src/http/expect.c */
#include <stdint.h>
#include <stdlib.h>

#include "postern/base/assert.h"
#include "postern/base/buffer.h"
#include "postern/http/expect.h"
#include "postern/http/framing.h"
#include "postern/http/head.h"
#include "postern/http/serialise.h"
#include "postern/http/target.h"

#define FIELD_ROOM 16
#define REPEATED   65536u /* bytes of the head when it is written again */

/* Small, so that each limit is met. */
static const struct http_limits limits = {.head_size = 1024, .target_size = 256, .field_count = 12};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct message {
    struct http_field items[FIELD_ROOM];
    struct http_request request;
    struct http_response response;
    size_t consumed;
};

/* As one of both kinds, told the same bytes in pieces of that size. */
static enum http_result parse(struct message *out, const char *text, size_t length, size_t piece,
                              bool is_request)
{
    size_t scanned = 0, known = 0;
    enum http_result result = HTTP_INCOMPLETE;
    out->request.fields = out->response.fields = (struct http_fields){.items = out->items,
                                                                      .capacity = FIELD_ROOM};
    do {
        known = length - known < piece ? length : known + piece;
        result = is_request
                     ? http_request_parse(text, known, &limits, &scanned, &out->request, &out->consumed)
                     : http_response_parse(text, known, &limits, &scanned, &out->response, &out->consumed);
    } while (result == HTTP_INCOMPLETE && known < length);
    return result;
}

static void check_within(struct slice view, const char *text, size_t length)
{
    ASSERT(view.data >= text && view.length <= length && view.data + view.length <= text + length);
}

static void check_fields(const struct http_fields *fields, const char *text, size_t length)
{
    ASSERT(fields->count <= limits.field_count);
    for (size_t i = 0; i < fields->count; i++) {
        check_within(fields->items[i].name, text, length);
        check_within(fields->items[i].value, text, length);
        ASSERT(http_is_token(fields->items[i].name));
        ASSERT(http_is_field_value(fields->items[i].value));
        (void)http_field_is_hop_by_hop(fields->items[i].name);
        (void)http_fields_connection_nominates(fields, fields->items[i].name);
    }
}

static void check_same_fields(const struct http_fields *left, const struct http_fields *right)
{
    ASSERT(left->count == right->count);
    for (size_t i = 0; i < left->count; i++) {
        ASSERT(slice_equal(left->items[i].name, right->items[i].name));
        ASSERT(slice_equal(left->items[i].value, right->items[i].value));
    }
}

static void write_fields(struct buffer *buffer, const struct http_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        ASSERT(http_write_field(buffer, fields->items[i].name, fields->items[i].value));
    ASSERT(http_write_head_end(buffer));
}

/* What is written is at most a space a field longer, so it may pass the limit of the head, and no other. */
static bool parse_again(struct message *again, const struct buffer *buffer, bool is_request)
{
    struct slice text = buffer_view(buffer);
    enum http_result result = parse(again, text.data, text.length, text.length, is_request);
    ASSERT(result == HTTP_OK || result == HTTP_HEAD_TOO_LARGE);
    return result == HTTP_OK;
}

static void check_request(const struct http_request *request, const char *text, size_t length)
{
    struct http_target target;
    struct http_framing framing;
    bool wants_continue;
    check_within(request->method, text, length);
    check_within(request->target, text, length);
    check_fields(&request->fields, text, length);
    if (http_request_target(request, &target) == HTTP_OK) {
        ASSERT(target.forward.length != 0 && target.path.length <= target.forward.length);
        ASSERT(target.forward.data[0] == '/' || slice_equal_text(target.forward, "*"));
        ASSERT(slice_find(target.forward, '#') == target.forward.length);
        (void)http_target_path_is_plain(target.path);
    }
    if (http_request_framing(request, &framing) == HTTP_OK)
        ASSERT(framing.body != HTTP_BODY_UNTIL_CLOSE);
    if (http_request_expect(request, &wants_continue) == HTTP_OK && wants_continue)
        ASSERT(request->minor == 1);
    if (http_request_wants_websocket(request))
        ASSERT(request->minor == 1 && framing.body == HTTP_BODY_NONE);
}

static void check_request_again(const struct http_request *request)
{
    struct message again;
    struct buffer buffer;
    buffer_init(&buffer, REPEATED);
    ASSERT(http_write_request_line(&buffer, request->method, request->target));
    write_fields(&buffer, &request->fields);
    if (parse_again(&again, &buffer, true)) {
        ASSERT(slice_equal(again.request.method, request->method));
        ASSERT(slice_equal(again.request.target, request->target));
        check_same_fields(&again.request.fields, &request->fields);
    }
    buffer_clear(&buffer);
}

static void check_response(const struct http_response *response, const char *text, size_t length)
{
    struct http_framing framing;
    ASSERT(response->status >= 100 && response->status <= 599);
    check_within(response->phrase, text, length);
    check_fields(&response->fields, text, length);
    (void)http_response_accepts_websocket(response);
    if (http_response_framing(response, true, &framing) == HTTP_OK)
        ASSERT(framing.body == HTTP_BODY_NONE);
    if (http_response_framing(response, false, &framing) == HTTP_OK)
        ASSERT(framing.body != HTTP_BODY_UNTIL_CLOSE || !framing.keep_alive);
}

static void check_response_again(const struct http_response *response)
{
    struct message again;
    struct buffer buffer;
    buffer_init(&buffer, REPEATED);
    ASSERT(http_write_status_line(&buffer, response->status, response->phrase));
    write_fields(&buffer, &response->fields);
    if (parse_again(&again, &buffer, false)) {
        ASSERT(again.response.status == response->status);
        check_same_fields(&again.response.fields, &response->fields);
    }
    buffer_clear(&buffer);
}

/* The reason may be another one, since a whole head may be wrong twice; whether there is one may not. */
static void check_kind(const char *text, size_t length, bool is_request)
{
    struct message whole, pieces;
    enum http_result result = parse(&whole, text, length, length, is_request);
    enum http_result same = parse(&pieces, text, length, 1, is_request);
    ASSERT((result == HTTP_OK) == (same == HTTP_OK));
    ASSERT((result == HTTP_INCOMPLETE) == (same == HTTP_INCOMPLETE));
    ASSERT(result < HTTP_DONE || http_result_status(result) >= 400);
    if (result != HTTP_OK)
        return;
    ASSERT(whole.consumed == pieces.consumed && whole.consumed <= length);
    ASSERT(whole.consumed <= limits.head_size);
    if (is_request) {
        check_same_fields(&whole.request.fields, &pieces.request.fields);
        check_request(&whole.request, text, whole.consumed);
        check_request_again(&whole.request);
    } else {
        check_same_fields(&whole.response.fields, &pieces.response.fields);
        check_response(&whole.response, text, whole.consumed);
        check_response_again(&whole.response);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_kind((const char *)data, size, true);
    check_kind((const char *)data, size, false);
    return 0;
}
