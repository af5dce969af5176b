/* A proxy in this process, between a client and an upstream that the test plays itself: the client over a
 * pair of sockets, without TLS, as a session that is admitted already; the upstream on a listener on
 * loopback. Time stands until the test moves it. */
#ifndef POSTERN_TESTS_PROXY_FIXTURE_H
#define POSTERN_TESTS_PROXY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/base/memory.h"
#include "session.h"

#define IDENTITY "X-Client-CN: alice\r\nX-Client-Verify: SUCCESS\r\n"
/* One turn of the loop moves what one wakeup moves; so many are enough for any exchange of a test to settle.
 */
#define TURNS 30

struct fixture {
    struct clock clock;
    int64_t now_ms; /* of that clock */
    struct loop *loop;
    struct resolver *resolver;
    struct access_log *access_log;
    struct metrics metrics;
    int log_fd;
    struct config *config;
    struct serving *serving;
    struct proxy *proxy;
    struct session *session; /* of the first client; only good while the session is known to live */
    int client;              /* the client's socket, non-blocking */
    int listener, upstream;  /* upstream: the newest connection, or -1 */
    uint16_t port;
    enum trust_reason verdict; /* what the serving of the test says */
    int64_t recheck_at_s;
    unsigned judged; /* how often it was asked */
    bool drained;
    struct proxy_swept swept; /* as told last */
    unsigned swept_calls;
    unsigned full_calls;
    bool full;
};

static inline int64_t fixture_wall_ms(void *context)
{
    return 1772366400000 + ((struct fixture *)context)->now_ms;
}

static inline int64_t fixture_monotonic_us(void *context)
{
    return ((struct fixture *)context)->now_ms * 1000;
}

static inline void turns(struct fixture *f)
{
    for (int i = 0; i < TURNS; i++)
        loop_turn(f->loop, 0);
}

static inline void pass_ms(struct fixture *f, int64_t ms)
{
    f->now_ms += ms;
    turns(f);
}

static inline int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_return_code(bind(fd, (struct sockaddr *)&address, length), errno);
    assert_return_code(listen(fd, 64), errno);
    assert_return_code(getsockname(fd, (struct sockaddr *)&address, &length), errno);
    *port = ntohs(address.sin_port);
    return fd;
}

static inline struct config *parse_config(uint16_t port, const char *more)
{
    char text[4096];
    struct err err = {0};
    (void)snprintf(text, sizeof(text),
                   "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = c.pem\nprivate_key = k.pem\n"
                   "[client_auth]\ntrust = t.pem\n[identity]\npreset = postern\nX-Team = ${ou}\n"
                   "[route /]\nbackend = app\n[backend app]\nserver = 127.0.0.1:%u\n%s",
                   (unsigned)port, more);
    struct config *config = config_parse("test.ini", slice_text(text), &err);
    if (config == NULL)
        fail_msg("line %u: %s", err.line, err.text);
    return config;
}

/* The fixture of the one test that runs: serving->judge has no context of its own. */
static struct fixture *judge_fixture;

static inline enum trust_reason judge(const struct serving *serving, const struct trust_path *path,
                                      int64_t now_s, struct trust_verdict *verdict)
{
    (void)serving;
    (void)path;
    (void)now_s;
    judge_fixture->judged++;
    verdict->reason = judge_fixture->verdict;
    verdict->recheck_at = judge_fixture->recheck_at_s;
    return verdict->reason;
}

/* What proxy_set_generation() would make of a generation with this configuration. Gives. */
static inline struct serving *serving_of(struct config *config, uint64_t number)
{
    struct serving *serving = xcalloc(1, sizeof(*serving));
    *serving = (struct serving){.references = 1, .config = config, .number = number, .judge = judge};
    return serving;
}

static inline void on_drained(void *context)
{
    ((struct fixture *)context)->drained = true;
}

static inline void on_full(void *context, bool full)
{
    struct fixture *f = context;
    f->full = full;
    f->full_calls++;
}

static inline void on_swept(void *context, const struct proxy_swept *swept)
{
    struct fixture *f = context;
    f->swept = *swept;
    f->swept_calls++;
}

/* Another client of the same proxy. Returns its socket, and the session in *session if that is not NULL. */
static inline int client_new(struct fixture *f, struct session **session)
{
    int pair[2];
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), errno);
    struct stream *stream = stream_plain_new(f->loop, pair[0]);
    assert_non_null(stream);
    struct session *made = session_new_admitted(f->proxy, stream, "192.0.2.7", NULL, SLICE_LITERAL(IDENTITY));
    if (session != NULL)
        *session = made;
    turns(f);
    return pair[1];
}

/* more: sections and keys behind those of [backend app]. */
static inline void fixture_init(struct fixture *f, const char *more)
{
    *f = (struct fixture){.now_ms = 1000, .upstream = -1, .recheck_at_s = INT64_MAX};
    judge_fixture = f;
    f->clock = (struct clock){fixture_wall_ms, fixture_monotonic_us, f};
    f->loop = loop_new(&f->clock);
    f->resolver = resolver_new(f->loop, SLICE_LITERAL(""), SLICE_LITERAL(""));
    f->log_fd = memfd_create("access", MFD_CLOEXEC);
    f->access_log = access_log_new(f->log_fd, LOG_JSON);
    f->listener = listen_on_loopback(&f->port);
    f->config = parse_config(f->port, more);
    const struct proxy_environment environment = {.loop = f->loop,
                                                  .resolver = f->resolver,
                                                  .access_log = f->access_log,
                                                  .metrics = &f->metrics,
                                                  .on_drained = on_drained,
                                                  .on_full = on_full,
                                                  .on_swept = on_swept,
                                                  .context = f};
    f->proxy = proxy_new(&environment);
    f->serving = serving_of(f->config, 1);
    proxy_set_serving(f->proxy, f->serving);
    f->client = client_new(f, &f->session);
}

static inline void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static inline void fixture_clear(struct fixture *f)
{
    close_fd(&f->client);
    close_fd(&f->upstream);
    turns(f);
    proxy_free(f->proxy);
    close_fd(&f->listener);
    access_log_free(f->access_log);
    resolver_free(f->resolver);
    loop_free(f->loop);
    config_free(f->config);
    close_fd(&f->log_fd);
}

/* Send all of it; the proxy takes it as it comes. */
static inline void put(struct fixture *f, int fd, const char *data, size_t length)
{
    for (size_t sent = 0, idle = 0; sent < length;) {
        ssize_t count = send(fd, data + sent, length - sent, MSG_NOSIGNAL);
        if (count > 0) {
            sent += (size_t)count;
            idle = 0;
        } else {
            assert_int_equal(errno, EAGAIN);
            assert_true(++idle < 100);
        }
        turns(f);
    }
}

static inline void put_text(struct fixture *f, int fd, const char *text)
{
    put(f, fd, text, strlen(text));
}

/* All that can be read now, as a string. Gives; closed, if not NULL, tells of an end, reset of a reset. */
static inline char *take(struct fixture *f, int fd, bool *closed, bool *reset)
{
    size_t length = 0, capacity = 1 << 20;
    char *text = malloc(capacity + 1);
    assert_non_null(text);
    turns(f);
    for (;;) {
        ssize_t count = recv(fd, text + length, capacity - length, 0);
        if (count > 0) {
            length += (size_t)count;
            turns(f);
            continue;
        }
        if (closed != NULL)
            *closed = count == 0 || errno != EAGAIN;
        if (reset != NULL)
            *reset = count < 0 && errno == ECONNRESET;
        break;
    }
    text[length] = '\0';
    return text;
}

static inline bool is_closed(struct fixture *f, int fd)
{
    bool closed;
    free(take(f, fd, &closed, NULL));
    return closed;
}

/* The next connection that the proxy makes, or -1 if it makes none. */
static inline int upstream_accept(struct fixture *f)
{
    turns(f);
    int fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    turns(f);
    return fd;
}

/* The same, as f->upstream, which must come. */
static inline void upstream_expect(struct fixture *f)
{
    close_fd(&f->upstream);
    f->upstream = upstream_accept(f);
    assert_true(f->upstream >= 0);
}

static inline void expect_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in \"%s\"", part, text);
}

static inline void expect_lacks(const char *text, const char *part)
{
    if (strcasestr(text, part) != NULL)
        fail_msg("\"%s\" in \"%s\"", part, text);
}

static inline void expect_starts(const char *text, const char *part)
{
    if (strncmp(text, part, strlen(part)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", text, part);
}

/* What can be read from fd begins with and contains these; part may be NULL. */
static inline void expect_text(struct fixture *f, int fd, const char *start, const char *part)
{
    char *text = take(f, fd, NULL, NULL);
    expect_starts(text, start);
    if (part != NULL)
        expect_contains(text, part);
    free(text);
}

/* Send a request and see it arrive at a new upstream connection. */
static inline void request_arrives(struct fixture *f, const char *request, const char *start)
{
    put_text(f, f->client, request);
    if (f->upstream < 0)
        upstream_expect(f);
    expect_text(f, f->upstream, start, NULL);
}

/* The access log so far. Gives. */
static inline char *access_lines(struct fixture *f)
{
    access_log_flush(f->access_log);
    off_t length = lseek(f->log_fd, 0, SEEK_END);
    char *text = malloc((size_t)length + 1);
    assert_non_null(text);
    assert_int_equal(pread(f->log_fd, text, (size_t)length, 0), length);
    text[length] = '\0';
    return text;
}

static inline void expect_logged(struct fixture *f, const char *part)
{
    char *text = access_lines(f);
    expect_contains(text, part);
    free(text);
}

#define GET "GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n"
#define OK  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

#endif
