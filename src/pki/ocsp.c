#include "postern/pki/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ocsp_cache.h"
#include "ocsp_status.h"
#include "postern/base/memory.h"
#include "postern/pki/key.h"
#include "postern/pki/ocsp_signer.h"

#define AUTHORITIES_MAX 2
#define QUESTIONS_MAX   16 /* in one request */
#define NONCE_MAX       32 /* bytes: RFC 8954 §2.1 */

struct authority {
    X509 *certificate;
    struct slice statuses;
    struct pki_ocsp_signer signer;
};

struct ocsp_responder {
    struct authority authorities[AUTHORITIES_MAX];
    size_t count;
    struct ocsp_cache cache;
    unsigned char *last; /* the answer that was given out */
};

/* One request on its way to its answer. */
struct act {
    struct ocsp_responder *responder;
    OCSP_REQUEST *request;
    const struct authority *authority; /* of the first question */
    bool has_nonce;
    int64_t now_s, next_update_s;
};

struct ocsp_responder *ocsp_responder_new(void)
{
    return xcalloc(1, sizeof(struct ocsp_responder));
}

static void forget(struct ocsp_responder *responder)
{
    for (size_t i = 0; i < responder->count; i++) {
        X509_free(responder->authorities[i].certificate);
        pki_ocsp_signer_clear(&responder->authorities[i].signer);
    }
    responder->count = 0;
    ocsp_cache_clear(&responder->cache);
}

void ocsp_responder_free(struct ocsp_responder *responder)
{
    if (!responder)
        return;
    forget(responder);
    OPENSSL_free(responder->last);
    free(responder);
}

int ocsp_responder_set(struct ocsp_responder *responder, const struct ocsp_authority *authorities,
                       size_t count, struct err *err)
{
    int result = 0;
    forget(responder);
    for (size_t i = 0; i < count && responder->count < AUTHORITIES_MAX; i++) {
        const unsigned char *der = (const unsigned char *)authorities[i].certificate.data;
        X509 *certificate = d2i_X509(NULL, &der, (long)authorities[i].certificate.length);
        if (!certificate)
            continue;
        struct authority *authority = &responder->authorities[responder->count++];
        *authority = (struct authority){certificate, authorities[i].statuses, {0}};
        if (authorities[i].signer.length > 0 &&
            pki_ocsp_signer_parse(authorities[i].signer, certificate, "OCSP signer", &authority->signer,
                                  err) < 0) {
            pki_ocsp_signer_clear(&authority->signer);
            result = -1;
        }
    }
    ERR_clear_error();
    return result;
}

static bool is_ready(const struct authority *authority, int64_t now_s)
{
    return authority->signer.key && authority->signer.not_after_s > now_s;
}

size_t ocsp_responder_ready(const struct ocsp_responder *responder, int64_t now_s)
{
    size_t count = 0;
    for (size_t i = 0; i < responder->count; i++)
        count += is_ready(&responder->authorities[i], now_s);
    return count;
}

/* The digests that clients name issuers with. It is no signature: SHA-1 does no harm here (RFC 6960 §4.3). */
static const EVP_MD *digest_of(const ASN1_OBJECT *algorithm)
{
    switch (OBJ_obj2nid(algorithm)) {
    case NID_sha1:
        return EVP_sha1();
    case NID_sha256:
        return EVP_sha256();
    case NID_sha384:
        return EVP_sha384();
    case NID_sha512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

static bool is_issuer(const struct authority *authority, OCSP_CERTID *id)
{
    ASN1_OBJECT *algorithm = NULL;
    ASN1_INTEGER *serial = NULL;
    OCSP_id_get0_info(NULL, &algorithm, NULL, &serial, id);
    const EVP_MD *digest = digest_of(algorithm);
    OCSP_CERTID *ours = digest ? OCSP_cert_id_new(digest, X509_get_subject_name(authority->certificate),
                                                  X509_get0_pubkey_bitstr(authority->certificate), serial)
                               : NULL;
    bool same = ours && OCSP_id_issuer_cmp(ours, id) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

static const struct authority *authority_of(const struct ocsp_responder *responder, OCSP_CERTID *id)
{
    for (size_t i = 0; i < responder->count; i++)
        if (is_issuer(&responder->authorities[i], id))
            return &responder->authorities[i];
    return NULL;
}

static const struct ocsp_status *status_of(const struct authority *authority, OCSP_CERTID *id)
{
    unsigned char bytes[PKI_SERIAL_BYTES_MAX];
    ASN1_INTEGER *serial = NULL;
    OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
    bool is_ours = ASN1_STRING_type(serial) == V_ASN1_INTEGER && /* not negative */
                   ocsp_serial(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), bytes);
    return is_ours ? ocsp_status_find(authority->statuses, bytes) : NULL;
}

static int add_status(const struct act *act, OCSP_BASICRESP *basic, OCSP_CERTID *id)
{
    const struct ocsp_status *status = is_issuer(act->authority, id) ? status_of(act->authority, id) : NULL;
    ASN1_TIME *this_update = ASN1_TIME_set(NULL, (time_t)act->now_s);
    ASN1_TIME *next_update = ASN1_TIME_set(NULL, (time_t)act->next_update_s);
    ASN1_TIME *revoked = status && status->is_revoked ? ASN1_TIME_set(NULL, (time_t)status->revoked_s) : NULL;
    int state = !status              ? V_OCSP_CERTSTATUS_UNKNOWN
                : status->is_revoked ? V_OCSP_CERTSTATUS_REVOKED
                                     : V_OCSP_CERTSTATUS_GOOD;
    int reason = status && status->reason != PKI_REASON_UNSPECIFIED ? status->reason
                                                                    : OCSP_REVOKED_STATUS_NOSTATUS;
    bool added = this_update && next_update && (revoked || state != V_OCSP_CERTSTATUS_REVOKED) &&
                 OCSP_basic_add1_status(basic, id, state, reason, revoked, this_update, next_update);
    ASN1_TIME_free(this_update);
    ASN1_TIME_free(next_update);
    ASN1_TIME_free(revoked);
    return added ? 0 : -1;
}

/* An OCSP_BASICRESP of all questions, signed; NULL if something fails. */
static OCSP_BASICRESP *sign(const struct act *act)
{
    const struct pki_ocsp_signer *signer = &act->authority->signer;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    bool good = basic != NULL;
    for (int i = 0; good && i < OCSP_request_onereq_count(act->request); i++)
        good = add_status(act, basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(act->request, i))) == 0;
    if (good && act->has_nonce)
        good = OCSP_copy_nonce(basic, act->request) == 1;
    if (good)
        good = OCSP_basic_sign(basic, signer->certificate, signer->key, pki_key_digest(signer->key), NULL,
                               OCSP_RESPID_KEY) == 1;
    if (good)
        return basic;
    OCSP_BASICRESP_free(basic);
    return NULL;
}

static void give(struct ocsp_responder *responder, OCSP_RESPONSE *response, struct ocsp_answer *out)
{
    OPENSSL_free(responder->last);
    responder->last = NULL;
    int length = response ? i2d_OCSP_RESPONSE(response, &responder->last) : 0;
    out->der = slice_of((const char *)responder->last, length > 0 ? (size_t)length : 0);
    OCSP_RESPONSE_free(response);
}

/* RFC 6960 §4.4.1: an OCTET STRING, as an extension's value is one too. */
static bool nonce_is_sound(OCSP_REQUEST *request, bool *has_nonce)
{
    int index = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
    *has_nonce = index >= 0;
    if (index < 0)
        return true;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(request, index));
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    const unsigned char *end = bytes + ASN1_STRING_length(value);
    ASN1_OCTET_STRING *nonce = d2i_ASN1_OCTET_STRING(NULL, &bytes, end - bytes);
    bool sound = nonce && bytes == end && nonce->length >= 1 && nonce->length <= NONCE_MAX &&
                 OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, index) < 0;
    ASN1_OCTET_STRING_free(nonce);
    return sound;
}

static bool has_unknown_critical(OCSP_REQUEST *request)
{
    for (int i = 0; i < OCSP_REQUEST_get_ext_count(request); i++) {
        X509_EXTENSION *extension = OCSP_REQUEST_get_ext(request, i);
        if (X509_EXTENSION_get_critical(extension) &&
            OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_id_pkix_OCSP_Nonce)
            return true;
    }
    return false;
}

/* Returns OCSP_RESPONSE_STATUS_SUCCESSFUL to go on, or the error to answer with. */
static int judge(struct act *act)
{
    int count = OCSP_request_onereq_count(act->request);
    if (count < 1 || count > QUESTIONS_MAX || has_unknown_critical(act->request) ||
        !nonce_is_sound(act->request, &act->has_nonce))
        return OCSP_RESPONSE_STATUS_MALFORMEDREQUEST;
    act->authority = authority_of(act->responder,
                                  OCSP_onereq_get0_id(OCSP_request_onereq_get0(act->request, 0)));
    if (!act->authority)
        return OCSP_RESPONSE_STATUS_UNAUTHORIZED;
    if (!is_ready(act->authority, act->now_s))
        return OCSP_RESPONSE_STATUS_TRYLATER;
    act->next_update_s = act->now_s + PKI_OCSP_LIFE_S;
    if (act->next_update_s > act->authority->signer.not_after_s)
        act->next_update_s = act->authority->signer.not_after_s;
    return OCSP_RESPONSE_STATUS_SUCCESSFUL;
}

/* The one question of a request without a nonce, as the cache's key; otherwise nothing. */
static unsigned char *key_of(const struct act *act, struct slice *key)
{
    unsigned char *der = NULL;
    int length = 0;
    if (!act->has_nonce && OCSP_request_onereq_count(act->request) == 1)
        length = i2d_OCSP_CERTID(OCSP_onereq_get0_id(OCSP_request_onereq_get0(act->request, 0)), &der);
    *key = slice_of((const char *)der, length > 0 ? (size_t)length : 0);
    return der;
}

static bool answer_from_cache(const struct act *act, struct slice key, struct ocsp_answer *out)
{
    const struct ocsp_cached *kept = key.length > 0 ? ocsp_cache_find(&act->responder->cache, key) : NULL;
    /* Only in the first half of its life, so that who asks has some time with it. */
    if (!kept || act->now_s < kept->this_update_s ||
        act->now_s > kept->this_update_s + (kept->next_update_s - kept->this_update_s) / 2)
        return false;
    *out = (struct ocsp_answer){slice_of(kept->der, kept->length), true, kept->this_update_s,
                                kept->next_update_s};
    return true;
}

static void answer_signed(const struct act *act, struct slice key, struct ocsp_answer *out)
{
    OCSP_BASICRESP *basic = sign(act);
    if (!basic) {
        give(act->responder, OCSP_response_create(OCSP_RESPONSE_STATUS_INTERNALERROR, NULL), out);
        return;
    }
    give(act->responder, OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic), out);
    OCSP_BASICRESP_free(basic);
    out->this_update_s = act->now_s;
    out->next_update_s = act->next_update_s;
    out->may_be_cached = key.length > 0;
    if (key.length > 0)
        ocsp_cache_keep(&act->responder->cache, key, out->der, out->this_update_s, out->next_update_s);
}

static OCSP_REQUEST *read_request(struct slice bytes)
{
    const unsigned char *der = (const unsigned char *)bytes.data, *end = der + bytes.length;
    OCSP_REQUEST *request = NULL;
    if (bytes.length > 0 && bytes.length <= PKI_OCSP_REQUEST_MAX)
        request = d2i_OCSP_REQUEST(NULL, &der, (long)bytes.length);
    if (request && der != end) { /* something behind it */
        OCSP_REQUEST_free(request);
        request = NULL;
    }
    return request;
}

void ocsp_responder_answer(struct ocsp_responder *responder, struct slice request, int64_t now_s,
                           struct ocsp_answer *out)
{
    struct act act = {.responder = responder, .request = read_request(request), .now_s = now_s};
    struct slice key;
    *out = (struct ocsp_answer){.this_update_s = 0};
    int status = act.request ? judge(&act) : OCSP_RESPONSE_STATUS_MALFORMEDREQUEST;
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        give(responder, OCSP_response_create(status, NULL), out);
    } else {
        unsigned char *der = key_of(&act, &key);
        if (!answer_from_cache(&act, key, out))
            answer_signed(&act, key, out);
        OPENSSL_free(der);
    }
    OCSP_REQUEST_free(act.request);
    ERR_clear_error();
}
