#include "ocsp_http.h"

#include <openssl/evp.h>

#include "postern/base/text.h"
#include "postern/pki/base64.h"
#include "postern/web/date.h"

#define TAG_BYTES 16

static bool write_fields(const struct ocsp_answer *answer, bool is_get, int64_t now_s, struct buffer *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    char hex[2 * TAG_BYTES + 1], changed[WEB_DATE_SIZE], until[WEB_DATE_SIZE];
    /* Who posts does it to get past caches, or had a nonce. */
    if (!is_get || !answer->may_be_cached)
        return buffer_append_text(out, "Cache-Control: no-store\r\n");
    (void)EVP_Digest(answer->der.data, answer->der.length, digest, NULL, EVP_sha256(), NULL);
    return buffer_printf(
        out,
        "ETag: \"%s\"\r\nLast-Modified: %s\r\nExpires: %s\r\n"
        "Cache-Control: max-age=%lld, public, no-transform, must-revalidate\r\n",
        text_hex(hex, digest, TAG_BYTES, false), web_date_format(answer->this_update_s, changed),
        web_date_format(answer->next_update_s, until), (long long)(answer->next_update_s - now_s));
}

static void answer(struct ocsp_responder *responder, struct web_server *server, uint64_t number,
                   struct slice request, bool is_get, int64_t now_s)
{
    struct ocsp_answer made;
    struct buffer fields;
    buffer_init(&fields, 1024);
    ocsp_responder_answer(responder, request, now_s, &made);
    struct web_answer out = {.status = 200, .media_type = "application/ocsp-response", .content = made.der};
    if (write_fields(&made, is_get, now_s, &fields))
        out.fields = buffer_view(&fields);
    web_server_answer(server, number, &out);
    buffer_clear(&fields);
}

static bool is_request_type(const struct web_request *request)
{
    struct slice type = http_fields_value(request->fields, SLICE_LITERAL("Content-Type"));
    return slice_equal_nocase(slice_trim(slice_before(type, slice_find(type, ';'))),
                              SLICE_LITERAL("application/ocsp-request"));
}

static bool answer_post(struct ocsp_responder *responder, struct web_server *server, uint64_t number,
                        const struct web_request *request, int64_t now_s)
{
    if (!slice_equal_text(request->path, "/") && !slice_equal_text(request->path, "/ocsp"))
        return false;
    if (is_request_type(request))
        answer(responder, server, number, request->content, false, now_s);
    else
        web_server_refuse(server, number, 415, "a POST here is an application/ocsp-request", slice_of("", 0));
    return true;
}

/* A request in DER begins with a SEQUENCE, and so with an M in base64: nothing else that is here does. */
static bool answer_get(struct ocsp_responder *responder, struct web_server *server, uint64_t number,
                       const struct web_request *request, int64_t now_s)
{
    struct buffer der;
    struct slice text = slice_after(request->path, request->path.length > 0 ? 1 : 0);
    if (slice_starts_with(text, SLICE_LITERAL("ocsp/")))
        text = slice_after(text, 5);
    if (!slice_starts_with(text, SLICE_LITERAL("M")))
        return false;
    buffer_init(&der, PKI_OCSP_REQUEST_MAX);
    if (pki_base64_decode_path(text, &der))
        answer(responder, server, number, buffer_view(&der), true, now_s);
    else
        web_server_refuse(server, number, 400, "the path is no base64 of an OCSP request", slice_of("", 0));
    buffer_clear(&der);
    return true;
}

bool ocsp_http_answer(struct ocsp_responder *responder, struct web_server *server, uint64_t number,
                      const struct web_request *request, int64_t now_s)
{
    if (slice_equal_text(request->method, "POST"))
        return answer_post(responder, server, number, request, now_s);
    if (slice_equal_text(request->method, "GET") || slice_equal_text(request->method, "HEAD"))
        return answer_get(responder, server, number, request, now_s);
    return false;
}
