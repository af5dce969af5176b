#include "tunnel.h"

void tunnel_begin(struct session *session)
{
    struct exchange *exchange = session->exchange;
    const struct http_framing bytes = {.body = HTTP_BODY_UNTIL_CLOSE};
    relay_init(&exchange->request_relay, &session->stream, &exchange->upstream_end, &session->in,
               &exchange->out, &bytes, false);
    relay_init(&exchange->response_relay, &exchange->upstream_end, &session->stream, &exchange->in,
               &session->out, &bytes, false);
    exchange->request_done = exchange->response_done = false;
    exchange->client_keep_alive = exchange->upstream_keep_alive = false;
    exchange->phase = EXCHANGE_TUNNEL;
    metric_add(session->proxy->environment.metrics, METRIC_tunnels_open, 1);
}

/* One direction. What the source has ended is ended towards the sink; an end without its due form is a cut.
 */
static enum step direction_step(struct session *session, struct relay *relay, bool *done, int64_t *moved_ms,
                                size_t *budget)
{
    if (*done)
        return STEP_WAIT;
    uint64_t moved = relay->moved;
    enum relay_status status = relay_step(relay, budget);
    if (relay->moved != moved)
        *moved_ms = loop_now_ms(session->proxy->environment.loop);
    if (status == RELAY_WAIT)
        return STEP_WAIT;
    if (status == RELAY_BUSY)
        return STEP_AGAIN;
    if (status == RELAY_DONE) {
        /* Not waited for: if it does not fit now, the end of the connection says it. */
        (void)stream_shutdown(relay->sink->stream);
        *done = true;
        return STEP_AGAIN;
    }
    bool client = (relay->source == &session->stream) == (status == RELAY_TRUNCATED);
    exchange_fail(session, cause_of(client ? CAUSE_CLIENT_GONE : CAUSE_UPSTREAM_TRUNCATED), NULL);
    return STEP_AGAIN;
}

enum step tunnel_step(struct session *session, size_t *budget)
{
    struct exchange *exchange = session->exchange;
    size_t share = *budget / 2, left = share;
    enum step up = direction_step(session, &exchange->request_relay, &exchange->request_done,
                                  &exchange->request_moved_ms, &left);
    *budget -= share - left;
    if (session->state != SESSION_EXCHANGE)
        return STEP_AGAIN;
    enum step down = direction_step(session, &exchange->response_relay, &exchange->response_done,
                                    &exchange->response_moved_ms, budget);
    if (session->state != SESSION_EXCHANGE)
        return STEP_AGAIN;
    if (exchange->request_done && exchange->response_done) {
        session_finish_exchange(session);
        return STEP_AGAIN;
    }
    return up == STEP_AGAIN || down == STEP_AGAIN ? STEP_AGAIN : STEP_WAIT;
}
