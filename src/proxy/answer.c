#include "answer.h"

#include "postern/base/json.h"
#include "postern/base/text.h"
#include "postern/http/serialise.h"
#include "postern/http/status.h"

#define CONTENT_MAX 8192

static const char *detail_of(const struct answer *answer)
{
    return answer->detail != NULL && answer->detail[0] != '\0' ? answer->detail : answer->cause.text;
}

static bool write_json(struct buffer *out, const struct answer *answer)
{
    struct json json;
    json_init(&json, out);
    json_object_begin(&json, NULL);
    json_text(&json, "type", "about:blank");
    json_text(&json, "title", http_status_phrase(answer->cause.status));
    json_int(&json, "status", answer->cause.status);
    json_text(&json, "reason", answer->cause.code);
    json_text(&json, "detail", detail_of(answer));
    json_text(&json, "request_id", answer->request_id);
    json_object_end(&json);
    return json_end(&json) && buffer_append_text(out, "\n");
}

static bool write_html(struct buffer *out, const struct answer *answer)
{
    int status = answer->cause.status;
    const char *phrase = http_status_phrase(status);
    return buffer_printf(out,
                         "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%d %s"
                         "</title></head>\n<body><h1>%d %s</h1>\n<p>",
                         status, phrase, status, phrase) &&
           text_append_html(out, slice_text(detail_of(answer))) &&
           buffer_printf(out,
                         "</p>\n<p>Reason: <code>%s</code>. Request: <code>%s</code>.</p></body></html>\n",
                         answer->cause.code, answer->request_id);
}

static bool write_head(struct buffer *out, const struct answer *answer, size_t length)
{
    return http_write_status_line(out, answer->cause.status, slice_text(NULL)) &&
           http_write_field_text(out, "Content-Type",
                                 answer->html ? "text/html; charset=utf-8" : "application/problem+json") &&
           http_write_field_uint(out, "Content-Length", length) &&
           http_write_field_text(out, "Cache-Control", "no-store") &&
           http_write_field_text(out, "X-Request-ID", answer->request_id) &&
           (!answer->close || http_write_field_text(out, "Connection", "close")) &&
           (!answer->keep_alive || http_write_field_text(out, "Connection", "keep-alive")) &&
           http_write_head_end(out);
}

bool answer_write(struct buffer *out, const struct answer *answer)
{
    struct buffer content;
    buffer_init(&content, CONTENT_MAX);
    bool written = (answer->html ? write_html(&content, answer) : write_json(&content, answer)) &&
                   write_head(out, answer, buffer_length(&content)) &&
                   (answer->head_only || buffer_append_slice(out, buffer_view(&content)));
    buffer_clear(&content);
    return written;
}

/* "q=0", "q=0.0" and the like. */
static bool is_unwanted(struct slice parameters)
{
    struct slice part;
    while (slice_split(&parameters, ';', &part)) {
        part = slice_trim(part);
        if (!slice_starts_with(part, SLICE_LITERAL("q=0")) && !slice_starts_with(part, SLICE_LITERAL("Q=0")))
            continue;
        part = slice_after(part, 3);
        while (part.length > 0 && (part.data[0] == '0' || part.data[0] == '.'))
            part = slice_after(part, 1);
        if (part.length == 0)
            return true;
    }
    return false;
}

bool answer_prefers_html(const struct http_fields *fields)
{
    struct http_list list;
    struct slice element;
    http_list_init(&list, fields, SLICE_LITERAL("Accept"));
    while (http_list_next(&list, &element)) {
        size_t end = slice_find(element, ';');
        struct slice type = slice_trim(slice_before(element, end));
        if (is_unwanted(slice_after(element, end)))
            continue;
        if (slice_equal_nocase(type, SLICE_LITERAL("text/html")))
            return true;
        if (slice_equal_nocase(type, SLICE_LITERAL("application/problem+json")) ||
            slice_equal_nocase(type, SLICE_LITERAL("application/json")) || slice_equal_text(type, "*/*"))
            return false;
    }
    return false;
}
