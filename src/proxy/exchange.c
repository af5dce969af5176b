#include "exchange.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "exchange_request.h"
#include "exchange_response.h"
#include "postern/base/assert.h"
#include "record.h"
#include "tunnel.h"

#define FIELD_SIZE_MIN 4 /* "a:" CR LF */

static int64_t now_ms(const struct session *session)
{
    return loop_now_ms(session->proxy->environment.loop);
}

size_t exchange_buffer_size(const struct config *config)
{
    size_t share = config->limits.connection_memory_bytes / 4;
    if (share < RELAY_READ_MIN)
        return RELAY_READ_MIN;
    return share < RELAY_BUFFER_SIZE ? share : RELAY_BUFFER_SIZE;
}

static size_t larger(size_t left, size_t right)
{
    return left > right ? left : right;
}

bool exchange_begin(struct session *session)
{
    const struct config *config = proxy_config(session->proxy);
    size_t head_size = config->limits.head_size_bytes, share = exchange_buffer_size(config);
    struct exchange *exchange = arena_alloc(&session->arena, sizeof(*exchange));
    if (exchange == NULL)
        return false;
    size_t capacity = config->limits.field_count;
    if (capacity > head_size / FIELD_SIZE_MIN)
        capacity = head_size / FIELD_SIZE_MIN;
    exchange->request.fields.items = arena_alloc(&session->arena, capacity * sizeof(struct http_field));
    exchange->request.fields.capacity = capacity;
    if (exchange->request.fields.items == NULL)
        return false;
    exchange->upstream_us = -1;
    exchange->begun_ms = now_ms(session);
    exchange->begun_us = clock_monotonic_us(loop_clock(session->proxy->environment.loop));
    request_id_next(&session->proxy->request_ids, exchange->request_id);
    /* The rendered head is longer than the one that came, by our own fields. */
    buffer_init(&exchange->out, larger(share, head_size + EXCHANGE_OWN_FIELDS_MAX));
    buffer_init(&exchange->in, share);
    session->exchange = exchange;
    session->requests++;
    return true;
}

void exchange_drop_upstream(struct exchange *exchange)
{
    upstream_seek_clear(&exchange->seek);
    if (exchange->upstream == NULL)
        return;
    stream_abort(exchange->upstream->stream);
    upstream_free(exchange->upstream);
    exchange->upstream = NULL;
}

/* The upstream connection is good for another exchange only if both messages are whole and nothing stands
 * behind them (H20, H21). */
static void settle_upstream(struct exchange *exchange)
{
    bool whole = exchange->request_done && exchange->response_done && exchange->upstream_keep_alive;
    if (exchange->upstream == NULL || !whole || exchange->no_reuse || !buffer_is_empty(&exchange->in)) {
        exchange_drop_upstream(exchange);
        return;
    }
    upstream_group_give(exchange->upstream);
    exchange->upstream = NULL;
}

void exchange_end(struct session *session)
{
    struct exchange *exchange = session->exchange;
    record_exchange(session);
    settle_upstream(exchange);
    buffer_clear(&exchange->in);
    buffer_clear(&exchange->out);
    if (exchange->phase == EXCHANGE_TUNNEL)
        metric_subtract(session->proxy->environment.metrics, METRIC_tunnels_open, 1);
    session->exchange = NULL;
    arena_clear(&session->arena);
}

/* May the connection go on after an answer of ours? Only if we know where the next request begins. */
static bool survives_answer(const struct session *session, const struct cause *cause)
{
    const struct exchange *exchange = session->exchange;
    bool at_end = exchange->request_done ||
                  (exchange->head_length > 0 && exchange->request_framing.body == HTTP_BODY_NONE);
    bool blameless = cause->status == 404 || cause->status >= 500;
    return exchange->has_framing && at_end && blameless && exchange->client_keep_alive &&
           !session->close_after;
}

static void answer(struct session *session, struct cause cause, const char *detail)
{
    struct exchange *exchange = session->exchange;
    bool survives = survives_answer(session, &cause);
    /* A head that has not gone upstream stands before its content, or before the next request. */
    buffer_consume(&session->in, exchange->head_length);
    exchange->head_length = 0;
    struct answer content = {.cause = cause,
                             .detail = detail,
                             .request_id = exchange->request_id,
                             .html = exchange->prefers_html,
                             .head_only = exchange->is_head,
                             .close = !survives,
                             .keep_alive = survives && exchange->is_http10};
    size_t before = buffer_length(&session->out);
    ASSERT(answer_write(&session->out, &content));
    exchange->answer_length = buffer_length(&session->out) - before;
    exchange->answered = true;
    exchange->status = cause.status;
    exchange->linger = !survives;
    exchange->response_moved_ms = now_ms(session);
    exchange->phase = EXCHANGE_ANSWER;
    if (!survives)
        session->close_after = true;
    if (cause.status < 500)
        metric_add(session->proxy->environment.metrics, METRIC_requests_refused, 1);
}

/* The client learns that, not where, its answer was lost. */
static void note_trouble(struct session *session, const char *server, const char *why)
{
    char text[256];
    if (server == NULL || session->exchange->trouble != NULL)
        return;
    snprintf(text, sizeof(text), "%s: %s", server, why);
    session->exchange->trouble = arena_copy(&session->arena, slice_text(text));
}

void exchange_fail(struct session *session, struct cause cause, const char *detail)
{
    struct exchange *exchange = session->exchange;
    cause_set(&exchange->cause, cause);
    if (detail != NULL && cause.status >= 500)
        note_trouble(session, exchange->upstream_text, detail);
    /* With its upstream connection goes the rest of the request. */
    exchange_drop_upstream(exchange);
    if (cause.status >= 500 && exchange->phase != EXCHANGE_HEAD)
        metric_add(session->proxy->environment.metrics, METRIC_upstream_failures, 1);
    if (cause.status == 0 || exchange->head_done || exchange->phase == EXCHANGE_ANSWER) {
        session_cut(session);
        return;
    }
    answer(session, cause, detail);
}

void exchange_refuse(struct session *session, struct cause cause)
{
    session->exchange->has_framing = false;
    exchange_fail(session, cause, NULL);
}

void exchange_seek(struct session *session, struct upstream_group *group, bool fresh)
{
    upstream_seek_init(&session->exchange->seek, group, fresh, session_on_upstream, session);
    session->exchange->phase = EXCHANGE_SEEK;
}

static enum step seek_step(struct session *session)
{
    struct exchange *exchange = session->exchange;
    switch (upstream_seek_step(&exchange->seek, &exchange->upstream)) {
    case SEEK_WAIT:
        return STEP_WAIT;
    case SEEK_FAILED:
        note_trouble(session, upstream_seek_server(&exchange->seek), exchange->seek.why);
        exchange_fail(session, cause_of(exchange->seek.failure), NULL);
        return STEP_AGAIN;
    case SEEK_FOUND:
        break;
    }
    stream_set_owner(exchange->upstream->stream, session_on_upstream, session);
    endpoint_init(&exchange->upstream_end, exchange->upstream->stream);
    /* A kept connection was silent a moment ago: what comes now, the loop will tell. */
    exchange->upstream_end.readable = !exchange->upstream->reused;
    if (!exchange_request_send(session))
        exchange_fail(session, cause_of(CAUSE_INTERNAL), NULL);
    return STEP_AGAIN;
}

static enum step answer_step(struct session *session)
{
    struct exchange *exchange = session->exchange;
    size_t before = buffer_length(&session->out);
    enum stream_status status = endpoint_flush(&session->stream, &session->out);
    if (buffer_length(&session->out) != before)
        exchange->response_moved_ms = now_ms(session);
    if (status == STREAM_WAIT)
        return STEP_WAIT;
    if (status == STREAM_OK)
        exchange->phase = EXCHANGE_COMPLETE;
    else
        session_cut(session);
    return STEP_AGAIN;
}

/* One step of both directions. A response that is complete ends the exchange, whatever is left of the
 * request: what the client still sends then is dropped, and both connections close. */
static enum step relay_both_step(struct session *session, size_t *budget)
{
    struct exchange *exchange = session->exchange;
    /* Half for each direction, so that neither starves the other. */
    size_t share = *budget / 2, left = share;
    enum step request = exchange_request_step(session, &left);
    *budget -= share - left;
    if (exchange->phase != EXCHANGE_RELAY || session->state != SESSION_EXCHANGE)
        return STEP_AGAIN;
    enum step response = exchange_response_step(session, budget);
    if (exchange->phase != EXCHANGE_RELAY || session->state != SESSION_EXCHANGE)
        return STEP_AGAIN;
    if (exchange->response_done) {
        exchange->linger = !exchange->request_done;
        if (!exchange->request_done || !exchange->client_keep_alive)
            session->close_after = true;
        exchange->phase = EXCHANGE_COMPLETE;
        return STEP_AGAIN;
    }
    return request == STEP_AGAIN || response == STEP_AGAIN ? STEP_AGAIN : STEP_WAIT;
}

enum step exchange_step(struct session *session, size_t *budget)
{
    switch (session->exchange->phase) {
    case EXCHANGE_SEEK:
        return seek_step(session);
    case EXCHANGE_RELAY:
        return relay_both_step(session, budget);
    case EXCHANGE_TUNNEL:
        return tunnel_step(session, budget);
    case EXCHANGE_ANSWER:
        return answer_step(session);
    case EXCHANGE_COMPLETE:
        session_finish_exchange(session);
        return STEP_AGAIN;
    case EXCHANGE_HEAD:
        break;
    }
    ASSERT(!"a head is the session's to read");
    return STEP_WAIT;
}

static int64_t earlier(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

static int64_t later(int64_t left, int64_t right)
{
    return left > right ? left : right;
}

static int64_t relay_deadline(const struct exchange *exchange, const struct config_timeouts *timeouts)
{
    int64_t deadline = INT64_MAX;
    bool request_over = exchange->request_done || exchange->request_dead;
    if (!request_over)
        deadline = exchange->request_moved_ms + timeouts->stall_ms;
    if (exchange->head_done)
        deadline = earlier(deadline, exchange->response_moved_ms + timeouts->stall_ms);
    else if (request_over)
        deadline = earlier(deadline, exchange->request_moved_ms + timeouts->first_byte_ms);
    return deadline;
}

int64_t exchange_deadline(const struct session *session)
{
    const struct exchange *exchange = session->exchange;
    const struct config_timeouts *timeouts = &proxy_config(session->proxy)->timeouts;
    switch (exchange->phase) {
    case EXCHANGE_HEAD:
        return exchange->begun_ms + timeouts->head_ms;
    case EXCHANGE_SEEK:
        return exchange->request_moved_ms + timeouts->connect_ms;
    case EXCHANGE_RELAY:
        return relay_deadline(exchange, timeouts);
    case EXCHANGE_TUNNEL:
        return later(exchange->request_moved_ms, exchange->response_moved_ms) + timeouts->tunnel_ms;
    default:
        return exchange->response_moved_ms + timeouts->stall_ms;
    }
}

/* Which of the waits was too long, and who is to blame. */
static enum proxy_cause relay_timeout(const struct session *session)
{
    const struct exchange *exchange = session->exchange;
    int64_t stall_ms = proxy_config(session->proxy)->timeouts.stall_ms, now = now_ms(session);
    bool request_over = exchange->request_done || exchange->request_dead;
    if (exchange->head_done && exchange->response_moved_ms + stall_ms <= now)
        return exchange->response_relay.blocked ? CAUSE_CLIENT_STALLED : CAUSE_UPSTREAM_STALLED;
    if (request_over)
        return CAUSE_FIRST_BYTE_TIMEOUT;
    return exchange->request_relay.blocked ? CAUSE_UPSTREAM_STALLED : CAUSE_CLIENT_STALLED;
}

void exchange_timeout(struct session *session)
{
    struct exchange *exchange = session->exchange;
    switch (exchange->phase) {
    case EXCHANGE_HEAD:
        exchange_fail(session, cause_of(CAUSE_HEAD_TIMEOUT), NULL);
        return;
    case EXCHANGE_SEEK:
        note_trouble(session, upstream_seek_server(&exchange->seek), "no answer to connecting");
        exchange_fail(session, cause_of(upstream_seek_timeout(&exchange->seek)), NULL);
        return;
    case EXCHANGE_RELAY:
        exchange_fail(session, cause_of(relay_timeout(session)), NULL);
        return;
    case EXCHANGE_TUNNEL:
        exchange_fail(session, cause_of(CAUSE_TUNNEL_IDLE), NULL);
        return;
    default:
        exchange_fail(session, cause_of(CAUSE_CLIENT_STALLED), NULL);
        return;
    }
}
