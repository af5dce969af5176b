#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "postern/base/attributes.h"
#include "postern/http/result.h"

enum detail {
    DETAIL_NONE,
    DETAIL_ERRNO,
    DETAIL_ALERT,
    DETAIL_VERIFY,
    DETAIL_TLS,
    DETAIL_HTTP,
    DETAIL_NUMBER
};

static const struct {
    const char *label;
    enum detail detail;
} kinds[FAILURE_KIND_COUNT] = {
#define FAILURE_ROW(enumerator, label, detail) [enumerator] = {label, DETAIL_##detail},
    FAILURE_KINDS(FAILURE_ROW)
#undef FAILURE_ROW
};

/* RFC 8446 §6 and, for what only TLS 1.2 sends, RFC 5246 §7.2. */
static const struct {
    int alert;
    const char *name;
} alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

const char *alert_name(int alert)
{
    for (size_t i = 0; i < LENGTH_OF(alerts); i++) {
        if (alerts[i].alert == alert)
            return alerts[i].name;
    }
    return NULL;
}

/* What the detail says in words, or NULL if only its number is known. */
static const char *detail_text(enum detail detail, int value)
{
    switch (detail) {
    case DETAIL_ERRNO:
        return strerrordesc_np(value);
    case DETAIL_ALERT:
        return alert_name(value);
    case DETAIL_VERIFY:
        return X509_verify_cert_error_string(value);
    case DETAIL_TLS:
        return ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, value));
    case DETAIL_HTTP:
        return value >= 0 && value < HTTP_RESULT_COUNT ? http_result_name((enum http_result)value) : NULL;
    case DETAIL_NONE:
    case DETAIL_NUMBER:
        break;
    }
    return NULL;
}

const char *failure_label(struct failure failure, char out[FAILURE_LABEL_SIZE])
{
    const char *label = kinds[failure.kind].label;
    enum detail detail = kinds[failure.kind].detail;
    const char *text = detail_text(detail, failure.detail);
    const char *separator = detail == DETAIL_ALERT || detail == DETAIL_NUMBER ? " " : ": ";
    if (detail == DETAIL_NONE)
        snprintf(out, FAILURE_LABEL_SIZE, "%s", label);
    else if (text)
        snprintf(out, FAILURE_LABEL_SIZE, "%s%s%s", label, separator, text);
    else
        snprintf(out, FAILURE_LABEL_SIZE, "%s%s%d", label, separator, failure.detail);
    return out;
}

void failures_add(struct failures *failures, struct failure failure, uint64_t count)
{
    failures->total += count;
    for (unsigned i = 0; i < failures->cause_count; i++) {
        struct failure_count *cause = &failures->causes[i];
        if (cause->failure.kind == failure.kind && cause->failure.detail == failure.detail) {
            cause->count += count;
            return;
        }
    }
    /* The last place is for all that found none. */
    if (failures->cause_count >= FAILURE_CAUSES_MAX - 1)
        failure = (struct failure){FAILURE_OTHER, 0};
    if (failures->cause_count == FAILURE_CAUSES_MAX) {
        failures->causes[FAILURE_CAUSES_MAX - 1].count += count;
        return;
    }
    failures->causes[failures->cause_count++] = (struct failure_count){failure, count};
}

void failures_merge(struct failures *failures, const struct failures *from)
{
    for (unsigned i = 0; i < from->cause_count; i++)
        failures_add(failures, from->causes[i].failure, from->causes[i].count);
}

static int compare_counts(const void *left, const void *right)
{
    const struct failure_count *a = left, *b = right;
    return (a->count < b->count) - (a->count > b->count);
}

void failures_sort(struct failures *failures)
{
    qsort(failures->causes, failures->cause_count, sizeof(failures->causes[0]), compare_counts);
}
