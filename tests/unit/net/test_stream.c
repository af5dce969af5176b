#include "postern/net/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "postern/net/listener.h"

struct end {
    struct stream *stream;
    unsigned calls;
    bool free_in_callback;
};

struct fixture {
    struct loop *loop;
    struct end left, right;
};

static void on_ready(void *context)
{
    struct end *end = context;
    end->calls++;
    if (end->free_in_callback) {
        stream_free(end->stream);
        end->stream = NULL;
    }
}

static void own(struct end *end, struct stream *stream)
{
    *end = (struct end){.stream = stream};
    assert_non_null(stream);
    stream_set_owner(stream, on_ready, end);
}

static int set_up_memory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct stream *ends[2];
    fixture->loop = loop_new(clock_system());
    stream_memory_pair(fixture->loop, 4096, ends);
    own(&fixture->left, ends[0]);
    own(&fixture->right, ends[1]);
    *state = fixture;
    return 0;
}

static int set_up_plain(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    int fds[2];
    fixture->loop = loop_new(clock_system());
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    own(&fixture->left, stream_plain_new(fixture->loop, fds[0]));
    own(&fixture->right, stream_plain_new(fixture->loop, fds[1]));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stream_free(fixture->left.stream);
    stream_free(fixture->right.stream);
    loop_free(fixture->loop);
    free(fixture);
    return 0;
}

static void assert_reads(struct stream *stream, const char *expected)
{
    char data[64];
    size_t count;
    assert_int_equal(stream_read(stream, data, sizeof data, &count), STREAM_OK);
    assert_int_equal(count, strlen(expected));
    assert_memory_equal(data, expected, count);
}

static enum stream_status try_read(struct stream *stream)
{
    char byte;
    size_t count = 99;
    enum stream_status status = stream_read(stream, &byte, 1, &count);
    assert_int_equal(count, status == STREAM_OK ? 1 : 0);
    return status;
}

static void assert_writes(struct stream *stream, const char *text)
{
    size_t count;
    assert_int_equal(stream_write(stream, text, strlen(text), &count), STREAM_OK);
    assert_int_equal(count, strlen(text));
}

static void settle(struct fixture *fixture)
{
    for (int i = 0; i < 4; i++)
        loop_turn(fixture->loop, 0);
}

static void bytes_pass_both_ways_and_wake_the_reader(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(stream_handshake(fixture->left.stream), STREAM_OK);
    settle(fixture);
    assert_int_equal(try_read(fixture->right.stream), STREAM_WAIT);
    unsigned before = fixture->right.calls;
    assert_writes(fixture->left.stream, "hello");
    assert_int_equal(fixture->right.calls, before); /* never from within a call */
    settle(fixture);
    assert_true(fixture->right.calls > before);
    assert_reads(fixture->right.stream, "hello");
    assert_int_equal(try_read(fixture->right.stream), STREAM_WAIT);
    assert_writes(fixture->right.stream, "and back");
    settle(fixture);
    assert_reads(fixture->left.stream, "and back");
}

static void a_full_queue_makes_the_writer_wait_until_it_is_read(void **state)
{
    struct fixture *fixture = *state;
    static char data[65536];
    size_t written = 0, count, got = 0;
    while (stream_write(fixture->left.stream, data, sizeof data, &count) == STREAM_OK)
        written += count;
    settle(fixture);
    unsigned before = fixture->left.calls;
    while (stream_read(fixture->right.stream, data, sizeof data, &count) == STREAM_OK)
        got += count;
    assert_int_equal(got, written);
    assert_int_equal(fixture->left.calls, before);
    settle(fixture);
    assert_true(fixture->left.calls > before);
    assert_int_equal(stream_write(fixture->left.stream, data, 1, &count), STREAM_OK);
}

static void the_end_comes_after_the_bytes_and_leaves_the_other_way_open(void **state)
{
    struct fixture *fixture = *state;
    assert_writes(fixture->left.stream, "last");
    assert_int_equal(stream_shutdown(fixture->left.stream), STREAM_OK);
    assert_int_equal(stream_shutdown(fixture->left.stream), STREAM_OK);
    size_t count;
    assert_int_equal(stream_write(fixture->left.stream, "x", 1, &count), STREAM_FAILED);
    settle(fixture);
    assert_reads(fixture->right.stream, "last");
    assert_int_equal(try_read(fixture->right.stream), STREAM_END);
    assert_int_equal(try_read(fixture->right.stream), STREAM_END);
    assert_writes(fixture->right.stream, "still");
    settle(fixture);
    assert_reads(fixture->left.stream, "still");
}

static void a_wake_calls_the_owner_in_the_next_turn(void **state)
{
    struct fixture *fixture = *state;
    settle(fixture);
    unsigned before = fixture->left.calls;
    stream_wake(fixture->left.stream);
    assert_int_equal(fixture->left.calls, before);
    settle(fixture);
    assert_int_equal(fixture->left.calls, before + 1);
}

static void a_stream_may_be_freed_in_its_callback(void **state)
{
    struct fixture *fixture = *state;
    settle(fixture);
    fixture->right.free_in_callback = true;
    assert_writes(fixture->left.stream, "x");
    settle(fixture);
    assert_null(fixture->right.stream);
    own(&fixture->right, fixture->left.stream); /* keep it for the teardown */
    fixture->left.stream = NULL;
    fixture->right.free_in_callback = true;
    stream_wake(fixture->right.stream);
    settle(fixture);
    assert_null(fixture->right.stream);
}

static void an_aborted_stream_does_nothing_more(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    stream_abort(fixture->left.stream);
    assert_int_equal(stream_write(fixture->left.stream, "x", 1, &count), STREAM_FAILED);
    assert_int_equal(try_read(fixture->left.stream), STREAM_FAILED);
    assert_int_equal(stream_shutdown(fixture->left.stream), STREAM_FAILED);
    assert_true(strlen(stream_error(fixture->left.stream)) > 0);
}

struct server {
    int listening;
    struct address address;
};

static struct server server_open(void)
{
    struct server server;
    struct address any;
    assert_int_equal(address_parse(slice_text("127.0.0.1:0"), &any), 0);
    assert_int_equal(listener_open(&any, 8, &server.listening, 1, &server.address, NULL), 0);
    return server;
}

static enum stream_status finish_handshake(struct fixture *fixture, struct stream *stream)
{
    enum stream_status status = stream_handshake(stream);
    for (int i = 0; i < 100 && status == STREAM_WAIT; i++) {
        loop_turn(fixture->loop, 100);
        status = stream_handshake(stream);
    }
    return status;
}

static int set_up_tcp(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->loop = loop_new(clock_system());
    struct server server = server_open();
    own(&fixture->left, stream_connect(fixture->loop, &server.address));
    assert_int_equal(finish_handshake(fixture, fixture->left.stream), STREAM_OK);
    int fd = accept(server.listening, NULL, NULL);
    assert_true(fd >= 0);
    own(&fixture->right, stream_plain_new(fixture->loop, fd));
    close(server.listening);
    *state = fixture;
    return 0;
}

static void an_abort_resets_the_connection(void **state)
{
    struct fixture *fixture = *state;
    assert_writes(fixture->left.stream, "lost");
    stream_abort(fixture->left.stream);
    stream_free(fixture->left.stream);
    fixture->left.stream = NULL;
    settle(fixture);
    enum stream_status status;
    while ((status = try_read(fixture->right.stream)) == STREAM_OK)
        continue;
    assert_int_equal(status, STREAM_FAILED);
    assert_string_equal(stream_error(fixture->right.stream), "Connection reset by peer");
}

static void a_connected_socket_sends_at_once_and_is_not_inherited(void **state)
{
    struct fixture *fixture = *state;
    int fd = stream_fd(fixture->left.stream), on = 0;
    socklen_t length = sizeof on;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
    assert_int_equal(on, 1);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void a_refused_connection_fails_with_the_reason(void **state)
{
    struct fixture *fixture = *state;
    struct server server = server_open();
    close(server.listening);
    struct end end;
    own(&end, stream_connect(fixture->loop, &server.address));
    assert_int_equal(finish_handshake(fixture, end.stream), STREAM_FAILED);
    assert_string_equal(stream_error(end.stream), "Connection refused");
    assert_int_equal(stream_handshake(end.stream), STREAM_FAILED);
    stream_free(end.stream);
}

static void a_missing_unix_socket_fails_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct address address;
    assert_int_equal(address_parse(slice_text("unix:/nonexistent/socket"), &address), 0);
    errno = 0;
    assert_null(stream_connect(fixture->loop, &address));
    assert_int_equal(errno, ENOENT);
}

#define MEMORY(test) cmocka_unit_test_setup_teardown(test, set_up_memory, tear_down)
#define PLAIN(test)  cmocka_unit_test_setup_teardown(test, set_up_plain, tear_down)
#define TCP(test)    cmocka_unit_test_setup_teardown(test, set_up_tcp, tear_down)
#define ALL(test)    MEMORY(test), PLAIN(test), TCP(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALL(bytes_pass_both_ways_and_wake_the_reader),
        MEMORY(a_full_queue_makes_the_writer_wait_until_it_is_read),
        PLAIN(a_full_queue_makes_the_writer_wait_until_it_is_read),
        ALL(the_end_comes_after_the_bytes_and_leaves_the_other_way_open),
        ALL(a_wake_calls_the_owner_in_the_next_turn),
        ALL(a_stream_may_be_freed_in_its_callback),
        ALL(an_aborted_stream_does_nothing_more),
        TCP(an_abort_resets_the_connection),
        TCP(a_connected_socket_sends_at_once_and_is_not_inherited),
        MEMORY(a_refused_connection_fails_with_the_reason),
        MEMORY(a_missing_unix_socket_fails_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
