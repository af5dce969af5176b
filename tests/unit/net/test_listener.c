#include "postern/net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_clock.h"
#include "postern/base/file.h"

#define CLIENTS 6

struct fixture {
    struct fake_clock fake;
    struct loop *loop;
    struct listener *listener;
    struct address address;
    int listening, accepted[CLIENTS], clients[CLIENTS];
    unsigned count, client_count, pauses;
    int pause_reason;
    bool free_inside, pause_inside;
};

static struct address parsed(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(slice_text(text), &address), 0);
    return address;
}

static void on_accept(void *context, int fd, const struct address *peer)
{
    struct fixture *fixture = context;
    char text[ADDRESS_TEXT_SIZE];
    assert_true(fixture->count < CLIENTS);
    assert_string_equal(address_format_host(peer, text), "127.0.0.1");
    fixture->accepted[fixture->count++] = fd;
    if (fixture->free_inside) {
        listener_free(fixture->listener);
        fixture->listener = NULL;
    }
    if (fixture->pause_inside)
        listener_pause(fixture->listener, true);
}

static void on_pause(void *context, int error_number)
{
    struct fixture *fixture = context;
    fixture->pauses++;
    fixture->pause_reason = error_number;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct address any = parsed("127.0.0.1:0");
    fake_clock_init(&fixture->fake);
    fixture->loop = loop_new(&fixture->fake.clock);
    assert_int_equal(listener_open(&any, 16, &fixture->listening, 1, &fixture->address, NULL), 0);
    fixture->listener = listener_new(fixture->loop, fixture->listening, 2, on_accept, on_pause, fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < fixture->count; i++)
        close(fixture->accepted[i]);
    for (unsigned i = 0; i < fixture->client_count; i++)
        close(fixture->clients[i]);
    listener_free(fixture->listener);
    close(fixture->listening);
    loop_free(fixture->loop);
    free(fixture);
    return 0;
}

static void connect_clients(struct fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&fixture->address.storage,
                                 fixture->address.length),
                         0);
        fixture->clients[fixture->client_count++] = fd;
    }
}

static void a_turn_accepts_only_so_many(void **state)
{
    struct fixture *fixture = *state;
    connect_clients(fixture, 5);
    for (unsigned turn = 1; turn <= 4; turn++) {
        loop_turn(fixture->loop, 0);
        assert_int_equal(fixture->count, turn < 3 ? turn * 2 : 5);
    }
}

static void what_is_accepted_is_ready_for_use(void **state)
{
    struct fixture *fixture = *state;
    int on = 0;
    socklen_t length = sizeof on;
    connect_clients(fixture, 1);
    loop_turn(fixture->loop, 0);
    int fd = fixture->accepted[0];
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
    assert_int_equal(on, 1);
}

static void a_paused_listener_accepts_nothing_until_it_goes_on(void **state)
{
    struct fixture *fixture = *state;
    fixture->pause_inside = true;
    connect_clients(fixture, 3);
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->count, 1);
    fixture->pause_inside = false;
    listener_pause(fixture->listener, false);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->count, 3);
}

static void a_drain_empties_the_queue_even_when_paused(void **state)
{
    struct fixture *fixture = *state;
    listener_pause(fixture->listener, true);
    connect_clients(fixture, 5);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->count, 0);
    listener_drain(fixture->listener);
    assert_int_equal(fixture->count, 5);
}

static void a_listener_may_be_freed_inside_its_callback(void **state)
{
    struct fixture *fixture = *state;
    fixture->free_inside = true;
    connect_clients(fixture, 2);
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->count, 1);
}

/* R5 of the threat model: no spinning when descriptors run out. */
static void without_descriptors_accepting_pauses_for_100_ms(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before, none;
    connect_clients(fixture, 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    int next = dup(0); /* the lowest number that is free: with it as the limit there is none */
    close(next);
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int turn = 0; turn < 5; turn++)
        loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->pauses, 1);
    assert_int_equal(fixture->pause_reason, EMFILE);
    fixture->fake.now_ms += 100;
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->pauses, 2);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    fixture->fake.now_ms += 99;
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->count, 0);
    fixture->fake.now_ms += 1;
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->count, 1);
}

static void several_sockets_share_one_port_that_the_kernel_chose(void **state)
{
    (void)state;
    struct address any = parsed("127.0.0.1:0"), bound;
    int fds[3], extra;
    struct err err = {.line = 0};
    assert_int_equal(listener_open(&any, 16, fds, 3, &bound, &err), 0);
    assert_int_not_equal(address_port(&bound), 0);
    for (int i = 0; i < 3; i++) {
        struct address own = {.length = sizeof own.storage};
        assert_int_equal(getsockname(fds[i], (struct sockaddr *)(void *)&own.storage, &own.length), 0);
        assert_int_equal(address_port(&own), address_port(&bound));
        assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
    }
    /* A second gateway on the address is an error, and not a silent share. */
    assert_int_equal(listener_open(&bound, 16, &extra, 1, &any, &err), -1);
    assert_int_equal(extra, -1);
    assert_non_null(strstr(err.text, "is in use"));
    int more[2];
    assert_int_equal(listener_open(&bound, 16, more, 2, &any, &err), -1);
    for (int i = 0; i < 3; i++)
        fd_close(&fds[i]);
}

static void an_address_is_free_again_after_its_sockets_close(void **state)
{
    (void)state;
    struct address any = parsed("127.0.0.1:0"), bound, again;
    int fds[2];
    assert_int_equal(listener_open(&any, 16, fds, 2, &bound, NULL), 0);
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    assert_int_equal(listener_open(&bound, 16, fds, 2, &again, NULL), 0);
    fd_close(&fds[0]);
    fd_close(&fds[1]);
}

static void ipv6_any_stands_beside_ipv4_any(void **state)
{
    (void)state;
    struct address any = parsed("0.0.0.0:0"), four, six;
    char text[ADDRESS_TEXT_SIZE];
    int fds[2];
    assert_int_equal(listener_open(&any, 16, &fds[0], 1, &four, NULL), 0);
    snprintf(text, sizeof text, "[::]:%u", (unsigned)address_port(&four));
    any = parsed(text);
    assert_int_equal(listener_open(&any, 16, &fds[1], 1, &six, NULL), 0);
    fd_close(&fds[0]);
    fd_close(&fds[1]);
}

static void a_stale_unix_socket_is_replaced_but_a_live_one_and_a_file_are_not(void **state)
{
    (void)state;
    char directory[] = "/tmp/postern-listener-XXXXXX", text[80], path[64];
    struct address bound;
    int fds[2], second;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/s", directory);
    snprintf(text, sizeof text, "unix:%s", path);
    struct address address = parsed(text);
    struct err err = {.line = 0};
    assert_int_equal(listener_open(&address, 16, fds, 2, &bound, &err), 0);
    assert_int_equal(listener_open(&address, 16, &second, 1, &bound, &err), -1);
    assert_non_null(strstr(err.text, "is in use"));
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    assert_int_equal(listener_open(&address, 16, fds, 1, &bound, NULL), 0); /* the file was still there */
    fd_close(&fds[0]);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_replace(path, "precious", 8, 0600, NULL), 0);
    assert_int_equal(listener_open(&address, 16, fds, 1, &bound, NULL), -1);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 8);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
}

static void an_address_of_another_machine_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct address foreign = parsed("192.0.2.1:1"), bound; /* RFC 5737 §3 */
    int fd;
    struct err err = {.line = 0};
    assert_int_equal(listener_open(&foreign, 16, &fd, 1, &bound, &err), -1);
    assert_non_null(strstr(err.text, "192.0.2.1:1"));
}

#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LISTENER(a_turn_accepts_only_so_many),
        WITH_LISTENER(what_is_accepted_is_ready_for_use),
        WITH_LISTENER(a_paused_listener_accepts_nothing_until_it_goes_on),
        WITH_LISTENER(a_drain_empties_the_queue_even_when_paused),
        WITH_LISTENER(a_listener_may_be_freed_inside_its_callback),
        WITH_LISTENER(without_descriptors_accepting_pauses_for_100_ms),
        cmocka_unit_test(several_sockets_share_one_port_that_the_kernel_chose),
        cmocka_unit_test(an_address_is_free_again_after_its_sockets_close),
        cmocka_unit_test(ipv6_any_stands_beside_ipv4_any),
        cmocka_unit_test(a_stale_unix_socket_is_replaced_but_a_live_one_and_a_file_are_not),
        cmocka_unit_test(an_address_of_another_machine_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
