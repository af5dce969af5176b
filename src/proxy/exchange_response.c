#include "exchange_response.h"

#include "postern/http/expect.h"
#include "response_fields.h"
#include "tunnel.h"

/* Fields as parsed, on the stack of one step: they are written out in the same step. */
struct parsed {
    struct http_response response;
    struct http_field fields[EXCHANGE_RESPONSE_FIELDS_MAX];
};

/* The upstream has ended before its head was whole. If it was a kept connection, which it may have closed
 * before it saw our request, a harmless request is sent once more on a fresh one (H22). */
static enum step upstream_closed(struct session *session)
{
    struct exchange *exchange = session->exchange;
    /* A second try is a new beginning, which on_revoke = finish_exchange does not cover (P1). */
    if (!exchange->response_begun && exchange->replay.length > 0 && !exchange->retried &&
        session->verdict == TRUST_ADMITTED) {
        struct upstream_group *group = upstream_group_ref(exchange->upstream->group);
        exchange_drop_upstream(exchange);
        buffer_clear(&exchange->out);
        exchange->retried = true;
        exchange->request_done = exchange->request_dead = false;
        exchange->request_moved_ms = loop_now_ms(session->proxy->environment.loop);
        exchange_seek(session, group, true);
        upstream_group_unref(group);
        return STEP_AGAIN;
    }
    exchange_fail(session, cause_of(CAUSE_UPSTREAM_CLOSED), NULL);
    return STEP_AGAIN;
}

static enum step malformed(struct session *session, enum http_result result)
{
    exchange_fail(session, cause_of(CAUSE_UPSTREAM_MALFORMED), http_result_text(result));
    return STEP_AGAIN;
}

/* 1xx: passed on to who can understand it, but for the 100 that we have answered ourselves. */
static enum step take_interim(struct session *session, const struct response_head *head, size_t length)
{
    struct exchange *exchange = session->exchange;
    if (++exchange->interims > EXCHANGE_INTERIM_MAX)
        return malformed(session, HTTP_BAD_STATUS);
    if (head->response->status != 100 && !exchange->is_http10 && !interim_head_write(&session->out, head))
        return malformed(session, HTTP_HEAD_TOO_LARGE);
    /* One that announces content, or the end: nobody can tell what stands behind it (H20). */
    exchange->no_reuse = exchange->no_reuse || !head->framing->keep_alive;
    buffer_consume(&exchange->in, length);
    exchange->scanned = 0;
    return STEP_AGAIN;
}

/* 101: both sides are a tunnel from the next byte on, if that was asked for and is what was agreed to (H24).
 */
static enum step take_switch(struct session *session, struct response_head *head, size_t length)
{
    struct exchange *exchange = session->exchange;
    if (!exchange->is_websocket || !exchange->request_done ||
        !http_response_accepts_websocket(head->response))
        return malformed(session, HTTP_BAD_STATUS);
    head->websocket = true;
    if (!response_head_write(&session->out, head))
        return malformed(session, HTTP_HEAD_TOO_LARGE);
    buffer_consume(&exchange->in, length);
    exchange->status = 101;
    exchange->head_done = true;
    session->close_after = true;
    tunnel_begin(session);
    return STEP_AGAIN;
}

/* How the response goes out: by length if there is one, else in chunks, else (HTTP/1.0) until we close. */
static void plan_framing(struct session *session, struct response_head *head)
{
    struct exchange *exchange = session->exchange;
    enum http_body body = head->framing->body;
    bool has_end = body == HTTP_BODY_NONE || body == HTTP_BODY_LENGTH;
    head->chunked = !has_end && !exchange->is_http10;
    /* An answer before the request is whole: we cannot wait for the rest to keep the connection. */
    if (session->close_after || session->proxy->draining || (!has_end && exchange->is_http10) ||
        !exchange->request_done)
        exchange->client_keep_alive = false;
    head->close = !exchange->client_keep_alive;
    head->keep_alive = exchange->client_keep_alive && exchange->is_http10;
}

static enum step take_final(struct session *session, struct response_head *head, size_t length)
{
    struct exchange *exchange = session->exchange;
    plan_framing(session, head);
    if (!response_head_write(&session->out, head))
        return malformed(session, HTTP_HEAD_TOO_LARGE);
    buffer_consume(&exchange->in, length);
    relay_init(&exchange->response_relay, &exchange->upstream_end, &session->stream, &exchange->in,
               &session->out, head->framing, head->chunked);
    exchange->status = head->response->status;
    exchange->upstream_keep_alive = head->framing->keep_alive;
    exchange->head_done = true;
    return STEP_AGAIN;
}

static enum step take_head(struct session *session, struct parsed *parsed, size_t length)
{
    struct exchange *exchange = session->exchange;
    struct http_framing framing;
    enum http_result result = http_response_framing(&parsed->response, exchange->is_head, &framing);
    if (result != HTTP_OK)
        return malformed(session, result);
    struct response_head head = {.response = &parsed->response,
                                 .framing = &framing,
                                 .config = proxy_config(session->proxy),
                                 .request_id = exchange->request_id};
    int status = parsed->response.status;
    if (status >= 200)
        exchange->upstream_us = clock_monotonic_us(loop_clock(session->proxy->environment.loop)) -
                                exchange->sent_us;
    exchange->response_moved_ms = loop_now_ms(session->proxy->environment.loop);
    if (status == 101)
        return take_switch(session, &head, length);
    return status < 200 ? take_interim(session, &head, length) : take_final(session, &head, length);
}

/* Parse what is there. STEP_WAIT: it is not whole. */
static enum step parse_head(struct session *session)
{
    struct exchange *exchange = session->exchange;
    /* From where it comes to where it goes. They differ if a reload changed the limit between two requests
     * that the client had sent at once. */
    size_t room = session->out.limit < exchange->in.limit ? session->out.limit : exchange->in.limit;
    room -= EXCHANGE_RESPONSE_OWN_MAX;
    const struct http_limits limits = {
        .head_size = room < EXCHANGE_RESPONSE_HEAD_MAX ? room : EXCHANGE_RESPONSE_HEAD_MAX,
        .target_size = EXCHANGE_RESPONSE_HEAD_MAX,
        .field_count = EXCHANGE_RESPONSE_FIELDS_MAX};
    struct parsed parsed;
    parsed.response.fields = (struct http_fields){.items = parsed.fields,
                                                  .capacity = EXCHANGE_RESPONSE_FIELDS_MAX};
    struct slice data = buffer_view(&exchange->in);
    size_t length;
    enum http_result result = http_response_parse(data.data, data.length, &limits, &exchange->scanned,
                                                  &parsed.response, &length);
    if (result == HTTP_INCOMPLETE)
        return STEP_WAIT;
    if (result != HTTP_OK)
        return malformed(session, result);
    return take_head(session, &parsed, length);
}

static enum step head_step(struct session *session)
{
    struct exchange *exchange = session->exchange;
    /* What was said to the client before has to go first, so that the head has room. */
    if (!buffer_is_empty(&session->out))
        return STEP_WAIT;
    if (!buffer_is_empty(&exchange->in)) {
        enum step parsed = parse_head(session);
        if (parsed == STEP_AGAIN)
            return STEP_AGAIN;
    }
    size_t count, room = buffer_room(&exchange->in);
    enum stream_status status = endpoint_read(&exchange->upstream_end, &exchange->in,
                                              room < RELAY_READ_MIN ? room : RELAY_READ_MIN, &count);
    switch (status) {
    case STREAM_OK:
        exchange->response_begun = true;
        return STEP_AGAIN;
    case STREAM_WAIT:
        return STEP_WAIT;
    default:
        return upstream_closed(session);
    }
}

enum step exchange_response_step(struct session *session, size_t *budget)
{
    struct exchange *exchange = session->exchange;
    if (!exchange->head_done)
        return head_step(session);
    uint64_t moved = exchange->response_relay.moved;
    enum relay_status status = relay_step(&exchange->response_relay, budget);
    if (exchange->response_relay.moved != moved)
        exchange->response_moved_ms = loop_now_ms(session->proxy->environment.loop);
    switch (status) {
    case RELAY_WAIT:
        return STEP_WAIT;
    case RELAY_BUSY:
        return STEP_AGAIN;
    case RELAY_DONE:
        exchange->response_done = true;
        return STEP_AGAIN;
    case RELAY_TRUNCATED:
        exchange_fail(session, cause_of(CAUSE_UPSTREAM_TRUNCATED), NULL);
        return STEP_AGAIN;
    case RELAY_MALFORMED:
        exchange_fail(session, cause_of(CAUSE_UPSTREAM_MALFORMED), NULL);
        return STEP_AGAIN;
    case RELAY_SINK_FAILED:
        break;
    }
    exchange_fail(session, cause_of(CAUSE_CLIENT_GONE), NULL);
    return STEP_AGAIN;
}
