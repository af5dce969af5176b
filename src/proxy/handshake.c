#include "handshake.h"

#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"
#include "record.h"
#include "visit.h"

static void set_fields(struct session *session, char *fields, size_t length)
{
    free(session->fields);
    session->fields = fields;
    session->fields_length = length;
}

/* What the ticket carried: the same bytes as on the connection that it is from. */
static void read_record(struct session *session, struct slice record)
{
    struct slice fields;
    session->identity = identity_unpack(record, &fields);
    if (session->identity != NULL)
        set_fields(session, xstrndup(fields.data, fields.length), fields.length);
}

/* The certificate as read; also of a refused client, for the log. */
static void read_identity(struct session *session)
{
    struct slice record = tls_stream_record(session->stream.stream);
    if (record.length != 0) {
        read_record(session, record);
        return;
    }
    struct x509_st *leaf = tls_stream_peer(session->stream.stream);
    if (leaf != NULL)
        session->identity = identity_new(leaf, tls_stream_peer_chain(session->stream.stream));
}

static bool render_fields(struct session *session, const struct config *config)
{
    char *fields = NULL;
    size_t length = 0;
    if (session->identity == NULL || identity_render(session->identity, config, &fields, &length) != 0)
        return false;
    set_fields(session, fields, length);
    return true;
}

static void set_refused(struct session *session, enum trust_reason reason, const char *detail)
{
    session->verdict = reason;
    free(session->refusal);
    session->refusal = detail[0] != '\0' ? xstrdup(detail) : NULL;
    session->close_after = true;
}

static void count_handshake(struct session *session)
{
    struct metrics *metrics = session->proxy->environment.metrics;
    bool resumed = tls_stream_resumed(session->stream.stream);
    metric_add(metrics, resumed ? METRIC_handshakes_resumed : METRIC_handshakes_full, 1);
    if (tls_stream_declined_ticket(session->stream.stream))
        metric_add(metrics, METRIC_tickets_declined, 1);
}

/* Admitted, but by a policy that should not have to last. */
static void count_tolerance(struct session *session, unsigned notes)
{
    struct metrics *metrics = session->proxy->environment.metrics;
    if ((notes & TRUST_NOTE_CRL_GRACE) != 0)
        metric_add(metrics, METRIC_admitted_in_grace, 1);
    if ((notes & TRUST_NOTE_CRL_MISSING) != 0)
        metric_add(metrics, METRIC_admitted_without_crl, 1);
}

static void count_refusal(struct session *session)
{
    metric_add(session->proxy->environment.metrics, METRIC_handshakes_refused, 1);
    metric_refusal(session->proxy->environment.metrics, (unsigned)session->verdict);
}

/* One that is resumed passes on what it came with. */
static void offer_ticket(struct session *session)
{
    struct buffer record;
    struct slice fields = slice_of(session->fields, session->fields_length);
    buffer_init(&record, TLS_TICKET_RECORD_MAX);
    if (tls_stream_resumed(session->stream.stream) || identity_pack(session->identity, fields, &record))
        tls_stream_offer_ticket(session->stream.stream, buffer_view(&record));
    buffer_clear(&record);
}

static enum step handshake_done(struct session *session)
{
    const struct trust_verdict *verdict = tls_stream_verdict(session->stream.stream);
    count_handshake(session);
    read_identity(session);
    session->path = tls_stream_path(session->stream.stream);
    if (verdict->reason == TRUST_ADMITTED && session->identity != NULL) {
        session->verdict = TRUST_ADMITTED;
        session->recheck_at_s = verdict->recheck_at;
        count_tolerance(session, verdict->notes);
        proxy_note_recheck(session->proxy, verdict->recheck_at);
        /* Nothing is forwarded for whom we cannot name. */
        if (session->fields == NULL && !render_fields(session, session->judged_by->config))
            set_refused(session, TRUST_BAD_CERTIFICATE, "its identity fields cannot be written");
        else
            offer_ticket(session);
    } else {
        /* A handshake without certificate or verdict is not an admitted one, whatever OpenSSL says. */
        bool odd = verdict->reason == TRUST_ADMITTED;
        set_refused(session, odd ? TRUST_NO_CERTIFICATE : verdict->reason, odd ? "" : verdict->detail);
    }
    if (session->verdict == TRUST_ADMITTED)
        visit_begin(session);
    else
        count_refusal(session);
    session_enter(session, SESSION_IDLE);
    return STEP_AGAIN;
}

static enum step handshake_failed(struct session *session)
{
    const struct trust_verdict *verdict = tls_stream_verdict(session->stream.stream);
    struct metrics *metrics = session->proxy->environment.metrics;
    read_identity(session);
    const char *error = stream_error(session->stream.stream);
    if (!tls_stream_is_refused(session->stream.stream)) {
        metric_add(metrics, METRIC_handshakes_failed, 1);
        record_refusal(session, cause_of(CAUSE_HANDSHAKE_FAILED), error);
        /* Here too an alert may be on its way, which a reset would swallow. */
        session_enter(session, SESSION_DISCARD);
        return STEP_AGAIN;
    }
    set_refused(session, verdict->reason, verdict->detail);
    count_refusal(session);
    record_refusal(session, cause_of_trust(session->verdict), session->refusal);
    session_enter(session, SESSION_DISCARD);
    return STEP_AGAIN;
}

enum step handshake_step(struct session *session)
{
    switch (stream_handshake(session->stream.stream)) {
    case STREAM_OK:
        return handshake_done(session);
    case STREAM_WAIT:
        return STEP_WAIT;
    default:
        return handshake_failed(session);
    }
}

void handshake_timeout(struct session *session)
{
    metric_add(session->proxy->environment.metrics, METRIC_handshakes_timed_out, 1);
    record_refusal(session, cause_of(CAUSE_HANDSHAKE_TIMEOUT), NULL);
    session_cut(session);
}

enum step discard_step(struct session *session)
{
    if (tls_stream_discard(session->stream.stream) == STREAM_WAIT)
        return STEP_WAIT;
    session_enter(session, SESSION_ENDED);
    return STEP_AGAIN;
}

/* The fields as the new generation has them. Without a certificate at hand, on a resumed connection, the
 * client is asked to come again: what it has begun ends as it began. */
static bool renew_fields(struct session *session, const struct serving *serving)
{
    if (session->identity == NULL || serving_same_fields(serving, session->judged_by))
        return true;
    if (identity_has_certificate(session->identity))
        return render_fields(session, serving->config);
    session->close_after = true;
    return true;
}

static bool ask_again(struct session *session, struct serving *serving)
{
    int64_t now_s = loop_wall_s(session->proxy->environment.loop);
    struct trust_verdict verdict = {0};
    if (serving->judge(serving, session->path, now_s, &verdict) != TRUST_ADMITTED) {
        if (serving->trust != NULL)
            trust_verdict_tell(serving->trust, session->path, now_s, &verdict);
        set_refused(session, verdict.reason, verdict.detail);
        return false;
    }
    if (serving != session->judged_by) {
        if (!renew_fields(session, serving)) {
            set_refused(session, TRUST_BAD_CERTIFICATE, "its identity fields cannot be written");
            return false;
        }
        serving_unref(session->judged_by);
        session->judged_by = serving_ref(serving);
    }
    session->recheck_at_s = verdict.recheck_at;
    proxy_note_recheck(session->proxy, verdict.recheck_at);
    return true;
}

bool handshake_is_current(struct session *session)
{
    struct serving *serving = session->proxy->serving;
    if (session->verdict != TRUST_ADMITTED)
        return false;
    if (serving != session->judged_by ||
        loop_wall_s(session->proxy->environment.loop) >= session->recheck_at_s)
        return ask_again(session, serving);
    /* A sweep for another session's time begins by forgetting all times. */
    proxy_note_recheck(session->proxy, session->recheck_at_s);
    return true;
}
