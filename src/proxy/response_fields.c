#include "response_fields.h"

#include "postern/config/presets.h"
#include "postern/http/fields.h"
#include "postern/http/serialise.h"

static bool is_forwarded(const struct response_head *head, struct slice name, bool nominations)
{
    if (http_field_is_hop_by_hop(name) || http_field_is_framing(name))
        return false;
    /* RFC 9440 §3.1: identity has no place in a response. */
    if (config_owned_name(head->config, name) || config_same_name(name, SLICE_LITERAL("X-Request-ID")))
        return false;
    return !nominations || !http_fields_connection_nominates(&head->response->fields, name);
}

static bool write_upstream_fields(struct buffer *out, const struct response_head *head)
{
    const struct http_fields *fields = &head->response->fields;
    bool nominations = http_fields_first(fields, SLICE_LITERAL("Connection")) != NULL;
    for (size_t i = 0; i < fields->count; i++) {
        const struct http_field *field = &fields->items[i];
        if (is_forwarded(head, field->name, nominations) && !http_write_field(out, field->name, field->value))
            return false;
    }
    return true;
}

static bool write_framing(struct buffer *out, const struct response_head *head)
{
    if (head->chunked)
        return http_write_field_text(out, "Transfer-Encoding", "chunked");
    return !head->framing->has_length || http_write_field_uint(out, "Content-Length", head->framing->length);
}

static bool write_connection(struct buffer *out, const struct response_head *head)
{
    if (head->websocket)
        return http_write_field_text(out, "Connection", "upgrade") &&
               http_write_field_text(out, "Upgrade", "websocket");
    if (head->close)
        return http_write_field_text(out, "Connection", "close");
    return !head->keep_alive || http_write_field_text(out, "Connection", "keep-alive");
}

bool response_head_write(struct buffer *out, const struct response_head *head)
{
    return http_write_status_line(out, head->response->status, head->response->phrase) &&
           write_upstream_fields(out, head) && write_framing(out, head) && write_connection(out, head) &&
           http_write_field_text(out, "X-Request-ID", head->request_id) && http_write_head_end(out);
}

bool interim_head_write(struct buffer *out, const struct response_head *head)
{
    return http_write_status_line(out, head->response->status, head->response->phrase) &&
           write_upstream_fields(out, head) && http_write_head_end(out);
}
