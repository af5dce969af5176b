#include "shelf.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "postern/base/text.h"
#include "postern/web/condition.h"
#include "postern/web/date.h"

#define DAY_S     INT64_C(86400)
#define TAG_BYTES 16
#define PEM       "application/x-pem-file"
#define CRL       "application/pkix-crl"
#define CERT      "application/pkix-cert"
#define P7C       "application/pkcs7-mime; smime-type=certs-only"

static int64_t earlier(int64_t left, int64_t right)
{
    return right != 0 && (left == 0 || right < left) ? right : left;
}

static int64_t later(int64_t left, int64_t right)
{
    return left > right ? left : right;
}

/* So that equal content has an equal tag, whoever serves it. */
static void set_tag(struct shelf_item *item)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    char hex[2 * TAG_BYTES + 1];
    (void)EVP_Digest(item->content.data, item->content.length, digest, NULL, EVP_sha256(), NULL);
    snprintf(item->tag, sizeof item->tag, "\"%s\"", text_hex(hex, digest, TAG_BYTES, false));
}

void shelf_set(struct shelf *shelf, struct publication *publication)
{
    const struct publication_authority *root = &publication->authorities[0], *inner = root + 1;
    const struct publication_times *of_root = &root->times, *of_inner = &inner->times;
    int64_t made = later(of_root->certificate_from_s, of_inner->certificate_from_s);
    int64_t listed = later(of_root->this_update_s, of_inner->this_update_s);
    int64_t next = earlier(of_root->next_update_s, of_inner->next_update_s);
    const struct shelf_item items[SHELF_PLACES] = {
        {"/root.crl", CRL, root->crl, "", of_root->this_update_s, of_root->next_update_s},
        {"/intermediate.crl", CRL, inner->crl, "", of_inner->this_update_s, of_inner->next_update_s},
        {"/crl-bundle.pem", PEM, publication->crl_bundle, "", listed, next},
        {"/root.cer", CERT, root->certificate, "", of_root->certificate_from_s, 0},
        {"/intermediate.cer", CERT, inner->certificate, "", of_inner->certificate_from_s, 0},
        {"/client-ca-bundle.pem", PEM, publication->ca_bundle, "", made, 0},
        {"/ca.p7c", P7C, publication->certificates, "", made, 0},
    };
    publication_unref(shelf->publication);
    shelf->publication = publication;
    memcpy(shelf->items, items, sizeof items);
    for (size_t i = 0; i < SHELF_PLACES; i++)
        set_tag(&shelf->items[i]);
}

void shelf_clear(struct shelf *shelf)
{
    publication_unref(shelf->publication);
    *shelf = (struct shelf){0};
}

/* A list may be kept until there must be a new one; past that it may not be kept at all. */
static bool write_fields(const struct shelf *shelf, const struct shelf_item *item, int64_t now_s,
                         struct buffer *out)
{
    char date[WEB_DATE_SIZE];
    int64_t age = item->fresh_until_s == 0 ? DAY_S : item->fresh_until_s - now_s;
    if (shelf->max_age_s != 0 && age > shelf->max_age_s)
        age = shelf->max_age_s;
    if (!buffer_printf(out, "ETag: %s\r\nLast-Modified: %s\r\n", item->tag,
                       web_date_format(item->changed_s, date)))
        return false;
    if (age <= 0)
        return buffer_append_text(out, "Cache-Control: no-cache\r\n");
    return buffer_printf(out, "Cache-Control: public, max-age=%lld\r\nExpires: %s\r\n", (long long)age,
                         web_date_format(now_s + age, date));
}

static void show(const struct shelf *shelf, const struct shelf_item *item, struct web_server *server,
                 uint64_t number, const struct web_request *request, int64_t now_s)
{
    struct buffer fields;
    buffer_init(&fields, 1024);
    struct web_answer answer = {
        .status = 200,
        .media_type = item->media_type,
        .content = item->content,
        .shared = &shelf->publication->bytes,
    };
    if (write_fields(shelf, item, now_s, &fields))
        answer.fields = buffer_view(&fields);
    if (web_is_not_modified(request->fields, slice_text(item->tag), item->changed_s)) {
        answer.status = 304;
        answer.content = slice_of("", 0);
        answer.shared = NULL;
    }
    web_server_answer(server, number, &answer);
    buffer_clear(&fields);
}

bool shelf_answer(const struct shelf *shelf, struct web_server *server, uint64_t number,
                  const struct web_request *request, int64_t now_s)
{
    for (size_t i = 0; i < SHELF_PLACES; i++) {
        const struct shelf_item *item = &shelf->items[i];
        if (item->content.length == 0 || !slice_equal_text(request->path, item->path))
            continue;
        if (slice_equal_text(request->method, "GET") || slice_equal_text(request->method, "HEAD"))
            show(shelf, item, server, number, request, now_s);
        else
            web_server_refuse(server, number, 405, "this can be read only",
                              SLICE_LITERAL("Allow: GET, HEAD\r\n"));
        return true;
    }
    return false;
}
