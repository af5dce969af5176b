#include "exchange_request.h"

#include "answer.h"
#include "postern/base/assert.h"
#include "postern/config/route.h"
#include "postern/http/expect.h"
#include "postern/http/serialise.h"
#include "request_fields.h"

static const struct slice CONTINUE = {"HTTP/1.1 100 Continue\r\n\r\n", 25};

static struct slice copy(struct session *session, struct slice text)
{
    return slice_of(arena_copy(&session->arena, text), text.length);
}

/* What the log will want when the head has gone from the buffer. */
static bool keep_for_log(struct session *session)
{
    struct exchange *exchange = session->exchange;
    const struct http_request *request = &exchange->request;
    exchange->method = copy(session, request->method);
    exchange->target_text = copy(session, request->target);
    exchange->host_text = copy(session, http_fields_value(&request->fields, SLICE_LITERAL("Host")));
    exchange->agent_text = copy(session, http_fields_value(&request->fields, SLICE_LITERAL("User-Agent")));
    return exchange->method.data != NULL && exchange->target_text.data != NULL &&
           exchange->host_text.data != NULL && exchange->agent_text.data != NULL;
}

/* RFC 9110 §9.2.2. */
static bool is_idempotent(struct slice method)
{
    static const char *const METHODS[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    for (size_t i = 0; i < LENGTH_OF(METHODS); i++)
        if (slice_equal_text(method, METHODS[i]))
            return true;
    return false;
}

/* NTLM and Negotiate authenticate a connection, which then must not carry another's request (H21). */
static bool binds_connection(const struct http_fields *fields)
{
    struct slice value = http_fields_value(fields, SLICE_LITERAL("Authorization"));
    struct slice scheme = slice_before(value, slice_find(value, ' '));
    return slice_equal_nocase(scheme, SLICE_LITERAL("NTLM")) ||
           slice_equal_nocase(scheme, SLICE_LITERAL("Negotiate"));
}

static void note_request(struct session *session)
{
    struct exchange *exchange = session->exchange;
    const struct http_request *request = &exchange->request;
    unsigned most = proxy_config(session->proxy)->limits.requests_per_connection;
    exchange->is_head = slice_equal_text(request->method, "HEAD");
    exchange->is_http10 = request->minor == 0;
    exchange->is_idempotent = is_idempotent(request->method);
    exchange->prefers_html = answer_prefers_html(&request->fields);
    exchange->no_reuse = binds_connection(&request->fields);
    if (session->proxy->draining || (most != 0 && session->requests >= most))
        session->close_after = true;
    metric_add(session->proxy->environment.metrics, METRIC_requests, 1);
}

/* Everything that the head says about its message. RFC 9112 §3, §6; RFC 9110 §10.1.1. */
static enum http_result read_head(struct exchange *exchange)
{
    enum http_result result = http_request_framing(&exchange->request, &exchange->request_framing);
    if (result == HTTP_OK)
        result = http_request_target(&exchange->request, &exchange->target);
    if (result == HTTP_OK)
        result = http_request_expect(&exchange->request, &exchange->wants_continue);
    return result;
}

/* The Host that the configuration asks for; empty: the server's own. A request of HTTP/1.0 may have none to
 * preserve. The generation may be gone when the head is written, so a name is copied. */
static bool choose_host(struct session *session, const struct config_backend *backend)
{
    struct exchange *exchange = session->exchange;
    if (backend->host == CONFIG_HOST_NAME)
        exchange->host = copy(session, slice_text(backend->host_name));
    else if (backend->host == CONFIG_HOST_PRESERVE)
        exchange->host = exchange->target.authority;
    return backend->host != CONFIG_HOST_NAME || exchange->host.data != NULL;
}

/* Authorisation by identity will stand here: between the route and the search for a connection. */
static void find_upstream(struct session *session)
{
    struct exchange *exchange = session->exchange;
    const struct config_route *route = config_route_find(proxy_config(session->proxy), exchange->target.path);
    if (route == NULL) {
        exchange_fail(session, cause_of(CAUSE_NO_ROUTE), NULL);
        return;
    }
    if (!choose_host(session, route->backend)) {
        exchange_refuse(session, cause_of(CAUSE_INTERNAL));
        return;
    }
    exchange_seek(session, session->proxy->pool.groups[route->backend->index], false);
}

void exchange_start(struct session *session, size_t head_length)
{
    struct exchange *exchange = session->exchange;
    exchange->head_length = head_length;
    exchange->request_moved_ms = loop_now_ms(session->proxy->environment.loop);
    note_request(session);
    if (!keep_for_log(session)) {
        exchange_refuse(session, cause_of(CAUSE_INTERNAL));
        return;
    }
    if (session->verdict != TRUST_ADMITTED) {
        exchange_fail(session, cause_of_trust(session->verdict), session->refusal);
        return;
    }
    enum http_result result = read_head(exchange);
    if (result != HTTP_OK) {
        exchange_refuse(session, cause_of_http(result));
        return;
    }
    exchange->has_framing = true;
    exchange->client_keep_alive = exchange->request_framing.keep_alive && !session->close_after;
    exchange->is_websocket = http_request_wants_websocket(&exchange->request);
    find_upstream(session);
}

static struct slice server_host(const struct upstream_server *server)
{
    return server->host == NULL ? SLICE_LITERAL("localhost") : slice_text(server->text);
}

static bool write_head(struct session *session)
{
    struct exchange *exchange = session->exchange;
    const struct upstream_server *server = &exchange->upstream->group->servers[exchange->upstream->server];
    struct request_head head = {
        .request = &exchange->request,
        .target = &exchange->target,
        .framing = &exchange->request_framing,
        .config = proxy_config(session->proxy),
        .host = exchange->host.length > 0 ? exchange->host : server_host(server),
        .client_host = session->client_host,
        .request_id = exchange->request_id,
        .identity = slice_of(session->fields, session->fields_length),
        .websocket = exchange->is_websocket,
    };
    exchange->upstream_text = arena_copy(&session->arena, slice_text(server->text));
    return request_head_write(&exchange->out, &head);
}

/* A kept connection may be closed by the upstream while our request is on its way. Then the request may be
 * sent again if it can do no harm twice, and if all of it is still here (H22). */
static void keep_for_replay(struct session *session)
{
    struct exchange *exchange = session->exchange;
    if (!exchange->upstream->reused || !exchange->is_idempotent ||
        exchange->request_framing.body != HTTP_BODY_NONE)
        return;
    struct slice head = copy(session, buffer_view(&exchange->out));
    if (head.data != NULL)
        exchange->replay = head;
}

/* Departure from RFC 9110 §10.1.1, which has a proxy pass the expectation on: we answer it as soon as we have
 * an upstream to send the content to, so that no two servers have to agree on whether content follows (H5).
 */
static void answer_expectation(struct session *session)
{
    struct exchange *exchange = session->exchange;
    if (exchange->wants_continue && exchange->request_framing.body != HTTP_BODY_NONE &&
        buffer_is_empty(&session->in))
        ASSERT(buffer_append_slice(&session->out, CONTINUE));
}

bool exchange_request_send(struct session *session)
{
    struct exchange *exchange = session->exchange;
    int64_t now_ms = loop_now_ms(session->proxy->environment.loop);
    if (exchange->retried) {
        if (!buffer_append_slice(&exchange->out, exchange->replay))
            return false;
    } else if (!write_head(session)) {
        return false;
    } else {
        keep_for_replay(session);
        buffer_consume(&session->in, exchange->head_length);
        exchange->head_length = 0;
        answer_expectation(session);
    }
    upstream_seek_clear(&exchange->seek);
    relay_init(&exchange->request_relay, &session->stream, &exchange->upstream_end, &session->in,
               &exchange->out, &exchange->request_framing,
               exchange->request_framing.body == HTTP_BODY_CHUNKED);
    exchange->sent_us = clock_monotonic_us(loop_clock(session->proxy->environment.loop));
    exchange->request_moved_ms = exchange->response_moved_ms = now_ms;
    exchange->phase = EXCHANGE_RELAY;
    return true;
}

/* The request is whole. What the client does now can only be the next request, or leaving. */
static enum step watch_client(struct session *session)
{
    while (session->stream.readable && !session->half_closed && buffer_room(&session->in) > 0) {
        size_t count, room = buffer_room(&session->in);
        enum stream_status status = endpoint_read(&session->stream, &session->in,
                                                  room < RELAY_READ_MIN ? room : RELAY_READ_MIN, &count);
        if (status == STREAM_OK)
            continue;
        if (status == STREAM_WAIT)
            return STEP_WAIT;
        session->close_after = true;
        session->half_closed = true;
        if (status != STREAM_END || session_client_is_gone(session))
            exchange_fail(session, cause_of(CAUSE_CLIENT_GONE), NULL);
    }
    return STEP_WAIT;
}

static enum step request_failed(struct session *session, enum relay_status status)
{
    struct exchange *exchange = session->exchange;
    switch (status) {
    case RELAY_MALFORMED:
        exchange_refuse(session, cause_of_http(exchange->request_relay.result));
        return STEP_AGAIN;
    case RELAY_TRUNCATED:
        session->half_closed = true;
        exchange_fail(session, cause_of(CAUSE_CLIENT_TRUNCATED), NULL);
        return STEP_AGAIN;
    default:
        /* It takes no more: perhaps it has answered already (413), perhaps it is gone. */
        exchange->request_dead = true;
        exchange->upstream_end.readable = true;
        return STEP_AGAIN;
    }
}

/* What was said to the client before any response: 100 Continue. */
static bool flush_interim(struct session *session)
{
    if (session->exchange->head_done || buffer_is_empty(&session->out))
        return true;
    enum stream_status status = endpoint_flush(&session->stream, &session->out);
    if (status == STREAM_OK || status == STREAM_WAIT)
        return true;
    exchange_fail(session, cause_of(CAUSE_CLIENT_GONE), NULL);
    return false;
}

enum step exchange_request_step(struct session *session, size_t *budget)
{
    struct exchange *exchange = session->exchange;
    if (!flush_interim(session))
        return STEP_AGAIN;
    if (exchange->request_done)
        return watch_client(session);
    if (exchange->request_dead)
        return STEP_WAIT;
    uint64_t moved = exchange->request_relay.moved;
    enum relay_status status = relay_step(&exchange->request_relay, budget);
    if (exchange->request_relay.moved != moved)
        exchange->request_moved_ms = loop_now_ms(session->proxy->environment.loop);
    switch (status) {
    case RELAY_WAIT:
        return STEP_WAIT;
    case RELAY_BUSY:
        return STEP_AGAIN;
    case RELAY_DONE:
        exchange->request_done = true;
        buffer_release(&exchange->out);
        return watch_client(session);
    default:
        return request_failed(session, status);
    }
}
