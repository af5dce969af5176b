#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "value.h"

#define NAME_MAX_LENGTH  253 /* RFC 1035 §2.3.4, as text */
#define LABEL_MAX_LENGTH 63

/* "host:port" taken apart; brackets of an IPv6 address are off. */
struct endpoint {
    struct slice host;
    struct slice port; /* empty: none */
    bool is_bracketed, has_port;
};

static bool split_endpoint(struct slice text, struct endpoint *out)
{
    *out = (struct endpoint){.host = text};
    size_t end;
    if (text.length != 0 && text.data[0] == '[') {
        size_t close = slice_find(text, ']');
        if (close == text.length)
            return false;
        out->is_bracketed = true;
        out->host = slice_of(text.data + 1, close - 1);
        end = close + 1;
        if (end < text.length && text.data[end] != ':')
            return false;
    } else {
        end = slice_find(text, ':');
        out->host = slice_before(text, end);
    }
    out->has_port = end < text.length;
    if (out->has_port)
        out->port = slice_after(text, end + 1);
    return slice_find(out->port, ':') == out->port.length;
}

static bool is_address(int family, struct slice host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (host.length == 0 || host.length >= sizeof(text))
        return false;
    memcpy(text, host.data, host.length);
    text[host.length] = '\0';
    return inet_pton(family, text, &address) == 1;
}

static bool is_label(struct slice label)
{
    if (label.length == 0 || label.length > LABEL_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < label.length; i++) {
        char byte = label.data[i];
        bool is_edge = i == 0 || i + 1 == label.length;
        /* LENIENT: '_' is in no host name (RFC 952), but in those of container networks. */
        if (!ascii_is_alpha(byte) && !ascii_is_digit(byte) && byte != '_' && (byte != '-' || is_edge))
            return false;
    }
    return true;
}

static bool is_number(struct slice label)
{
    for (size_t i = 0; i < label.length; i++)
        if (!ascii_is_digit(label.data[i]))
            return false;
    return true;
}

/* A name whose last label is a number would be read as an address by some, so it is none. */
static bool is_host_name(struct slice name)
{
    struct slice rest = name, label = {0};
    if (name.length > NAME_MAX_LENGTH)
        return false;
    while (slice_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return name.length != 0 && !is_number(label);
}

static bool is_numeric_host(const struct endpoint *endpoint)
{
    return is_address(endpoint->is_bracketed ? AF_INET6 : AF_INET, endpoint->host);
}

static bool is_host(const struct endpoint *endpoint)
{
    return is_numeric_host(endpoint) || (!endpoint->is_bracketed && is_host_name(endpoint->host));
}

static int parse_port(const struct value *value, struct slice text, unsigned lowest, uint16_t *out)
{
    uint64_t port = 0;
    if (!slice_to_u64(text, UINT16_MAX, &port) || port < lowest)
        return value_error(
            value, "has no valid port; a number from %u to 65535 behind the ':' would be right", lowest);
    *out = (uint16_t)port;
    return 0;
}

int value_set_address(const struct value *value, void *target)
{
    struct endpoint endpoint;
    uint16_t port = 0;
    struct slice text = value->text;
    if (is_number(text))
        return value_error(value, "has no address; 0.0.0.0:%.*s or [::]:%.*s would be right", SLICE_ARG(text),
                           SLICE_ARG(text));
    if (is_address(AF_INET6, text))
        return value_error(value, "has no port; [%.*s]:8443 would be right", SLICE_ARG(text));
    if (!split_endpoint(text, &endpoint))
        return value_error(value, "is no address; one like 0.0.0.0:8443 or [::]:8443 would be right");
    if (!endpoint.has_port && is_numeric_host(&endpoint))
        return value_error(value, "has no port; %.*s:8443 would be right", SLICE_ARG(text));
    if (!is_numeric_host(&endpoint))
        return value_error(value, "is no numeric address; one like 0.0.0.0:8443, 127.0.0.1:8443 or [::]:8443 "
                                  "would be right");
    if (parse_port(value, endpoint.port, 0, &port) != 0)
        return -1;
    return value_append_text(value, target);
}

/* Sites write what they have in another proxy's file. */
static int refuse_scheme(const struct value *value)
{
    struct slice http = SLICE_LITERAL("http://"), https = SLICE_LITERAL("https://");
    if (slice_starts_with(value->text, https))
        return value_error(value, "asks for TLS towards the service, which is not supported; host:port of a "
                                  "plain HTTP service would be right");
    if (!slice_starts_with(value->text, http))
        return 0;
    struct slice rest = slice_after(value->text, http.length);
    rest = slice_before(rest, slice_find(rest, '/'));
    bool has_port = slice_find(rest, ':') != rest.length;
    return value_error(value, "is a URL; %.*s%s would be right", SLICE_ARG(rest), has_port ? "" : ":80");
}

static int parse_server(const struct value *value, struct config_server *server)
{
    struct endpoint endpoint;
    if (refuse_scheme(value) != 0)
        return -1;
    if (is_address(AF_INET6, value->text))
        return value_error(value, "has no port; [%.*s]:80 would be right", SLICE_ARG(value->text));
    if (!split_endpoint(value->text, &endpoint) || !is_host(&endpoint))
        return value_error(value, "is no server; host:port, [v6]:port or unix:/path would be right");
    if (!endpoint.has_port)
        return value_error(value, "has no port; %.*s:80 would be right", SLICE_ARG(value->text));
    server->host = value_copy(value, endpoint.host);
    server->is_numeric = is_numeric_host(&endpoint);
    return server->host != NULL ? parse_port(value, endpoint.port, 1, &server->port) : -1;
}

int value_set_server(const struct value *value, void *target)
{
    struct config_backend *backend = target;
    struct config_server server = {.text = value_copy(value, value->text), .line = value->line};
    struct slice scheme = SLICE_LITERAL("unix:");
    if (server.text == NULL)
        return -1;
    for (size_t i = 0; i < backend->server_count; i++)
        if (slice_equal_nocase(value->text, slice_text(backend->servers[i].text)))
            return value_error(value, "is here a second time; line %u has it already",
                               backend->servers[i].line);
    if (!slice_starts_with(value->text, scheme)) {
        if (parse_server(value, &server) != 0)
            return -1;
    } else if (value->text.length == scheme.length) {
        return value_error(value, "has no path; unix:/run/app.sock would be right");
    } else {
        server.unix_path = value_socket_path(value, slice_after(value->text, scheme.length));
        if (server.unix_path == NULL)
            return -1;
    }
    struct config_server *servers = value_append(value, backend->servers, backend->server_count,
                                                 sizeof(server));
    if (servers == NULL)
        return -1;
    servers[backend->server_count++] = server;
    backend->servers = servers;
    return 0;
}

/* "perserve" is more likely a slip than a host. */
static int refuse_slip(const struct value *value)
{
    struct nearest nearest;
    nearest_init(&nearest, value->text);
    nearest_offer_words(&nearest, value->key->words);
    if (nearest.best.length == 0 || slice_find(value->text, '.') != value->text.length)
        return 0;
    return value_error(value, "is not known; did you mean '%.*s'?", SLICE_ARG(nearest.best));
}

int value_set_host(const struct value *value, void *target)
{
    struct config_backend *backend = target;
    struct endpoint endpoint;
    uint16_t port = 0;
    int word = words_find(value->key->words, value->text);
    if (word >= 0) {
        backend->host = word == 0 ? CONFIG_HOST_PRESERVE : CONFIG_HOST_UPSTREAM;
        return 0;
    }
    if (refuse_slip(value) != 0)
        return -1;
    if (!split_endpoint(value->text, &endpoint) || !is_host(&endpoint))
        return value_error(value,
                           "is no host; preserve, upstream or a name like app.internal would be right");
    if (endpoint.has_port && parse_port(value, endpoint.port, 1, &port) != 0)
        return -1;
    backend->host = CONFIG_HOST_NAME;
    backend->host_name = value_copy(value, value->text);
    return backend->host_name != NULL ? 0 : -1;
}
