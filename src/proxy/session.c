#include "session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cut.h"
#include "exchange.h"
#include "handshake.h"
#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "postern/http/head.h"
#include "record.h"
#include "visit.h"

#define HEAD_READ_SIZE 4096
#define STEP_COST      256 /* of the budget: a step that moves nothing must not be free */
#define ARENA_SLACK    ((size_t)64 * 1024)

static void session_free(struct session *session)
{
    if (session->exchange != NULL)
        exchange_end(session);
    visit_end(session); /* while there is a path */
    timer_clear(&session->timer);
    if (session->cut)
        stream_abort(session->stream.stream);
    identity_free(session->identity);
    stream_free(session->stream.stream);
    buffer_clear(&session->in);
    buffer_clear(&session->out);
    arena_clear(&session->arena);
    proxy_remove_session(session->proxy, session);
    serving_unref(session->judged_by);
    free(session->refusal);
    free(session->fields);
    free(session);
}

void session_enter(struct session *session, enum session_state state)
{
    session->state = state;
    session->since_ms = loop_now_ms(session->proxy->environment.loop);
}

void session_cut(struct session *session)
{
    session->cut = true;
    session_enter(session, SESSION_ENDED);
}

bool session_client_is_gone(const struct session *session)
{
    if (session->socket < 0)
        return false;
    struct pollfd poll_fd = {.fd = session->socket, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void session_finish_exchange(struct session *session)
{
    session->linger = session->exchange->linger;
    exchange_end(session);
    session_enter(session, session->close_after ? SESSION_CLOSING : SESSION_IDLE);
}

/* Give back what an idle connection does not need. */
static void release(struct session *session)
{
    buffer_release(&session->in);
    buffer_release(&session->out);
    stream_release(session->stream.stream);
}

/* The limits may be another generation's by now. */
static void set_limits(struct session *session)
{
    const struct config_limits *limits = &proxy_config(session->proxy)->limits;
    size_t share = exchange_buffer_size(proxy_config(session->proxy));
    session->in.limit = share > limits->head_size_bytes ? share : limits->head_size_bytes;
    session->out.limit = share;
    session->arena.limit = limits->head_size_bytes * (1 + sizeof(struct http_field) / 4) + ARENA_SLACK;
}

static enum stream_status read_head(struct session *session, size_t *budget)
{
    char bytes[HEAD_READ_SIZE];
    size_t count, room = buffer_room(&session->in);
    /* By way of the stack: a connection on which nothing comes takes no memory to find that out. */
    enum stream_status status = endpoint_take(&session->stream, bytes,
                                              room < sizeof(bytes) ? room : sizeof(bytes), &count);
    if (status == STREAM_OK && !buffer_append(&session->in, bytes, count))
        return STREAM_FAILED;
    *budget -= count < *budget ? count : *budget;
    return status;
}

static enum step idle_step(struct session *session, size_t *budget)
{
    bool admitted = session->verdict == TRUST_ADMITTED;
    if (admitted && (session->close_after || (session->proxy->draining && session->requests > 0))) {
        session->linger = !buffer_is_empty(&session->in);
        session_enter(session, SESSION_CLOSING);
        return STEP_AGAIN;
    }
    if (buffer_is_empty(&session->in)) {
        set_limits(session);
        enum stream_status status = read_head(session, budget);
        if (status == STREAM_WAIT) {
            release(session);
            return STEP_WAIT;
        }
        if (status != STREAM_OK) {
            session->half_closed = true;
            session->cut = status != STREAM_END;
            session_enter(session, status == STREAM_END ? SESSION_CLOSING : SESSION_ENDED);
            return STEP_AGAIN;
        }
    }
    session->scanned = 0;
    if (exchange_begin(session))
        session_enter(session, SESSION_HEAD);
    else
        session_cut(session);
    return STEP_AGAIN;
}

static enum step take_head(struct session *session, enum http_result result, size_t length)
{
    session_enter(session, SESSION_EXCHANGE);
    if (result == HTTP_OK)
        exchange_start(session, length);
    else
        exchange_refuse(session, cause_of_http(result));
    return STEP_AGAIN;
}

static enum step head_step(struct session *session, size_t *budget)
{
    const struct config_limits *config = &proxy_config(session->proxy)->limits;
    /* The buffer is as large as the limit was when the head began, which may have been before a reload. */
    size_t room = session->in.limit;
    const struct http_limits limits = {.head_size = config->head_size_bytes < room ? config->head_size_bytes
                                                                                   : room,
                                       .target_size = config->target_size_bytes,
                                       .field_count = config->field_count};
    struct slice data = buffer_view(&session->in);
    size_t length = 0;
    enum http_result result = http_request_parse(data.data, data.length, &limits, &session->scanned,
                                                 &session->exchange->request, &length);
    if (result != HTTP_INCOMPLETE)
        return take_head(session, result, length);
    switch (read_head(session, budget)) {
    case STREAM_OK:
        return STEP_AGAIN;
    case STREAM_WAIT:
        return STEP_WAIT;
    default:
        cause_set(&session->exchange->cause, cause_of(CAUSE_CLIENT_TRUNCATED));
        session_cut(session);
        return STEP_AGAIN;
    }
}

static enum step closing_step(struct session *session)
{
    enum stream_status status = endpoint_flush(&session->stream, &session->out);
    if (status == STREAM_OK)
        status = stream_shutdown(session->stream.stream);
    if (status == STREAM_WAIT)
        return STEP_WAIT;
    /* Closing a socket with unread bytes resets it, and the client may lose our last words. */
    bool linger = status == STREAM_OK && session->linger && !session->half_closed;
    session_enter(session, linger ? SESSION_LINGER : SESSION_ENDED);
    return STEP_AGAIN;
}

static enum step linger_step(struct session *session, size_t *budget)
{
    size_t count;
    buffer_consume(&session->in, buffer_length(&session->in));
    enum stream_status status = endpoint_read(&session->stream, &session->in, RELAY_READ_MIN, &count);
    *budget -= count < *budget ? count : *budget;
    if (status == STREAM_WAIT)
        return STEP_WAIT;
    if (status != STREAM_OK)
        session_enter(session, SESSION_ENDED);
    return STEP_AGAIN;
}

static enum step step(struct session *session, size_t *budget)
{
    switch (session->state) {
    case SESSION_HANDSHAKE:
        return handshake_step(session);
    case SESSION_DISCARD:
        return discard_step(session);
    case SESSION_IDLE:
        return idle_step(session, budget);
    case SESSION_HEAD:
        return head_step(session, budget);
    case SESSION_EXCHANGE:
        return exchange_step(session, budget);
    case SESSION_CLOSING:
        return closing_step(session);
    case SESSION_LINGER:
        return linger_step(session, budget);
    case SESSION_ENDED:
        break;
    }
    return STEP_WAIT;
}

/* The verdict is no longer that it is admitted. */
static void verdict_lost(struct session *session)
{
    if (cut_is_put_off(session)) {
        cut_tell_put_off(session); /* close_after is set, and no other request is taken */
        return;
    }
    cut_tell(session);
    if (session->exchange != NULL)
        cause_set(&session->exchange->cause, cause_of_trust(session->verdict));
    else
        record_refusal(session, cause_of_trust(session->verdict), session->refusal);
    /* Between requests there is nothing to cut short, and the client may as well be told properly. */
    if (session->state == SESSION_IDLE && !cut_leaves_unsent(session))
        session_enter(session, SESSION_CLOSING);
    else
        session_cut(session);
}

/* P1: before each step, and so before any byte goes upstream. A refused session, which waits to be told so,
 * has no verdict to lose. One that is closing has: what it has not been sent yet, it shall not get. */
static void keep_current(struct session *session)
{
    bool bound = session->state >= SESSION_IDLE && session->state <= SESSION_LINGER;
    if (bound && session->verdict == TRUST_ADMITTED && !handshake_is_current(session))
        verdict_lost(session);
}

static void take_timeout(struct session *session)
{
    session->timed_out = false;
    switch (session->state) {
    case SESSION_HANDSHAKE:
        handshake_timeout(session);
        return;
    case SESSION_IDLE:
        session_enter(session, SESSION_CLOSING);
        return;
    case SESSION_HEAD:
        session_enter(session, SESSION_EXCHANGE);
        exchange_timeout(session);
        return;
    case SESSION_EXCHANGE:
        exchange_timeout(session);
        return;
    default:
        session_cut(session);
        return;
    }
}

static int64_t idle_ms(const struct session *session, const struct config_timeouts *timeouts)
{
    if (session->proxy->draining)
        return SESSION_DRAIN_MS;
    return session->verdict == TRUST_ADMITTED ? timeouts->idle_ms : timeouts->head_ms;
}

static int64_t deadline(const struct session *session)
{
    const struct config_timeouts *timeouts = &proxy_config(session->proxy)->timeouts;
    switch (session->state) {
    case SESSION_HANDSHAKE:
        return session->since_ms + timeouts->handshake_ms;
    case SESSION_DISCARD:
        return session->since_ms + SESSION_DISCARD_MS;
    case SESSION_IDLE:
        return session->since_ms + idle_ms(session, timeouts);
    case SESSION_HEAD:
    case SESSION_EXCHANGE:
        return exchange_deadline(session);
    default:
        return session->since_ms + SESSION_LINGER_MS;
    }
}

static void arm_timer(struct session *session)
{
    int64_t now_ms = loop_now_ms(session->proxy->environment.loop), at_ms = deadline(session);
    timer_arm(&session->timer, at_ms > now_ms ? at_ms - now_ms : 0);
}

void session_run(struct session *session)
{
    size_t budget = RELAY_BUDGET;
    ASSERT(!session->running);
    session->running = true;
    keep_current(session);
    if (session->timed_out)
        take_timeout(session);
    while (session->state != SESSION_ENDED) {
        if (step(session, &budget) == STEP_WAIT)
            break;
        budget -= budget < STEP_COST ? budget : STEP_COST;
        if (budget == 0 && session->state != SESSION_ENDED) {
            stream_wake(session->stream.stream);
            break;
        }
        keep_current(session);
    }
    session->running = false;
    if (session->state == SESSION_ENDED)
        session_free(session);
    else
        arm_timer(session);
}

static void on_client(void *context)
{
    struct session *session = context;
    endpoint_wake(&session->stream);
    session_run(session);
}

void session_on_upstream(void *context)
{
    struct session *session = context;
    if (session->exchange != NULL && session->exchange->upstream != NULL)
        endpoint_wake(&session->exchange->upstream_end);
    session_run(session);
}

static void on_timer(void *context)
{
    struct session *session = context;
    session->timed_out = true;
    session_run(session);
}

void session_end_now(struct session *session, struct cause cause)
{
    ASSERT(!session->running);
    if (session->exchange != NULL)
        cause_set(&session->exchange->cause, cause);
    else if (session->state == SESSION_IDLE)
        (void)stream_shutdown(session->stream.stream);
    session->cut = session->exchange != NULL;
    session_free(session);
}

/* Only asked, not stepped: the sweep has thousands to ask, and whoever is admitted has nothing to do. */
void session_sweep(struct session *session)
{
    ASSERT(!session->running);
    bool was_admitted = session->verdict == TRUST_ADMITTED, was_staying = !session->close_after;
    session->running = true;
    keep_current(session);
    session->running = false;
    if (session->state == SESSION_ENDED)
        session_free(session);
    else if ((was_admitted && session->verdict != TRUST_ADMITTED) || (was_staying && session->close_after))
        session_run(session);
    else
        arm_timer(session); /* timeouts may be others now */
}

void session_drain(struct session *session)
{
    session_run(session);
}

static struct session *session_new(struct proxy *proxy, struct stream *client, const char *peer)
{
    struct session *session = xcalloc(1, sizeof(*session));
    session->proxy = proxy;
    session->socket = -1;
    session->judged_by = serving_ref(proxy->serving);
    session->accepted_us = clock_monotonic_us(loop_clock(proxy->environment.loop));
    (void)snprintf(session->client, sizeof(session->client), "%s", peer);
    (void)snprintf(session->client_host, sizeof(session->client_host), "%s", peer);
    list_init(&session->link);
    arena_init(&session->arena, 0);
    buffer_init(&session->in, 0);
    buffer_init(&session->out, 0);
    timer_init(&session->timer, proxy->environment.loop, on_timer, session);
    endpoint_init(&session->stream, client);
    stream_set_owner(client, on_client, session);
    set_limits(session);
    proxy_add_session(proxy, session);
    return session;
}

void session_accept(struct proxy *proxy, int fd, const struct address *peer)
{
    char text[ADDRESS_TEXT_SIZE], host[ADDRESS_TEXT_SIZE];
    struct stream *stream = tls_stream_accept(proxy->serving->server, proxy->environment.loop, fd);
    if (stream == NULL)
        return;
    struct session *session = session_new(proxy, stream, address_format(peer, text));
    (void)snprintf(session->client_host, sizeof(session->client_host), "%s", address_format_host(peer, host));
    session->socket = fd;
    session->verdict = TRUST_NO_CERTIFICATE;
    session->client_key = address_client_key(peer);
    session->counted = true;
    client_table_add(&proxy->clients, session->client_key);
    session_enter(session, SESSION_HANDSHAKE);
    session_run(session);
}

struct session *session_new_admitted(struct proxy *proxy, struct stream *client, const char *peer,
                                     const struct trust_path *path, struct slice fields)
{
    struct session *session = session_new(proxy, client, peer);
    session->verdict = TRUST_ADMITTED;
    session->recheck_at_s = INT64_MAX;
    session->path = path;
    session->fields = xstrndup(fields.data, fields.length);
    session->fields_length = fields.length;
    session_enter(session, SESSION_IDLE);
    arm_timer(session);
    stream_wake(client);
    return session;
}
