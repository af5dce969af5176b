#include "postern/web/server.h"

#include <stdlib.h>

#include "connection.h"
#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/base/json.h"
#include "postern/base/memory.h"
#include "postern/http/status.h"
#include "postern/net/listener.h"
#include "server_private.h"

#define ACCEPT_PER_TURN 32
#define PROBLEM_MAX     2048

void web_bytes_ref(struct web_bytes *bytes)
{
    bytes->references++;
}

void web_bytes_unref(struct web_bytes *bytes)
{
    if (bytes != NULL && --bytes->references == 0)
        bytes->release(bytes);
}

struct web_server *web_server_new(const struct web_server_options *options)
{
    struct web_server *server = xcalloc(1, sizeof(*server));
    server->options = *options;
    if (server->options.connections == 0)
        server->options.connections = WEB_CONNECTIONS_DEFAULT;
    if (server->options.per_address == 0)
        server->options.per_address = WEB_PER_ADDRESS_DEFAULT;
    if (server->options.patience_ms == 0)
        server->options.patience_ms = 10 * 1000;
    if (server->options.keep_open_ms == 0)
        server->options.keep_open_ms = 30 * 1000;
    list_init(&server->connections);
    return server;
}

static void pause_all(struct web_server *server, bool pause)
{
    for (size_t i = 0; i < server->listener_count; i++)
        listener_pause(server->listeners[i], pause);
}

static unsigned count_of(const struct web_server *server, const struct address *peer)
{
    unsigned count = 0;
    LIST_EACH(link, &server->connections) {
        const struct web_connection *other = LIST_ENTRY(link, struct web_connection, link);
        count += address_client_key(&other->peer) == address_client_key(peer);
    }
    return count;
}

static void on_accept(void *context, int fd, const struct address *peer)
{
    struct web_server *server = context;
    if (!address_is_unix(peer) && count_of(server, peer) >= server->options.per_address) {
        fd_close(&fd);
        return;
    }
    struct web_connection *connection = web_connection_new(server, fd, peer);
    if (connection == NULL)
        return;
    list_append(&server->connections, &connection->link);
    if (++server->count >= server->options.connections)
        pause_all(server, true);
}

void web_server_has_room(struct web_server *server)
{
    if (server->count-- == server->options.connections)
        pause_all(server, false);
}

void web_server_listen(struct web_server *server, int fd)
{
    ASSERT(server->listener_count < WEB_LISTENERS_MAX);
    server->fds[server->listener_count] = fd;
    server->listeners[server->listener_count++] = listener_new(server->options.loop, fd, ACCEPT_PER_TURN,
                                                               on_accept, NULL, server);
}

void web_server_answer(struct web_server *server, uint64_t number, const struct web_answer *answer)
{
    LIST_EACH(link, &server->connections) {
        struct web_connection *connection = LIST_ENTRY(link, struct web_connection, link);
        if (connection->number != number || connection->state != WEB_ASKED)
            continue;
        web_connection_answer(connection, answer);
        return;
    }
}

void web_server_refuse(struct web_server *server, uint64_t number, int status, const char *detail,
                       struct slice fields)
{
    struct buffer text;
    struct json json;
    buffer_init(&text, PROBLEM_MAX);
    json_init(&json, &text);
    json_object_begin(&json, NULL);
    json_text(&json, "type", "about:blank");
    json_text(&json, "title", http_status_phrase(status));
    json_int(&json, "status", status);
    json_text(&json, "detail", detail);
    json_object_end(&json);
    struct web_answer answer = {.status = status, .media_type = "application/problem+json", .fields = fields};
    /* A detail that does not fit is left out with the rest. */
    if (json_end(&json) && buffer_append_text(&text, "\n"))
        answer.content = buffer_view(&text);
    web_server_answer(server, number, &answer);
    buffer_clear(&text);
}

void web_server_free(struct web_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < server->listener_count; i++) {
        listener_free(server->listeners[i]);
        fd_close(&server->fds[i]);
    }
    server->listener_count = 0;
    LIST_EACH_SAFE(link, &server->connections)
        web_connection_free(LIST_ENTRY(link, struct web_connection, link));
    free(server);
}
