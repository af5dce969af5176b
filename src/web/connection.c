#include "connection.h"

#include <stdlib.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "postern/http/expect.h"
#include "postern/http/serialise.h"
#include "postern/http/status.h"
#include "postern/http/target.h"
#include "postern/web/date.h"
#include "server_private.h"

#define IN_MAX        (WEB_HEAD_MAX + 4096)
#define ANSWER_FIELDS (8u * 1024)
#define LINGER_MAX    (64u * 1024)
#define LINGER_MS     1000
#define WAIT_MS       (60 * 1000) /* for whoever answers */

/* What a step has led to. */
enum step { STEP_ON, STEP_WAIT, STEP_END };

void web_connection_free(struct web_connection *connection)
{
    list_remove(&connection->link);
    timer_clear(&connection->timer);
    stream_free(connection->stream);
    web_bytes_unref(connection->shared);
    buffer_clear(&connection->in);
    buffer_clear(&connection->head);
    buffer_clear(&connection->content);
    buffer_clear(&connection->out);
    free(connection);
}

static void end(struct web_connection *connection)
{
    struct web_server *server = connection->server;
    web_connection_free(connection);
    web_server_has_room(server);
}

static void await_request(struct web_connection *connection)
{
    connection->state = WEB_HEAD;
    connection->scanned = 0;
    connection->is_begun = false;
    connection->request = (struct http_request){.minor = 1};
    buffer_clear(&connection->head);
    buffer_clear(&connection->content);
    buffer_release(&connection->in);
    timer_arm(&connection->timer, connection->server->options.keep_open_ms);
}

/* Answer by ourselves and close: nobody behind us has heard of it. */
static enum step refuse(struct web_connection *connection, int status, const char *why)
{
    /* A head that was not understood has left no method that could be looked at. */
    if (connection->state == WEB_HEAD)
        connection->request = (struct http_request){.minor = 1};
    connection->keep_alive = false;
    connection->state = WEB_ASKED;
    connection->number = ++connection->server->last_number;
    web_server_refuse(connection->server, connection->number, status, why, slice_of("", 0));
    return STEP_ON;
}

static enum step refuse_result(struct web_connection *connection, enum http_result result)
{
    return refuse(connection, http_result_status(result), http_result_text(result));
}

static enum step receive(struct web_connection *connection)
{
    size_t count = 0;
    char *space = buffer_reserve(&connection->in, 1);
    if (space == NULL)
        return refuse_result(connection, HTTP_HEAD_TOO_LARGE);
    switch (stream_read(connection->stream, space, buffer_reserved(&connection->in), &count)) {
    case STREAM_OK:
        buffer_commit(&connection->in, count);
        return STEP_ON;
    case STREAM_WAIT:
        return STEP_WAIT;
    default:
        return STEP_END;
    }
}

/* The head is complete: keep it, so that its views stay where they are while content arrives. */
static enum http_result keep_head(struct web_connection *connection, const struct http_limits *limits,
                                  size_t length)
{
    size_t scanned = 0, consumed;
    struct slice data = slice_before(buffer_view(&connection->in), length);
    if (!buffer_append_slice(&connection->head, data))
        return HTTP_HEAD_TOO_LARGE;
    buffer_consume(&connection->in, length);
    data = buffer_view(&connection->head);
    return http_request_parse(data.data, data.length, limits, &scanned, &connection->request, &consumed);
}

static enum step take_head(struct web_connection *connection, const struct http_limits *limits, size_t length)
{
    struct http_framing framing;
    struct http_target target;
    bool wants_continue = false;
    enum http_result result = keep_head(connection, limits, length);
    if (result == HTTP_OK)
        result = http_request_target(&connection->request, &target);
    if (result == HTTP_OK)
        result = http_request_framing(&connection->request, &framing);
    if (result == HTTP_OK)
        result = http_request_expect(&connection->request, &wants_continue);
    if (result != HTTP_OK)
        return refuse_result(connection, result);
    connection->path = target.path;
    connection->keep_alive = framing.keep_alive;
    if (framing.body == HTTP_BODY_LENGTH && framing.length > connection->server->options.content_max)
        return refuse(connection, 413, "the content is larger than allowed");
    if (wants_continue && !buffer_append_text(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n"))
        return STEP_END;
    http_body_init(&connection->reader, &framing);
    connection->state = WEB_CONTENT;
    timer_arm(&connection->timer, connection->server->options.patience_ms);
    return STEP_ON;
}

static enum step read_head(struct web_connection *connection)
{
    static const struct http_limits limits = {WEB_HEAD_MAX, WEB_HEAD_MAX, WEB_FIELDS_MAX};
    struct slice data = buffer_view(&connection->in);
    size_t consumed = 0;
    if (data.length == 0)
        return receive(connection);
    if (!connection->is_begun) {
        connection->is_begun = true;
        timer_arm(&connection->timer, connection->server->options.patience_ms);
    }
    connection->request.fields = (struct http_fields){.items = connection->items, .capacity = WEB_FIELDS_MAX};
    enum http_result result = http_request_parse(data.data, data.length, &limits, &connection->scanned,
                                                 &connection->request, &consumed);
    if (result == HTTP_INCOMPLETE)
        return receive(connection);
    return result == HTTP_OK ? take_head(connection, &limits, consumed) : refuse_result(connection, result);
}

static enum step ask(struct web_connection *connection)
{
    struct web_server *server = connection->server;
    const struct web_request request = {
        .method = connection->request.method,
        .path = connection->path,
        .fields = &connection->request.fields,
        .content = buffer_view(&connection->content),
        .peer = &connection->peer,
    };
    connection->state = WEB_ASKED;
    connection->number = ++server->last_number;
    timer_arm(&connection->timer, WAIT_MS);
    server->options.on_request(server->options.context, connection->number, &request);
    return STEP_ON;
}

/* An answer's head and copied content, or a "100 Continue". */
static enum step send_out(struct web_connection *connection)
{
    while (!buffer_is_empty(&connection->out)) {
        struct slice rest = buffer_view(&connection->out);
        size_t count = 0;
        enum stream_status status = stream_write(connection->stream, rest.data, rest.length, &count);
        if (status != STREAM_OK)
            return status == STREAM_WAIT ? STEP_WAIT : STEP_END;
        buffer_consume(&connection->out, count);
        timer_arm(&connection->timer, connection->server->options.patience_ms);
    }
    return STEP_ON;
}

static enum step read_content(struct web_connection *connection)
{
    struct slice input = buffer_view(&connection->in), piece;
    size_t before = input.length;
    enum http_result result;
    bool fits = true;
    if (!buffer_is_empty(&connection->out)) {
        enum step sent = send_out(connection);
        if (sent != STEP_ON)
            return sent;
    }
    while (fits && (result = http_body_read(&connection->reader, &input, &piece)) == HTTP_OK)
        fits = buffer_append_slice(&connection->content, piece);
    buffer_consume(&connection->in, before - input.length);
    if (!fits)
        return refuse(connection, 413, "the content is larger than allowed");
    if (result == HTTP_INCOMPLETE)
        return receive(connection);
    return result == HTTP_DONE ? ask(connection) : refuse_result(connection, result);
}

/* After an answer that ends the connection: say so, then listen a moment for what is still on its way, or the
 * kernel would reset the connection and the answer be lost. RFC 9112 §9.6. */
static enum step begin_linger(struct web_connection *connection)
{
    connection->state = WEB_LINGER;
    timer_arm(&connection->timer, LINGER_MS);
    return STEP_ON;
}

static enum step linger(struct web_connection *connection)
{
    char waste[4096];
    size_t count = 0;
    if (stream_shutdown(connection->stream) == STREAM_FAILED)
        return STEP_END;
    while (connection->lingered < LINGER_MAX) {
        enum stream_status status = stream_read(connection->stream, waste, sizeof(waste), &count);
        if (status != STREAM_OK)
            return status == STREAM_WAIT ? STEP_WAIT : STEP_END;
        connection->lingered += count;
    }
    return STEP_END;
}

static enum step send_answer(struct web_connection *connection)
{
    enum step sent = send_out(connection);
    if (sent != STEP_ON)
        return sent;
    while (connection->rest.length > 0) {
        size_t count = 0;
        enum stream_status status = stream_write(connection->stream, connection->rest.data,
                                                 connection->rest.length, &count);
        if (status != STREAM_OK)
            return status == STREAM_WAIT ? STEP_WAIT : STEP_END;
        connection->rest = slice_after(connection->rest, count);
        timer_arm(&connection->timer, connection->server->options.patience_ms);
    }
    web_bytes_unref(connection->shared);
    connection->shared = NULL;
    buffer_release(&connection->out);
    if (!connection->keep_alive)
        return begin_linger(connection);
    await_request(connection);
    return STEP_ON;
}

static enum step shake_hands(struct web_connection *connection)
{
    switch (stream_handshake(connection->stream)) {
    case STREAM_OK:
        await_request(connection);
        return STEP_ON;
    case STREAM_WAIT:
        return STEP_WAIT;
    default:
        return STEP_END;
    }
}

static enum step step(struct web_connection *connection)
{
    switch (connection->state) {
    case WEB_HANDSHAKE:
        return shake_hands(connection);
    case WEB_HEAD:
        return read_head(connection);
    case WEB_CONTENT:
        return read_content(connection);
    case WEB_ASKED:
        return STEP_WAIT;
    case WEB_ANSWER:
        return send_answer(connection);
    case WEB_LINGER:
        return linger(connection);
    }
    return STEP_END;
}

static void on_ready(void *context)
{
    struct web_connection *connection = context;
    enum step outcome;
    do
        outcome = step(connection);
    while (outcome == STEP_ON);
    if (outcome == STEP_END)
        end(connection);
}

/* Who began a request hears why it ends; who has gone quiet between two, or does not read, does not. */
static void on_timer(void *context)
{
    struct web_connection *connection = context;
    bool may_answer = buffer_is_empty(&connection->out) &&
                      (connection->state == WEB_CONTENT ||
                       (connection->state == WEB_HEAD && connection->is_begun));
    if (connection->state == WEB_ASKED) {
        connection->keep_alive = false;
        web_server_refuse(connection->server, connection->number, 503, "no answer in time; try again",
                          SLICE_LITERAL("Retry-After: 10\r\n"));
    } else if (may_answer) {
        (void)refuse(connection, 408, "the request did not arrive in time");
    } else {
        end(connection);
    }
}

static bool write_head(struct web_connection *connection, const struct web_answer *answer)
{
    struct buffer *out = &connection->out;
    char date[WEB_DATE_SIZE];
    bool has_content = http_status_has_content(answer->status);
    web_date_format(loop_wall_s(connection->server->options.loop), date);
    return http_write_status_line(out, answer->status, slice_of("", 0)) &&
           http_write_field_text(out, "Date", date) &&
           (answer->media_type == NULL || !has_content ||
            http_write_field_text(out, "Content-Type", answer->media_type)) &&
           (!has_content || http_write_field_uint(out, "Content-Length", answer->content.length)) &&
           buffer_append_slice(out, answer->fields) &&
           (connection->keep_alive || http_write_field_text(out, "Connection", "close")) &&
           http_write_head_end(out);
}

void web_connection_answer(struct web_connection *connection, const struct web_answer *answer)
{
    bool is_head = slice_equal_text(connection->request.method, "HEAD");
    ASSERT(connection->state == WEB_ASKED);
    bool fits = write_head(connection, answer);
    if (fits && !is_head && answer->shared == NULL)
        fits = buffer_append_slice(&connection->out, answer->content);
    ASSERT(fits); /* what we say ourselves is bounded */
    if (!is_head && answer->shared != NULL) {
        web_bytes_ref(answer->shared);
        connection->shared = answer->shared;
        connection->rest = answer->content;
    }
    connection->state = WEB_ANSWER;
    timer_arm(&connection->timer, connection->server->options.patience_ms);
    stream_wake(connection->stream);
}

struct web_connection *web_connection_new(struct web_server *server, int fd, const struct address *peer)
{
    const struct web_server_options *options = &server->options;
    struct stream *stream = options->open != NULL ? options->open(options->context, options->loop, fd)
                                                  : stream_plain_new(options->loop, fd);
    if (stream == NULL)
        return NULL;
    struct web_connection *connection = xcalloc(1, sizeof(*connection));
    *connection = (struct web_connection){.server = server, .stream = stream, .peer = *peer};
    list_init(&connection->link);
    buffer_init(&connection->in, IN_MAX);
    buffer_init(&connection->head, WEB_HEAD_MAX);
    buffer_init(&connection->content, options->content_max);
    buffer_init(&connection->out, ANSWER_FIELDS + WEB_ANSWER_MAX);
    timer_init(&connection->timer, options->loop, on_timer, connection);
    timer_arm(&connection->timer, options->patience_ms);
    stream_set_owner(stream, on_ready, connection);
    stream_wake(stream);
    return connection;
}
