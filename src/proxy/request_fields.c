#include "request_fields.h"

#include "postern/config/presets.h"
#include "postern/http/fields.h"
#include "postern/http/serialise.h"

/* As a backend may read it: any byte but a letter or digit for '-'. prefix is in lower case. */
static bool has_prefix(struct slice name, struct slice prefix)
{
    if (name.length < prefix.length)
        return false;
    for (size_t i = 0; i < prefix.length; i++) {
        char byte = name.data[i];
        byte = ascii_is_alpha(byte) || ascii_is_digit(byte) ? ascii_lower(byte) : '-';
        if (byte != prefix.data[i])
            return false;
    }
    return true;
}

/* What says where the request came from is ours to say, beyond the names that we write ourselves: a backend
 * that believes X-Forwarded-Port or Forwarded (RFC 7239) believes whoever could send it. Early-Data (RFC
 * 8470) would be a client's claim too. */
static bool is_claim(struct slice name)
{
    switch (name.length == 0 ? 0 : ascii_lower(name.data[0])) {
    case 'x':
        return has_prefix(name, SLICE_LITERAL("x-forwarded-")) || config_forwarding_name(name);
    case 'f':
        return slice_equal_nocase(name, SLICE_LITERAL("Forwarded"));
    case 'e':
        return config_same_name(name, SLICE_LITERAL("Early-Data"));
    default:
        return false;
    }
}

/* Host and Expect are answered for by us; the others are of this connection, or not the client's to say. */
static bool is_forwarded(const struct request_head *head, struct slice name, bool nominations)
{
    if (slice_equal_nocase(name, SLICE_LITERAL("Host")) || slice_equal_nocase(name, SLICE_LITERAL("Expect")))
        return false;
    if (http_field_is_hop_by_hop(name) || http_field_is_framing(name) || is_claim(name))
        return false;
    if (config_owned_name(head->config, name))
        return false;
    return !nominations || !http_fields_connection_nominates(&head->request->fields, name);
}

static bool write_client_fields(struct buffer *out, const struct request_head *head)
{
    const struct http_fields *fields = &head->request->fields;
    bool nominations = http_fields_first(fields, SLICE_LITERAL("Connection")) != NULL;
    for (size_t i = 0; i < fields->count; i++) {
        const struct http_field *field = &fields->items[i];
        if (is_forwarded(head, field->name, nominations) && !http_write_field(out, field->name, field->value))
            return false;
    }
    return true;
}

static bool write_framing(struct buffer *out, const struct http_framing *framing)
{
    if (framing->body == HTTP_BODY_CHUNKED)
        return http_write_field_text(out, "Transfer-Encoding", "chunked");
    return !framing->has_length || http_write_field_uint(out, "Content-Length", framing->length);
}

static bool write_upgrade(struct buffer *out)
{
    return http_write_field_text(out, "Connection", "upgrade") &&
           http_write_field_text(out, "Upgrade", "websocket");
}

static bool write_own_fields(struct buffer *out, const struct request_head *head)
{
    struct slice authority = head->target->authority;
    return http_write_field_text(out, "X-Forwarded-For", head->client_host) &&
           http_write_field_text(out, "X-Forwarded-Proto", "https") &&
           (authority.length == 0 || http_write_field(out, SLICE_LITERAL("X-Forwarded-Host"), authority)) &&
           http_write_field_text(out, "X-Real-IP", head->client_host) &&
           http_write_field_text(out, "X-Request-ID", head->request_id) &&
           http_write_field_text(out, "Via", head->request->minor == 0 ? "1.0 postern" : "1.1 postern");
}

bool request_head_write(struct buffer *out, const struct request_head *head)
{
    return http_write_request_line(out, head->request->method, head->target->forward) &&
           http_write_field(out, SLICE_LITERAL("Host"), head->host) && write_client_fields(out, head) &&
           write_framing(out, head->framing) && (!head->websocket || write_upgrade(out)) &&
           write_own_fields(out, head) && buffer_append_slice(out, head->identity) &&
           http_write_head_end(out);
}
