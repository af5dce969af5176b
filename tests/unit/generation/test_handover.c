#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/generation/handover.h"

struct ends {
    int sender, receiver;
    struct handover_inbox inbox;
};

static int set_up(void **state)
{
    struct ends *ends = calloc(1, sizeof(*ends));
    int pair[2];
    assert_non_null(ends);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    ends->sender = pair[0];
    ends->receiver = pair[1];
    assert_int_equal(handover_inbox_init(&ends->inbox), 0);
    *state = ends;
    return 0;
}

static int tear_down(void **state)
{
    struct ends *ends = *state;
    handover_inbox_clear(&ends->inbox);
    fd_close(&ends->sender);
    fd_close(&ends->receiver);
    free(ends);
    return 0;
}

static void a_message_arrives_with_its_descriptors(void **state)
{
    struct ends *ends = *state;
    struct handover message;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(handover_send(ends->sender, HANDOVER_PREPARE, 12, SLICE_LITERAL("keys"), pipe_ends, 2),
                     0);
    assert_int_equal(handover_receive(ends->receiver, &ends->inbox, &message), 1);
    assert_int_equal(message.kind, HANDOVER_PREPARE);
    assert_int_equal(message.number, 12);
    assert_true(slice_equal_text(message.body, "keys"));
    assert_int_equal(message.fd_count, 2);
    int kept = message.fds[0], dropped = message.fds[1];
    message.fds[0] = -1; /* taken */
    handover_close(&ends->inbox, &message);
    assert_int_equal(close(dropped), -1); /* closed already */
    assert_int_equal(close(kept), 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void keys_do_not_stay_in_the_inbox(void **state)
{
    struct ends *ends = *state;
    struct handover message;
    assert_int_equal(handover_send(ends->sender, HANDOVER_LOADED, 1, SLICE_LITERAL("PRIVATE"), NULL, 0), 0);
    assert_int_equal(handover_receive(ends->receiver, &ends->inbox, &message), 1);
    handover_close(&ends->inbox, &message);
    assert_null(memmem(ends->inbox.memory.data, ends->inbox.memory.size, "PRIVATE", 7));
}

static void the_longest_message_fits(void **state)
{
    struct ends *ends = *state;
    struct handover message;
    char *body = calloc(1, HANDOVER_BODY_MAX);
    assert_non_null(body);
    assert_int_equal(
        handover_send(ends->sender, HANDOVER_LOADED, 1, slice_of(body, HANDOVER_BODY_MAX), NULL, 0), 0);
    assert_int_equal(handover_receive(ends->receiver, &ends->inbox, &message), 1);
    assert_int_equal(message.body.length, HANDOVER_BODY_MAX);
    handover_close(&ends->inbox, &message);
    free(body);
}

static void nothing_there_and_the_end_are_told_apart(void **state)
{
    struct ends *ends = *state;
    struct handover message;
    assert_int_equal(handover_receive(ends->receiver, &ends->inbox, &message), -1);
    assert_int_equal(errno, EAGAIN);
    fd_close(&ends->sender);
    assert_int_equal(handover_receive(ends->receiver, &ends->inbox, &message), 0);
}

static void nonsense_is_the_end(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t length;
    } table[] = {
        {"shorter than a header", "\1\0\0", 3},
        {"kind 0", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
        {"unknown kind", "\177\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
        {"body shorter than told", "\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0abc", 19},
        {"body longer than told", "\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0abc", 19},
    };
    struct ends *ends = *state;
    struct handover message;
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        assert_int_equal(send(ends->sender, table[i].bytes, table[i].length, 0), table[i].length);
        if (handover_receive(ends->receiver, &ends->inbox, &message) != 0)
            fail_msg("accepted: %s", table[i].name);
    }
}

static void an_error_that_is_none_is_survived(void **state)
{
    struct ends *ends = *state;
    struct handover message;
    struct err sent, got;
    memset(&sent, 'x', sizeof(sent)); /* no NUL anywhere */
    assert_int_equal(handover_send(ends->sender, HANDOVER_REJECTED, 1,
                                   slice_of((const char *)&sent, sizeof(sent)), NULL, 0),
                     0);
    assert_int_equal(handover_receive(ends->receiver, &ends->inbox, &message), 1);
    handover_error(&message, &got);
    assert_int_equal(strlen(got.text), sizeof(got.text) - 1);
    message.body = slice_before(message.body, 3);
    handover_error(&message, &got);
    assert_string_equal(got.text, "no reason was given");
    handover_close(&ends->inbox, &message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_arrives_with_its_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_do_not_stay_in_the_inbox, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_message_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_there_and_the_end_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nonsense_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_that_is_none_is_survived, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
