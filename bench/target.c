#include "target.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/http/serialise.h"
#include "postern/http/target.h"

enum {
    REQUEST_LIMIT = 17 << 20,
    BODY_LIMIT = 16 << 20,
    READ_BUFFER = 64 << 10 /* several records for each read(2) of a stream */
};

int url_parse(const char *text, struct url *out, struct err *err)
{
    struct slice url = slice_text(text), scheme = SLICE_LITERAL("https://");
    if (!slice_starts_with(url, scheme))
        return err_set(err, "%s: is not https://", text);
    url = slice_after(url, scheme.length);
    size_t end = 0;
    while (end < url.length && !strchr("/?#", url.data[end]))
        end++;
    out->authority = slice_before(url, end);
    out->target = end < url.length ? slice_after(url, end) : SLICE_LITERAL("/");
    out->port = 0;
    if (!http_authority_parse(out->authority, &out->host, &out->port))
        return err_set(err, "%s: has no host, or one that is not host[:port]", text);
    if (out->target.data[0] != '/' || slice_find(out->target, '#') < out->target.length)
        return err_set(err, "%s: what follows the host must be a path, without '#'", text);
    if (out->port == 0)
        out->port = 443;
    if (out->host.length > 2 && out->host.data[0] == '[')
        out->host = slice_before(slice_after(out->host, 1), out->host.length - 2);
    return 0;
}

static int resolve(struct target *target, struct slice host, unsigned port, struct err *err)
{
    char name[256], service[8];
    snprintf(name, sizeof(name), "%.*s", SLICE_ARG(host));
    snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    int code = getaddrinfo(name, service, &hints, &found);
    if (code != 0)
        return err_set(err, "%s: %s", name, gai_strerror(code));
    memcpy(&target->address, found->ai_addr, found->ai_addrlen);
    target->address_length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/* Where to connect: the URL's host, or what --connect says. */
static int set_address(struct target *target, const struct options *options, const struct url *url,
                       struct err *err)
{
    struct slice host = url->host;
    unsigned port = url->port;
    if (options->connect) {
        struct slice authority = slice_text(options->connect);
        if (!http_authority_parse(authority, &host, &port) || port == 0)
            return err_set(err, "--connect %s: is not host:port", options->connect);
        if (host.data[0] == '[')
            host = slice_before(slice_after(host, 1), host.length - 2);
    }
    return resolve(target, host, port, err);
}

/* Take the reason out of OpenSSL's queue. */
static int tls_error(struct err *err, const char *what, const char *path)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return err_set(err, "%s%s%s: %s", what, path ? " " : "", path ? path : "", reason ? reason : "failed");
}

/* OpenSSL's macros for lists of names cast const away; this keeps it. SSL_CTX_set1_groups_list(3). */
static bool set_list(SSL_CTX *context, int command, const char *names)
{
    char copy[1024];
    int length = snprintf(copy, sizeof(copy), "%s", names);
    return length < (int)sizeof(copy) && SSL_CTX_ctrl(context, command, 0, copy) == 1;
}

static int set_protocol(SSL_CTX *context, const struct options *options, struct err *err)
{
    int version = !options->tls ? 0 : strcmp(options->tls, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
    bool suites = options->ciphers && strncmp(options->ciphers, "TLS_", 4) == 0;
    if (SSL_CTX_set_min_proto_version(context, version ? version : TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, version) != 1)
        return tls_error(err, "--tls", options->tls);
    if (options->groups && !set_list(context, SSL_CTRL_SET_GROUPS_LIST, options->groups))
        return tls_error(err, "--groups", options->groups);
    if (options->sigalgs && !set_list(context, SSL_CTRL_SET_SIGALGS_LIST, options->sigalgs))
        return tls_error(err, "--sigalgs", options->sigalgs);
    if (suites && SSL_CTX_set_ciphersuites(context, options->ciphers) != 1)
        return tls_error(err, "--ciphers", options->ciphers);
    if (options->ciphers && !suites && SSL_CTX_set_cipher_list(context, options->ciphers) != 1)
        return tls_error(err, "--ciphers", options->ciphers);
    return 0;
}

static int verify_server(X509_STORE_CTX *store, void *argument)
{
    struct target *target = argument;
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    if (target->server && X509_cmp(target->server, leaf) == 0) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    int result = X509_verify_cert(store);
    if (result == 1) {
        X509_free(target->server);
        X509_up_ref(leaf);
        target->server = leaf;
    }
    return result;
}

static int set_trust(struct target *target, const struct options *options, struct err *err)
{
    if (options->insecure) {
        SSL_CTX_set_verify(target->context, SSL_VERIFY_NONE, NULL);
        return 0;
    }
    SSL_CTX_set_verify(target->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(target->context, verify_server, target);
    if (!options->ca)
        return SSL_CTX_set_default_verify_paths(target->context) == 1 ? 0 : tls_error(err, "trust", NULL);
    if (SSL_CTX_load_verify_file(target->context, options->ca) != 1)
        return tls_error(err, "--ca", options->ca);
    return 0;
}

static int set_context(struct target *target, const struct options *options, struct err *err)
{
    bool wants_all = lean_leaves_out(options->groups) || lean_leaves_out(options->ciphers) ||
                     lean_leaves_out(options->sigalgs);
    if (lean_init(&target->lean, wants_all) == 0)
        target->context = SSL_CTX_new_ex(target->lean.library, NULL, TLS_client_method());
    if (!target->context)
        return tls_error(err, "OpenSSL", NULL);
    SSL_CTX_set_mode(target->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                          SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(target->context, options_resume(options)
                                                        ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                                        : SSL_SESS_CACHE_OFF);
    /* Many records for each read(2): what a held connection would only pay memory for. */
    if (options->mode != MODE_IDLE) {
        SSL_CTX_set_read_ahead(target->context, 1);
        if (options->mode == MODE_STREAM)
            SSL_CTX_set_default_read_buffer_len(target->context, READ_BUFFER);
    }
    if (set_protocol(target->context, options, err) != 0 ||
        identity_load(&target->clients, target->context, target->lean.aside, options, err) != 0)
        return -1;
    return set_trust(target, options, err);
}

/* --body's bytes: the text itself, or what the file holds. */
static int read_body(const char *body, struct buffer *out, struct err *err)
{
    if (body && body[0] == '@')
        return file_read(body + 1, BODY_LIMIT, out, NULL, err);
    if (body && !buffer_append_text(out, body))
        return err_set(err, "--body: is too long; put it into a file");
    return 0;
}

static bool write_fields(struct buffer *out, const struct options *options)
{
    for (unsigned i = 0; i < options->header_count; i++) {
        struct slice line = slice_text(options->headers[i]);
        size_t colon = slice_find(line, ':');
        if (!http_write_field(out, slice_before(line, colon), slice_trim(slice_after(line, colon + 1))))
            return false;
    }
    return true;
}

static int write_request(struct target *target, const struct options *options, const struct url *url,
                         struct err *err)
{
    struct buffer body, *out = &target->request;
    buffer_init(&body, BODY_LIMIT);
    if (read_body(options->body, &body, err) != 0)
        return -1;
    bool written = http_write_request_line(out, slice_text(options->method), url->target) &&
                   http_write_field(out, SLICE_LITERAL("Host"), url->authority) &&
                   http_write_field_text(out, "User-Agent", "postern-bench/" POSTERN_VERSION) &&
                   write_fields(out, options);
    if (options->body)
        written = written && http_write_field_uint(out, "Content-Length", buffer_length(&body));
    if (options->mode == MODE_HANDSHAKE)
        written = written && http_write_field_text(out, "Connection", "close");
    written = written && http_write_head_end(out) && buffer_append_slice(out, buffer_view(&body));
    buffer_clear(&body);
    return written ? 0 : err_set(err, "method, path or a --header holds what HTTP does not allow");
}

static void set_server_name(struct target *target, const struct options *options, const struct url *url)
{
    if (options->server_name)
        snprintf(target->server_name, sizeof(target->server_name), "%s", options->server_name);
    else
        snprintf(target->server_name, sizeof(target->server_name), "%.*s", SLICE_ARG(url->host));
}

struct target *target_new(const struct options *options, struct err *err)
{
    struct target *target = xcalloc(1, sizeof(*target));
    struct url url;
    buffer_init(&target->request, REQUEST_LIMIT);
    if (url_parse(options->url, &url, err) != 0)
        goto failed;
    set_server_name(target, options, &url);
    target->asks_by_head = strcmp(options->method, "HEAD") == 0;
    if (set_address(target, options, &url, err) != 0 || write_request(target, options, &url, err) != 0 ||
        set_context(target, options, err) != 0)
        goto failed;
    return target;
failed:
    target_free(target);
    return NULL;
}

void target_free(struct target *target)
{
    if (!target)
        return;
    X509_free(target->server);
    identity_list_clear(&target->clients);
    SSL_CTX_free(target->context);
    lean_clear(&target->lean);
    buffer_clear(&target->request);
    free(target);
}

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

SSL *target_new_ssl(struct target *target, int fd)
{
    SSL *ssl = SSL_new(target->context);
    if (!ssl)
        return NULL;
    /* An address is checked as one, and has no place in server_name (RFC 6066 §3). */
    bool is_set = is_address(target->server_name)
                      ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), target->server_name) == 1
                      : SSL_set_tlsext_host_name(ssl, target->server_name) == 1 &&
                            SSL_set1_host(ssl, target->server_name) == 1;
    if (!is_set || !identity_use_next(&target->clients, ssl) || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}
