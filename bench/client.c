#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "failure.h"
#include "outcome.h"

/* STEP_ON: the state may have changed, go on; STEP_WAIT: nothing more can be done now. */
enum step { STEP_ON, STEP_WAIT };

enum {
    STEPS_MAX = 16, /* reads of one client before the others have their turn */
    OPENING_MAX =
        64 /* a listen queue is short; a handshake that waits in it would be the bench's own doing */
};

void client_init(struct client *client, struct lane *lane)
{
    *client = (struct client){.lane = lane, .fd = -1};
    list_init(&client->wait);
    list_init(&client->ready);
    response_init(&client->response, lane->target->asks_by_head);
}

static void leave_opening(struct client *client)
{
    if (client->is_opening)
        client->lane->opening--;
    client->is_opening = false;
}

static void disconnect(struct client *client)
{
    leave_opening(client);
    lane_forget(client);
    if (client->ssl) {
        /* Tell the server, if it can be told at once; a session that was not ended may not be resumed. */
        if (SSL_is_init_finished(client->ssl))
            SSL_shutdown(client->ssl);
        SSL_free(client->ssl);
        ERR_clear_error();
    }
    client->ssl = NULL;
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->answered = 0;
    client->state = CLIENT_RESTING;
}

void client_clear(struct client *client)
{
    disconnect(client);
    SSL_SESSION_free(client->session);
    client->session = NULL;
    response_clear(&client->response);
}

void client_keep_session(struct client *client, SSL_SESSION *session)
{
    SSL_SESSION_free(client->session);
    client->session = session;
}

static void settle(struct client *client)
{
    if (!client->is_settled)
        atomic_fetch_add(&client->lane->shared->settled, 1);
    client->is_settled = true;
}

static enum step finish(struct client *client)
{
    disconnect(client);
    settle(client);
    client->state = CLIENT_FINISHED;
    client->lane->finished++;
    return STEP_WAIT;
}

static void count_failure(struct lane *lane, struct failure failure)
{
    int64_t now_ns = lane_clock();
    if (!lane_is_in_window(lane, now_ns))
        return;
    tally_failure(&lane->tally, now_ns - lane->begin_ns, failure);
    atomic_fetch_add_explicit(&lane->shared->failures, 1, memory_order_relaxed);
}

static enum step fail(struct client *client, enum failure_kind kind, int detail)
{
    struct lane *lane = client->lane;
    count_failure(lane, (struct failure){kind, detail});
    /* In an open loop, what was due while there was no connection has failed with it. */
    if (!client->owes)
        (void)lane_take_operation(lane, &client->due_ns);
    client->owes = false;
    if (lane->options->mode == MODE_IDLE)
        return finish(client);
    disconnect(client);
    lane_rest(lane, client);
    return STEP_WAIT;
}

/* An operation has succeeded, or came back with a status that says no. */
static void complete(struct client *client)
{
    struct lane *lane = client->lane;
    int64_t now_ns = lane_clock();
    int status = client->response.status;
    client->owes = false;
    if (!lane_is_in_window(lane, now_ns))
        return;
    if (status > 0)
        lane->tally.status[status / 100]++;
    if (status >= 400) {
        count_failure(lane, (struct failure){FAILURE_STATUS, status});
        return;
    }
    tally_success(&lane->tally, now_ns - lane->begin_ns, now_ns - client->due_ns);
    atomic_fetch_add_explicit(&lane->shared->operations, 1, memory_order_relaxed);
}

/* An operation to begin, or the end of them, or none yet. STEP_ON if client->owes is now true. */
static enum step take_turn(struct client *client)
{
    if (client->owes)
        return STEP_ON;
    switch (lane_take_operation(client->lane, &client->due_ns)) {
    case LANE_TAKEN:
        client->owes = true;
        return STEP_ON;
    case LANE_LATER:
        lane_await_turn(client->lane, client);
        return STEP_WAIT;
    case LANE_NO_MORE:
        break;
    }
    return finish(client);
}

/* Where the handshake is a part of the operation, a connection is opened for each that begins. Where it is
 * not, it must not wait: an open loop opens its connections beforehand. */
static bool opens_for_operation(const struct lane *lane)
{
    return lane->options->rate == 0 || lane->options->mode == MODE_HANDSHAKE;
}

static enum step step_open(struct client *client)
{
    struct lane *lane = client->lane;
    if (opens_for_operation(lane) && take_turn(client) == STEP_WAIT)
        return STEP_WAIT;
    if (!client->owes && lane->remaining == 0)
        return finish(client);
    if (lane->opening >= OPENING_MAX && lane->options->mode != MODE_HANDSHAKE) {
        lane_rest(lane, client);
        return STEP_WAIT;
    }
    const struct target *target = lane->target;
    client->opened_ns = lane_clock();
    if (lane->options->rate == 0)
        client->due_ns = client->opened_ns;
    client->fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || lane_watch(lane, client, client->fd) != 0)
        return fail(client, FAILURE_CONNECT, errno);
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    client->is_opening = true;
    lane->opening++;
    client->state = CLIENT_CONNECTING;
    lane_expect(lane, client);
    return STEP_ON;
}

/* Of mixed load every other connection resumes. */
static bool may_resume(const struct client *client)
{
    return client->lane->options->resume || client->connections % 2 == 1;
}

static enum step step_connect(struct client *client)
{
    struct target *target = client->lane->target;
    if (connect(client->fd, (const struct sockaddr *)&target->address, target->address_length) != 0 &&
        errno != EISCONN) {
        if (errno == EINPROGRESS || errno == EALREADY)
            return STEP_WAIT;
        return fail(client, FAILURE_CONNECT, errno);
    }
    client->ssl = target_new_ssl(target, client->fd);
    if (!client->ssl)
        return fail(client, FAILURE_TLS, ERR_R_MALLOC_FAILURE);
    SSL_set_app_data(client->ssl, client);
    if (client->session && may_resume(client))
        (void)SSL_set_session(client->ssl, client->session);
    client->connections++;
    client->state = CLIENT_HANDSHAKING;
    lane_expect(client->lane, client);
    return STEP_ON;
}

static void describe_tls(const struct client *client, struct tally_tls *out)
{
    SSL *ssl = client->ssl;
    int group = (int)SSL_get_negotiated_group(ssl);
    const char *group_name = group > 0 ? SSL_group_to_name(ssl, group) : NULL;
    X509 *server = SSL_get0_peer_certificate(ssl);
    EVP_PKEY *key = server ? X509_get0_pubkey(server) : NULL;
    snprintf(out->version, sizeof(out->version), "%s", SSL_get_version(ssl));
    snprintf(out->cipher, sizeof(out->cipher), "%s", SSL_get_cipher_name(ssl));
    snprintf(out->group, sizeof(out->group), "%s", group_name ? group_name : "");
    if (key)
        snprintf(out->server_key, sizeof(out->server_key), "%s %d", EVP_PKEY_get0_type_name(key),
                 EVP_PKEY_get_bits(key));
}

static void count_handshake(struct client *client)
{
    struct tally *tally = &client->lane->tally;
    int64_t now_ns = lane_clock();
    if (tally->tls.version[0] == '\0')
        describe_tls(client, &tally->tls);
    if (!lane_is_in_window(client->lane, now_ns))
        return;
    tally->handshakes++;
    tally->resumed += SSL_session_reused(client->ssl) == 1;
    histogram_record(&tally->handshake, now_ns - client->opened_ns);
}

static enum step hold(struct client *client)
{
    lane_forget(client);
    client->state = CLIENT_HOLDING;
    atomic_fetch_add(&client->lane->shared->held, 1);
    client->lane->tally.opening_s = (double)(lane_clock() - client->lane->begin_ns) / 1e9;
    settle(client);
    return STEP_ON;
}

static enum step step_handshake(struct client *client)
{
    struct failure failure;
    errno = 0;
    int result = SSL_do_handshake(client->ssl);
    if (result != 1) {
        if (!outcome_is_failure(client->ssl, result, FAILURE_HANDSHAKE_CLOSED, &failure))
            return STEP_WAIT;
        return fail(client, failure.kind, failure.detail);
    }
    count_handshake(client);
    leave_opening(client);
    client->sent = 0;
    if (!client->lane->options->bare) {
        client->state = CLIENT_READY;
        return STEP_ON;
    }
    if (client->lane->options->mode == MODE_IDLE)
        return hold(client);
    client->state = CLIENT_CLOSING;
    lane_expect(client->lane, client);
    (void)SSL_shutdown(client->ssl);
    ERR_clear_error();
    return STEP_ON;
}

/* In a closed loop the latency of these begins with connect(), that of others with the request. */
static bool includes_handshake(const struct lane *lane)
{
    return lane->options->mode == MODE_HANDSHAKE || lane->options->mode == MODE_IDLE;
}

/* The server has ended a connection between two requests: another one goes on. RFC 9112 §9.3.1 */
static enum step reconnect(struct client *client)
{
    if (lane_is_in_window(client->lane, lane_clock()))
        client->lane->tally.reconnects++;
    disconnect(client);
    return STEP_ON;
}

/* A write failed. In TLS 1.3 the server judges the client's certificate after the client's handshake has
 * ended, so its alert may lie unread behind the broken pipe. */
static enum step fail_sending(struct client *client, struct failure failure)
{
    struct failure told;
    errno = 0;
    int result = SSL_read(client->ssl, client->lane->scratch, LANE_SCRATCH);
    bool has_alert = result <= 0 && outcome_is_failure(client->ssl, result, FAILURE_CLOSED, &told) &&
                     told.kind == FAILURE_ALERT;
    return has_alert ? fail(client, told.kind, told.detail) : fail(client, failure.kind, failure.detail);
}

/* Connected, and it is nobody's turn yet: what may come is a ticket, an alert or the end. */
static enum step watch_quiet(struct client *client)
{
    struct failure failure;
    errno = 0;
    int count = SSL_read(client->ssl, client->lane->scratch, LANE_SCRATCH);
    if (count > 0)
        return fail(client, FAILURE_BAD_RESPONSE, HTTP_DONE);
    if (!outcome_is_failure(client->ssl, count, FAILURE_CLOSED, &failure))
        return STEP_WAIT;
    if (client->answered == 0 || failure.kind != FAILURE_CLOSED)
        return fail(client, failure.kind, failure.detail);
    return reconnect(client);
}

static enum step step_ready(struct client *client)
{
    if (take_turn(client) == STEP_WAIT)
        return client->state == CLIENT_READY ? watch_quiet(client) : STEP_WAIT;
    lane_expect(client->lane, client);
    client->state = CLIENT_SENDING;
    return STEP_ON;
}

static enum step step_send(struct client *client)
{
    struct slice request = buffer_view(&client->lane->target->request);
    if (client->sent == 0) {
        response_reset(&client->response);
        client->asked_ns = lane_clock();
        client->content_ns = 0;
        if (client->lane->options->rate == 0 && !includes_handshake(client->lane))
            client->due_ns = client->asked_ns;
    }
    lane_expect(client->lane, client);
    while (client->sent < request.length) {
        struct failure failure;
        size_t count = 0;
        errno = 0;
        int result = SSL_write_ex(client->ssl, request.data + client->sent, request.length - client->sent,
                                  &count);
        if (result == 1) {
            client->sent += count;
            continue;
        }
        if (!outcome_is_failure(client->ssl, result, FAILURE_CLOSED, &failure))
            return STEP_WAIT;
        return fail_sending(client, failure);
    }
    client->state = CLIENT_RECEIVING;
    return STEP_ON;
}

/* The response is whole: what is next? */
static enum step answered(struct client *client)
{
    const struct options *options = client->lane->options;
    complete(client);
    client->answered++;
    client->sent = 0;
    bool goes_on = client->response.keep_alive &&
                   (options->per_connection == 0 || client->answered < options->per_connection);
    if (options->mode == MODE_IDLE)
        return goes_on ? hold(client) : fail(client, FAILURE_HELD_LOST, 0);
    if (options->mode == MODE_HANDSHAKE || !goes_on) {
        disconnect(client);
        return STEP_ON;
    }
    lane_forget(client);
    client->state = CLIENT_READY;
    return STEP_ON;
}

static void count_content(struct client *client, size_t length)
{
    struct tally *tally = &client->lane->tally;
    int64_t now_ns = lane_clock();
    if (lane_is_in_window(client->lane, now_ns)) {
        if (client->content_ns == 0)
            histogram_record(&tally->first_byte, now_ns - client->asked_ns);
        else if (client->lane->options->mode == MODE_STREAM)
            histogram_record(&tally->gap, now_ns - client->content_ns);
        tally->content += length;
    }
    client->content_ns = now_ns;
}

/* Give what was read to the response; what stands behind a whole one is nothing that was asked for. */
static enum step take_response(struct client *client, struct slice input)
{
    for (;;) {
        struct slice content;
        enum http_result result = response_read(&client->response, &input, &content);
        if (result == HTTP_OK)
            count_content(client, content.length);
        else if (result == HTTP_INCOMPLETE)
            return STEP_ON;
        else if (result == HTTP_DONE)
            return input.length == 0 ? answered(client) : fail(client, FAILURE_BAD_RESPONSE, HTTP_DONE);
        else
            return fail(client, FAILURE_BAD_RESPONSE, (int)result);
    }
}

/* The server has gone while a response was awaited. */
static enum step step_lost(struct client *client, struct failure failure, bool was_closed_cleanly)
{
    const struct response *response = &client->response;
    bool is_gone = failure.kind == FAILURE_CLOSED ||
                   (failure.kind == FAILURE_IO && failure.detail == ECONNRESET);
    if (was_closed_cleanly && response_at_end(response) == HTTP_DONE)
        return answered(client);
    /* The request is then sent again. */
    if (is_gone && response_is_unbegun(response) && client->answered > 0)
        return reconnect(client);
    if (is_gone && !response_is_unbegun(response))
        return fail(client, FAILURE_TRUNCATED, 0);
    return fail(client, failure.kind, failure.detail);
}

static enum step step_receive(struct client *client)
{
    struct failure failure;
    errno = 0;
    int count = SSL_read(client->ssl, client->lane->scratch, LANE_SCRATCH);
    if (count > 0) {
        lane_expect(client->lane, client);
        return take_response(client, slice_of(client->lane->scratch, (size_t)count));
    }
    bool was_closed_cleanly = SSL_get_error(client->ssl, count) == SSL_ERROR_ZERO_RETURN;
    if (!outcome_is_failure(client->ssl, count, FAILURE_CLOSED, &failure))
        return STEP_WAIT;
    return step_lost(client, failure, was_closed_cleanly);
}

static enum step step_close(struct client *client)
{
    struct failure failure;
    errno = 0;
    int count = SSL_read(client->ssl, client->lane->scratch, LANE_SCRATCH);
    if (count > 0)
        return STEP_ON;
    if (!outcome_is_failure(client->ssl, count, FAILURE_CLOSED, &failure))
        return STEP_WAIT;
    if (failure.kind != FAILURE_CLOSED && failure.kind != FAILURE_IO)
        return fail(client, failure.kind, failure.detail);
    complete(client);
    disconnect(client);
    return STEP_ON;
}

static enum step step_hold(struct client *client)
{
    struct failure failure;
    errno = 0;
    int count = SSL_read(client->ssl, client->lane->scratch, LANE_SCRATCH);
    if (count > 0)
        return fail(client, FAILURE_HELD_LOST, 0);
    /* What is no data may be a ticket: it was read, and nothing is there now. */
    if (!outcome_is_failure(client->ssl, count, FAILURE_HELD_LOST, &failure))
        return STEP_WAIT;
    return fail(client, failure.kind == FAILURE_ALERT ? FAILURE_ALERT : FAILURE_HELD_LOST,
                failure.kind == FAILURE_ALERT ? failure.detail : 0);
}

static enum step step_finished(struct client *client)
{
    (void)client;
    return STEP_WAIT;
}

void client_step(struct client *client)
{
    static enum step (*const steps[CLIENT_STATE_COUNT])(struct client *) = {
        [CLIENT_RESTING] = step_open,          [CLIENT_CONNECTING] = step_connect,
        [CLIENT_HANDSHAKING] = step_handshake, [CLIENT_READY] = step_ready,
        [CLIENT_SENDING] = step_send,          [CLIENT_RECEIVING] = step_receive,
        [CLIENT_CLOSING] = step_close,         [CLIENT_HOLDING] = step_hold,
        [CLIENT_FINISHED] = step_finished,
    };
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        if (steps[client->state](client) == STEP_WAIT)
            return;
    }
    lane_continue(client->lane, client);
}

void client_expire(struct client *client)
{
    enum failure_kind kind = client->state == CLIENT_CONNECTING    ? FAILURE_CONNECT_TIMEOUT
                             : client->state == CLIENT_HANDSHAKING ? FAILURE_HANDSHAKE_TIMEOUT
                                                                   : FAILURE_RESPONSE_TIMEOUT;
    (void)fail(client, kind, 0);
}
