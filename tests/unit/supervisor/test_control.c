#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "postern/base/clock.h"

struct place {
    char directory[64], path[96];
    struct loop *loop;
    struct control_client *waiting;
    char request[256];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    snprintf(place->directory, sizeof(place->directory), "/tmp/postern-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/control.sock", place->directory);
    place->loop = loop_new(clock_system());
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    loop_free(place->loop);
    int result = rmdir(place->directory); /* fails if something was left */
    free(place);
    return result;
}

/* "now" is answered at once, "later" when the test says so. */
static void on_request(void *context, struct control_client *client, struct slice request)
{
    struct place *place = context;
    snprintf(place->request, sizeof(place->request), "%.*s", SLICE_ARG(request));
    if (slice_equal_text(request, "now")) {
        control_answer(client, SLICE_LITERAL("answer"));
    } else {
        place->waiting = client;
        control_client_wait(client, 5);
    }
}

static struct control *open_at(struct place *place, struct err *err)
{
    return control_open(place->loop, place->path, on_request, place, err);
}

static int connect_to(const struct place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, place->path, strlen(place->path) + 1);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void turns(struct place *place)
{
    for (int i = 0; i < 5; i++)
        loop_turn(place->loop, 0);
}

static void a_request_is_answered_and_the_conversation_ends(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    char answer[32] = "";
    struct control *control = open_at(place, &err);
    assert_non_null(control);
    int fd = connect_to(place);
    assert_int_equal(write(fd, "no", 2), 2); /* in pieces */
    turns(place);
    assert_string_equal(place->request, "");
    assert_int_equal(write(fd, "w\n", 2), 2);
    turns(place);
    assert_int_equal(read(fd, answer, sizeof(answer)), 7);
    assert_string_equal(answer, "answer\n");
    assert_int_equal(read(fd, answer, sizeof(answer)), 0);
    close(fd);
    control_close(control);
}

static void an_answer_may_come_later(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    char answer[32] = "";
    struct control *control = open_at(place, &err);
    int fd = connect_to(place);
    assert_int_equal(write(fd, "later\n", 6), 6);
    assert_int_equal(shutdown(fd, SHUT_WR), 0); /* that it has nothing more to say ends nothing */
    turns(place);
    assert_non_null(place->waiting);
    assert_int_equal(read(fd, answer, sizeof(answer)), -1);
    assert_int_equal(errno, EAGAIN);
    control_answer(place->waiting, SLICE_LITERAL("at last"));
    assert_int_equal(read(fd, answer, sizeof(answer)), 8);
    close(fd);
    control_close(control);
}

/* A descriptor goes with the first byte, also of an answer that takes long. */
static void an_answer_may_bring_a_descriptor(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct control *control = open_at(place, &err);
    int fd = connect_to(place), file = memfd_new("test", 7), fds[1] = {-1};
    char answer[8] = "";
    size_t fd_count = 1, length = 0;
    struct stat sent, came;
    assert_int_equal(write(fd, "later\n", 6), 6);
    turns(place);
    control_answer_with(place->waiting, SLICE_LITERAL("here"), file);
    assert_int_equal(fstat(file, &sent), 0);
    close(file); /* it was borrowed */
    assert_int_equal(message_receive(fd, answer, sizeof(answer), fds, &fd_count), 1);
    assert_int_equal(fd_count, 1);
    assert_int_equal(fstat(fds[0], &came), 0);
    assert_int_equal(sent.st_ino, came.st_ino);
    assert_int_equal(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (ssize_t count = 1; length < 4 && count > 0; length += (size_t)count)
        count = read(fd, answer + 1 + length, sizeof(answer) - 1 - length);
    assert_memory_equal(answer, "here\n", 5);
    close(fds[0]);
    close(fd);
    control_close(control);
}

static void count(void *context, struct control_client *client)
{
    (void)client;
    ++*(unsigned *)context;
}

static void only_those_who_wait_for_it_are_told(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    unsigned told = 0;
    struct control *control = open_at(place, &err);
    int fd = connect_to(place);
    assert_int_equal(write(fd, "later\n", 6), 6);
    turns(place);
    control_each_waiting(control, 1, 4, count, &told);
    assert_int_equal(told, 0);
    control_each_waiting(control, 6, UINT64_MAX, count, &told);
    assert_int_equal(told, 0);
    control_each_waiting(control, 1, 5, count, &told);
    assert_int_equal(told, 1);
    close(fd);
    control_close(control);
}

static void a_request_over_the_limit_ends_the_conversation(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    char chunk[1024], answer[8];
    struct control *control = open_at(place, &err);
    int fd = connect_to(place);
    memset(chunk, 'x', sizeof(chunk));
    for (size_t sent = 0; sent <= CONTROL_REQUEST_MAX; sent += sizeof(chunk)) {
        (void)send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL);
        turns(place);
    }
    ssize_t count_read = read(fd, answer, sizeof(answer));
    assert_true(count_read == 0 || (count_read < 0 && errno == ECONNRESET));
    assert_string_equal(place->request, "");
    close(fd);
    control_close(control);
}

static void the_socket_is_for_its_owner_only(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct stat status;
    mode_t mask = umask(0);
    struct control *control = open_at(place, &err);
    assert_int_equal(umask(mask), 0); /* and is put back */
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    control_close(control);
    assert_int_equal(stat(place->path, &status), -1);
}

static void a_socket_that_is_answered_at_is_left_alone(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    char expected[256];
    struct control *control = open_at(place, &err);
    assert_null(open_at(place, &err));
    snprintf(expected, sizeof(expected),
             "%s belongs to a gateway that is running; stop it, or give each its own", place->path);
    assert_string_equal(err.text, expected);
    close(connect_to(place)); /* the first still listens */
    control_close(control);
}

static void a_socket_that_nobody_answers_at_is_replaced(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place->path, strlen(place->path) + 1);
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stale, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(stale);
    struct control *control = open_at(place, &err);
    assert_non_null(control);
    close(connect_to(place));
    control_close(control);
}

static void a_file_in_its_place_is_not_removed(void **state)
{
    struct place *place = *state;
    struct err err = {.line = 0};
    close(open(place->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_null(open_at(place, &err));
    assert_non_null(strstr(err.text, "is there and is no socket; give another path"));
    assert_int_equal(unlink(place->path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_answered_and_the_conversation_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_may_come_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_those_who_wait_for_it_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_over_the_limit_ends_the_conversation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_socket_is_for_its_owner_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_that_is_answered_at_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_that_nobody_answers_at_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_may_bring_a_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_in_its_place_is_not_removed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
