#include "response.h"

#include "postern/http/framing.h"
#include "postern/http/head.h"

enum { HEAD_LIMIT = 64 * 1024, FIELDS_LIMIT = 200 };

void response_init(struct response *response, bool asked_by_head)
{
    *response = (struct response){.asked_by_head = asked_by_head};
    buffer_init(&response->head, HEAD_LIMIT);
}

void response_reset(struct response *response)
{
    buffer_clear(&response->head);
    response->scanned = 0;
    response->status = 0;
    response->keep_alive = false;
}

void response_clear(struct response *response)
{
    buffer_clear(&response->head);
}

/* A head is whole: an interim one is dropped, the final one decides how content is read. */
static enum http_result begin(struct response *response, const struct http_response *head)
{
    struct http_framing framing;
    enum http_result result = http_response_framing(head, response->asked_by_head, &framing);
    if (result != HTTP_OK)
        return result;
    response->scanned = 0;
    if (head->status < 200)
        return HTTP_OK;
    response->status = head->status;
    response->keep_alive = framing.keep_alive;
    http_body_init(&response->body, &framing);
    return HTTP_OK;
}

static enum http_result parse(struct response *response, struct slice text, size_t *consumed)
{
    static const struct http_limits limits = {HEAD_LIMIT, 1, FIELDS_LIMIT};
    struct http_field fields[FIELDS_LIMIT];
    struct http_response head = {.fields = {fields, 0, FIELDS_LIMIT}};
    enum http_result result = http_response_parse(text.data, text.length, &limits, &response->scanned, &head,
                                                  consumed);
    return result == HTTP_OK ? begin(response, &head) : result;
}

static enum http_result read_head(struct response *response, struct slice *input)
{
    size_t consumed = 0, kept = buffer_length(&response->head);
    if (kept > 0 && !buffer_append_slice(&response->head, *input))
        return HTTP_HEAD_TOO_LARGE;
    struct slice text = kept > 0 ? buffer_view(&response->head) : *input;
    enum http_result result = parse(response, text, &consumed);
    if (result == HTTP_INCOMPLETE) {
        if (kept == 0 && !buffer_append_slice(&response->head, *input))
            return HTTP_HEAD_TOO_LARGE;
        *input = slice_after(*input, input->length);
    }
    if (result == HTTP_OK) {
        *input = slice_after(*input, consumed - kept);
        buffer_clear(&response->head);
    }
    return result;
}

enum http_result response_read(struct response *response, struct slice *input, struct slice *content)
{
    *content = slice_before(*input, 0);
    while (response->status == 0) {
        if (input->length == 0)
            return HTTP_INCOMPLETE;
        enum http_result result = read_head(response, input);
        if (result != HTTP_OK)
            return result;
    }
    return http_body_read(&response->body, input, content);
}

enum http_result response_at_end(const struct response *response)
{
    return response->status == 0 ? HTTP_TRUNCATED : http_body_at_end(&response->body);
}

bool response_is_unbegun(const struct response *response)
{
    return response->status == 0 && buffer_is_empty(&response->head);
}
