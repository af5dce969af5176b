#include "postern/http/framing.h"

#include "postern/http/status.h"

static const struct slice name_connection = SLICE_CONSTANT("connection");
static const struct slice name_length = SLICE_CONSTANT("content-length");
static const struct slice name_coding = SLICE_CONSTANT("transfer-encoding");
static const struct slice coding_chunked = SLICE_CONSTANT("chunked");

/* RFC 9112 §9.3. "close" wins over "keep-alive". */
static bool keeps_alive(const struct http_fields *fields, int minor)
{
    if (http_list_has(fields, name_connection, SLICE_LITERAL("close")))
        return false;
    return minor >= 1 || http_list_has(fields, name_connection, SLICE_LITERAL("keep-alive"));
}

/* STRICT: the value is exactly "chunked". Lists, parameters and empty elements are where parsers differ. */
static enum http_result check_coding(const struct http_fields *fields, int minor)
{
    struct http_list list;
    struct slice element;
    size_t chunked = 0;
    if (minor == 0)
        return HTTP_CODING_IN_10;
    if (http_fields_count_of(fields, name_coding) > 1)
        return HTTP_CODING_REPEATED;
    if (slice_equal_nocase(http_fields_value(fields, name_coding), coding_chunked))
        return HTTP_OK;
    http_list_init(&list, fields, name_coding);
    while (http_list_next(&list, &element))
        chunked += slice_equal_nocase(element, coding_chunked) ? 1 : 0;
    return chunked > 1 ? HTTP_CODING_REPEATED : HTTP_CODING_UNKNOWN;
}

/* What the fields of either kind of message say; without any, the content is left as it is in *out. */
static enum http_result read_framing(const struct http_fields *fields, int minor, struct http_framing *out)
{
    size_t lengths = http_fields_count_of(fields, name_length);
    if (http_fields_first(fields, name_coding) != NULL) {
        if (lengths != 0)
            return HTTP_LENGTH_WITH_CODING;
        enum http_result result = check_coding(fields, minor);
        if (result == HTTP_OK)
            out->body = HTTP_BODY_CHUNKED;
        return result;
    }
    if (lengths > 1)
        return HTTP_LENGTH_REPEATED;
    if (lengths == 1) {
        /* STRICT: "5, 5" is a list, which RFC 9112 §6.3 would allow to be repaired. */
        if (!slice_to_u64(http_fields_value(fields, name_length), INT64_MAX, &out->length))
            return HTTP_LENGTH_BAD;
        out->has_length = true;
        out->body = out->length != 0 ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
    }
    return HTTP_OK;
}

enum http_result http_request_framing(const struct http_request *request, struct http_framing *out)
{
    struct http_framing framing = {.body = HTTP_BODY_NONE};
    enum http_result result = read_framing(&request->fields, request->minor, &framing);
    if (result != HTTP_OK)
        return result;
    framing.keep_alive = keeps_alive(&request->fields, request->minor);
    *out = framing;
    return HTTP_OK;
}

enum http_result http_response_framing(const struct http_response *response, bool request_was_head,
                                       struct http_framing *out)
{
    struct http_framing framing = {.body = HTTP_BODY_UNTIL_CLOSE};
    enum http_result result = read_framing(&response->fields, response->minor, &framing);
    if (result != HTTP_OK)
        return result;
    framing.keep_alive = keeps_alive(&response->fields, response->minor);
    if (response->status == 204 || response->status < 200) {
        /* RFC 9110 §8.6 forbids a Content-Length here, so none is forwarded; a zero does no harm. */
        bool announces = framing.body == HTTP_BODY_CHUNKED || framing.body == HTTP_BODY_LENGTH;
        framing.keep_alive = framing.keep_alive && !announces && response->status != 101;
        framing.has_length = false;
        framing.length = 0;
    }
    if (request_was_head || !http_status_has_content(response->status))
        framing.body = HTTP_BODY_NONE;
    if (framing.body == HTTP_BODY_UNTIL_CLOSE)
        framing.keep_alive = false;
    *out = framing;
    return HTTP_OK;
}
