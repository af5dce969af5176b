#include "record.h"

#include <stdio.h>

#include "exchange.h"

static void fill_session(const struct session *session, struct access_record *record)
{
    record->client = session->client;
    record->verdict = session->verdict == TRUST_ADMITTED ? "admitted" : "refused";
    record->generation = session->judged_by->number;
    if (session->identity != NULL) {
        record->common_name = identity_common_name(session->identity);
        record->serial = identity_serial(session->identity);
        record->subject = identity_subject(session->identity);
    }
    if (session->socket >= 0 && session->state != SESSION_HANDSHAKE) {
        record->tls_version = tls_stream_version(session->stream.stream);
        record->cipher = tls_stream_cipher(session->stream.stream);
        record->session = tls_stream_resumed(session->stream.stream) ? ACCESS_RESUMED : ACCESS_FULL;
    }
}

static void copy_text(char *out, size_t size, struct slice text)
{
    snprintf(out, size, "%.*s", SLICE_ARG(text));
}

/* For who asks about it by its id. text: of the cause, where there is no detail. */
static void keep_refusal(struct session *session, const struct access_record *record, const char *text)
{
    struct records *records = session->proxy->environment.records;
    struct refusal refusal = {
        .time_ms = record->time_ms, .generation = record->generation, .status = record->status};
    if (records == NULL)
        return;
    copy_text(refusal.request_id, sizeof(refusal.request_id), slice_text(record->request_id));
    copy_text(refusal.client, sizeof(refusal.client), slice_text(record->client));
    copy_text(refusal.reason, sizeof(refusal.reason), slice_text(record->reason));
    copy_text(refusal.common_name, sizeof(refusal.common_name), record->common_name);
    copy_text(refusal.serial, sizeof(refusal.serial), record->serial);
    copy_text(refusal.subject, sizeof(refusal.subject), record->subject);
    const char *more = record->detail != NULL ? record->detail : record->upstream;
    if (session->verdict != TRUST_ADMITTED || more == NULL)
        copy_text(refusal.detail, sizeof(refusal.detail),
                  slice_text(record->detail != NULL ? record->detail : text));
    else
        snprintf(refusal.detail, sizeof(refusal.detail), "%s (%s)", text, more);
    refusals_add(&records->refusals, &refusal);
}

void record_refusal(struct session *session, struct cause cause, const char *detail)
{
    const struct clock *clock = loop_clock(session->proxy->environment.loop);
    char request_id[REQUEST_ID_SIZE];
    struct access_record record = {
        .request_id = request_id, .reason = cause.code, .detail = detail, .upstream_us = -1};
    request_id_next(&session->proxy->request_ids, request_id);
    fill_session(session, &record);
    record.verdict = "refused";
    record.duration_us = clock_monotonic_us(clock) - session->accepted_us;
    record.time_ms = clock_wall_ms(clock) - record.duration_us / 1000;
    access_log_write(session->proxy->environment.access_log, &record);
    keep_refusal(session, &record, cause.text);
}

void record_exchange(struct session *session)
{
    const struct exchange *exchange = session->exchange;
    const struct clock *clock = loop_clock(session->proxy->environment.loop);
    struct metrics *metrics = session->proxy->environment.metrics;
    struct access_record record = {
        .request_id = exchange->request_id,
        .method = exchange->method,
        .target = exchange->target_text,
        .host = exchange->host_text,
        .user_agent = exchange->agent_text,
        .status = exchange->status,
        .upstream_us = exchange->upstream_us,
        .bytes_in = exchange->request_relay.content,
        .bytes_out = exchange->answered ? exchange->answer_length : exchange->response_relay.content,
        .reason = exchange->cause.code,
        .detail = session->verdict != TRUST_ADMITTED ? session->refusal : exchange->trouble,
        .upstream = exchange->upstream_text,
    };
    fill_session(session, &record);
    record.duration_us = clock_monotonic_us(clock) - exchange->begun_us;
    record.time_ms = clock_wall_ms(clock) - record.duration_us / 1000;
    access_log_write(session->proxy->environment.access_log, &record);
    if (session->verdict != TRUST_ADMITTED || exchange->cause.status != 0)
        keep_refusal(session, &record, exchange->cause.text);
    metric_add(metrics, METRIC_bytes_received, record.bytes_in);
    metric_add(metrics, METRIC_bytes_sent, record.bytes_out);
}
