/* The backend of `postern demo`: a service without a login, as a process of its own. It echoes what it
 * received as JSON, and answers POST /api/generate with a stream of JSON lines, a word every 100 ms, in the
 * manner of a language model; a prompt with the word "story" gets one without end. Loopback only; it leaves
 * when the demo closes the channel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cli.h"
#include "options.h"
#include "postern/base/file.h"
#include "postern/base/json.h"
#include "postern/base/list.h"
#include "postern/base/memory.h"
#include "postern/base/process.h"
#include "postern/http/body.h"
#include "postern/net/listener.h"
#include "postern/net/stream.h"

enum {
    INPUT_MAX = 32 * 1024,
    OUTPUT_MAX = 256 * 1024,
    CONTENT_SHOWN_MAX = 4096,
    FIELDS_MAX = 128,
    WORD_MS = 100,
    ACCEPT_PER_TURN = 16,
};

static const char answer_short[] = "Only a known face passes the postern.";
/* Who asks for a story gets this one, which begins again where it ends. */
static const char answer_story[] =
    "Once upon a time there was a castle with a great gate, which was always shut, and a postern, a small "
    "door in "
    "the wall that opened to a known face only. Every evening a girl came to it with bread. The porter "
    "looked at "
    "her, looked at his list, and let her in. One evening the king struck a name off the list. The porter "
    "did not "
    "wait for her to come again: he went into the hall, where she sat at the long table and was telling the "
    "guests a story, and this is how it began. ";

struct backend {
    struct loop *loop;
    struct watch parent; /* its end is ours */
    struct list clients;
};

enum client_state { AT_HEAD, AT_CONTENT, AT_ANSWER };

struct client {
    struct list link;
    struct backend *backend;
    struct stream *stream;
    struct buffer in, out, content;
    enum client_state state;
    size_t scanned;
    struct http_body_reader reader;
    struct buffer echo; /* the answer as far as the head gives it */
    uint64_t content_length;
    bool keep_alive, is_generate, is_head;
    const char *tale; /* of the answer that comes word by word */
    size_t told;      /* of its bytes */
    struct timer next_word;
};

static void client_free(struct client *client)
{
    list_remove(&client->link);
    timer_clear(&client->next_word);
    stream_free(client->stream);
    buffer_clear(&client->in);
    buffer_clear(&client->out);
    buffer_clear(&client->content);
    buffer_clear(&client->echo);
    free(client);
}

/* What a person wants to see: who called, as the gateway tells it. */
static bool echo_head(struct client *client, const struct http_request *request)
{
    struct json json;
    char name[256];
    json_init(&json, &client->echo);
    json_object_begin(&json, NULL);
    json_slice(&json, "method", request->method);
    json_slice(&json, "target", request->target);
    json_object_begin(&json, "fields");
    for (size_t i = 0; i < request->fields.count; i++) {
        snprintf(name, sizeof(name), "%.*s", SLICE_ARG(request->fields.items[i].name));
        json_slice(&json, name, request->fields.items[i].value);
    }
    json_object_end(&json);
    return json_end(&json);
}

static bool read_head(struct client *client)
{
    static const struct http_limits limits = {INPUT_MAX, INPUT_MAX, FIELDS_MAX};
    struct http_field items[FIELDS_MAX];
    struct http_request request = {.fields = {.items = items, .capacity = FIELDS_MAX}};
    struct http_framing framing;
    struct slice data = buffer_view(&client->in);
    size_t consumed = 0;
    enum http_result result = http_request_parse(data.data, data.length, &limits, &client->scanned, &request,
                                                 &consumed);
    if (result == HTTP_INCOMPLETE)
        return true;
    if (result != HTTP_OK || http_request_framing(&request, &framing) != HTTP_OK ||
        !echo_head(client, &request))
        return false;
    client->keep_alive = framing.keep_alive;
    client->is_head = slice_equal_text(request.method, "HEAD");
    client->is_generate = slice_equal_text(request.method, "POST") &&
                          slice_equal_text(request.target, "/api/generate");
    if (slice_equal_nocase(http_fields_value(&request.fields, SLICE_LITERAL("Expect")),
                           SLICE_LITERAL("100-continue")) &&
        !buffer_append_text(&client->out, "HTTP/1.1 100 Continue\r\n\r\n"))
        return false;
    http_body_init(&client->reader, &framing);
    buffer_consume(&client->in, consumed);
    client->scanned = 0;
    client->state = AT_CONTENT;
    return true;
}

static bool answer_echo(struct client *client)
{
    struct buffer *echo = &client->echo;
    struct json json = {.buffer = echo, .comma = true};
    json_uint(&json, "content_length", client->content_length);
    json_slice(&json, "content", buffer_view(&client->content));
    json_object_end(&json);
    bool fits = json_end(&json) && buffer_append_text(echo, "\n") &&
                buffer_printf(
                    &client->out,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n",
                    buffer_length(echo), client->keep_alive ? "" : "Connection: close\r\n");
    if (fits && !client->is_head)
        fits = buffer_append_slice(&client->out, buffer_view(echo));
    buffer_clear(echo);
    client->state = AT_HEAD;
    return fits;
}

static bool answer_word(struct client *client)
{
    char line[128];
    if (client->tale == answer_story && client->tale[client->told] == '\0')
        client->told = 0;
    struct slice rest = slice_text(client->tale + client->told);
    bool is_last = rest.length == 0;
    size_t blank = slice_find(rest, ' ');
    struct slice word = slice_before(rest, blank < rest.length ? blank + 1 : blank);
    int length = snprintf(line, sizeof(line), "{\"model\":\"demo\",\"response\":\"%.*s\",\"done\":%s}\n",
                          SLICE_ARG(word), is_last ? "true" : "false");
    bool fits = buffer_printf(&client->out, "%x\r\n%s\r\n%s", (unsigned)length, line,
                              is_last ? "0\r\n\r\n" : "");
    client->told += word.length;
    if (is_last)
        client->state = AT_HEAD;
    else
        timer_arm(&client->next_word, WORD_MS);
    return fits;
}

static bool answer(struct client *client)
{
    client->state = AT_ANSWER;
    if (!client->is_generate)
        return answer_echo(client);
    buffer_clear(&client->echo);
    struct slice prompt = buffer_view(&client->content);
    bool is_story = prompt.length > 0 && memmem(prompt.data, prompt.length, "story", 5) != NULL;
    client->tale = is_story ? answer_story : answer_short;
    client->told = 0;
    return buffer_printf(&client->out,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                         "Transfer-Encoding: chunked\r\n%s\r\n",
                         client->keep_alive ? "" : "Connection: close\r\n") &&
           answer_word(client);
}

static bool read_content(struct client *client)
{
    struct slice input = buffer_view(&client->in), piece;
    size_t before = input.length;
    enum http_result result;
    while ((result = http_body_read(&client->reader, &input, &piece)) == HTTP_OK) {
        size_t shown = CONTENT_SHOWN_MAX - buffer_length(&client->content);
        client->content_length += piece.length;
        if (!buffer_append_slice(&client->content,
                                 slice_before(piece, piece.length < shown ? piece.length : shown)))
            return false;
    }
    buffer_consume(&client->in, before - input.length);
    if (result == HTTP_INCOMPLETE)
        return true;
    if (result != HTTP_DONE || !answer(client))
        return false;
    buffer_clear(&client->content);
    client->content_length = 0;
    return true;
}

/* False when the connection is over. */
static bool receive(struct client *client)
{
    for (;;) {
        size_t count = 0;
        char *space = buffer_reserve(&client->in, 1);
        if (space == NULL)
            return client->state == AT_ANSWER; /* a pipelining client waits for its turn */
        enum stream_status status = stream_read(client->stream, space, buffer_reserved(&client->in), &count);
        if (status == STREAM_WAIT)
            return true;
        if (status != STREAM_OK)
            return false;
        buffer_commit(&client->in, count);
    }
}

static bool progress(struct client *client)
{
    enum client_state before;
    do {
        before = client->state;
        if (client->state == AT_HEAD && !buffer_is_empty(&client->in) && !read_head(client))
            return false;
        if (client->state == AT_CONTENT && !read_content(client))
            return false;
    } while (client->state != before && client->state != AT_ANSWER);
    return true;
}

/* False when the connection is over. */
static bool send_out(struct client *client)
{
    while (!buffer_is_empty(&client->out)) {
        struct slice rest = buffer_view(&client->out);
        size_t count = 0;
        enum stream_status status = stream_write(client->stream, rest.data, rest.length, &count);
        if (status == STREAM_WAIT)
            return true;
        if (status != STREAM_OK)
            return false;
        buffer_consume(&client->out, count);
    }
    return client->keep_alive || client->state != AT_HEAD;
}

static void on_ready(void *context)
{
    struct client *client = context;
    if (!receive(client) || !progress(client) || !send_out(client))
        client_free(client);
}

static void on_next_word(void *context)
{
    struct client *client = context;
    if (!answer_word(client) || !progress(client) || !send_out(client))
        client_free(client);
}

static void on_accept(void *context, int fd, const struct address *peer)
{
    struct backend *backend = context;
    struct client *client = xcalloc(1, sizeof(*client));
    (void)peer;
    *client = (struct client){.backend = backend, .keep_alive = true};
    buffer_init(&client->in, INPUT_MAX);
    buffer_init(&client->out, OUTPUT_MAX);
    buffer_init(&client->content, CONTENT_SHOWN_MAX);
    buffer_init(&client->echo, OUTPUT_MAX / 2);
    timer_init(&client->next_word, backend->loop, on_next_word, client);
    list_init(&client->link);
    client->stream = stream_plain_new(backend->loop, fd);
    if (client->stream == NULL) {
        client_free(client);
        return;
    }
    list_append(&backend->clients, &client->link);
    stream_set_owner(client->stream, on_ready, client);
}

static void on_parent(void *context, unsigned ready)
{
    struct backend *backend = context;
    (void)ready;
    loop_stop(backend->loop);
}

static int serve(int fd, uint16_t port)
{
    struct backend backend = {.loop = loop_new(clock_system())};
    list_init(&backend.clients);
    struct listener *listener = listener_new(backend.loop, fd, ACCEPT_PER_TURN, on_accept, NULL, &backend);
    int result = -1;
    if (watch_start(&backend.parent, backend.loop, PROCESS_CHANNEL_FD, WATCH_READ, on_parent, &backend) ==
            0 &&
        message_send(PROCESS_CHANNEL_FD, &port, sizeof(port), NULL, 0) == 0)
        result = loop_run(backend.loop);
    LIST_EACH_SAFE(link, &backend.clients)
        client_free(LIST_ENTRY(link, struct client, link));
    listener_free(listener);
    watch_stop(&backend.parent);
    loop_free(backend.loop);
    return result == 0 ? STATUS_DONE : STATUS_FAILED;
}

int cli_internal_demo_backend(int argc, char **argv)
{
    struct address address, bound;
    struct err err = {.line = 0};
    int fd = -1;
    (void)argc;
    if (!process_take_channel()) {
        fprintf(stderr, "postern %s: is started by \"postern demo\" only\n", argv[0]);
        return STATUS_USAGE;
    }
    process_harden();
    if (address_parse(SLICE_LITERAL("127.0.0.1:0"), &address) != 0 ||
        listener_open(&address, 128, &fd, 1, &bound, &err) != 0)
        return STATUS_FAILED;
    int status = serve(fd, address_port(&bound));
    fd_close(&fd);
    return status;
}
