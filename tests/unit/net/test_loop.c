#include "postern/net/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_clock.h"

struct fixture {
    struct fake_clock fake;
    struct loop *loop;
    struct timer timers[4];
    struct watch watch;
    int fds[2];
    unsigned ready, calls, order[16], fired;
    int64_t rearm_ms;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.rearm_ms = -1};
    fake_clock_init(&fixture.fake);
    fixture.loop = loop_new(&fixture.fake.clock);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fixture.fds), 0);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    watch_stop(&fixture->watch);
    loop_free(fixture->loop);
    close(fixture->fds[0]);
    close(fixture->fds[1]);
    return 0;
}

static void on_ready(void *context, unsigned ready)
{
    struct fixture *fixture = context;
    fixture->ready |= ready;
    fixture->calls++;
}

static void advance(struct fixture *fixture, int64_t span_ms)
{
    fixture->fake.now_ms += span_ms;
    loop_turn(fixture->loop, 0);
}

static void count_fired(void *context)
{
    struct fixture *fixture = context;
    fixture->fired++;
    if (fixture->rearm_ms >= 0)
        timer_arm(&fixture->timers[0], fixture->rearm_ms);
}

static void a_timer_fires_once_at_its_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct timer *timer = &fixture->timers[0];
    timer_init(timer, fixture->loop, count_fired, fixture);
    assert_false(timer_is_armed(timer));
    timer_arm(timer, 100);
    assert_true(timer_is_armed(timer));
    advance(fixture, 99);
    assert_int_equal(fixture->fired, 0);
    advance(fixture, 1);
    assert_int_equal(fixture->fired, 1);
    assert_false(timer_is_armed(timer));
    advance(fixture, 1000);
    assert_int_equal(fixture->fired, 1);
    timer_clear(timer);
}

static void a_timer_follows_its_last_arming(void **state)
{
    struct fixture *fixture = *state;
    struct timer *timer = &fixture->timers[0];
    timer_init(timer, fixture->loop, count_fired, fixture);
    timer_arm(timer, 100);
    timer_arm(timer, 300); /* later */
    advance(fixture, 299);
    assert_int_equal(fixture->fired, 0);
    timer_arm(timer, 50); /* earlier than where it sleeps */
    timer_arm(timer, 20);
    advance(fixture, 20);
    assert_int_equal(fixture->fired, 1);
    timer_arm(timer, 10);
    timer_disarm(timer);
    advance(fixture, 100);
    assert_int_equal(fixture->fired, 1);
    timer_arm(timer, 0);
    assert_int_equal(fixture->fired, 1);
    advance(fixture, 0);
    assert_int_equal(fixture->fired, 2);
    timer_arm(timer, 10);
    timer_clear(timer);
    advance(fixture, 100);
    assert_int_equal(fixture->fired, 2);
}

static void a_timer_that_rearms_itself_with_no_delay_fires_once_a_turn(void **state)
{
    struct fixture *fixture = *state;
    timer_init(&fixture->timers[0], fixture->loop, count_fired, fixture);
    fixture->rearm_ms = 0;
    timer_arm(&fixture->timers[0], 0);
    for (unsigned turn = 1; turn <= 3; turn++) {
        advance(fixture, 0);
        assert_int_equal(fixture->fired, turn);
    }
    timer_clear(&fixture->timers[0]);
}

struct numbered {
    struct timer timer;
    unsigned *last_deadline, deadline, *fired;
};

static void check_order(void *context)
{
    struct numbered *numbered = context;
    assert_true(*numbered->last_deadline <= numbered->deadline);
    *numbered->last_deadline = numbered->deadline;
    (*numbered->fired)++;
}

static void many_timers_fire_in_the_order_of_their_deadlines(void **state)
{
    struct fixture *fixture = *state;
    static struct numbered many[500];
    unsigned last = 0, fired = 0, seed = 7, cleared = 0;
    for (unsigned i = 0; i < 500; i++) {
        seed = seed * 1103515245U + 12345U;
        many[i] = (struct numbered){.last_deadline = &last, .fired = &fired, .deadline = seed >> 16 & 0x3ff};
        timer_init(&many[i].timer, fixture->loop, check_order, &many[i]);
        timer_arm(&many[i].timer, many[i].deadline);
    }
    for (unsigned i = 0; i < 500; i += 3, cleared++)
        timer_clear(&many[i].timer);
    for (unsigned i = 0; i < 1024; i++)
        advance(fixture, 1);
    assert_int_equal(fired, 500 - cleared);
    for (unsigned i = 0; i < 500; i++)
        timer_clear(&many[i].timer);
}

static void time_stands_still_within_a_turn(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(loop_now_ms(fixture->loop), 1000);
    fixture->fake.now_ms = 2500;
    assert_int_equal(loop_now_ms(fixture->loop), 2500);
    assert_int_equal(loop_wall_s(fixture->loop), 1772366402);
}

static void a_real_timer_ends_the_wait(void **state)
{
    struct fixture *fixture = *state;
    struct loop *loop = loop_new(clock_system());
    timer_init(&fixture->timers[0], loop, count_fired, fixture);
    timer_arm(&fixture->timers[0], 5);
    while (fixture->fired == 0)
        loop_turn(loop, 10000);
    timer_clear(&fixture->timers[0]);
    loop_free(loop);
}

static void an_edge_is_told_once_and_again_after_more(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(watch_start(&fixture->watch, fixture->loop, fixture->fds[0],
                                 WATCH_READ | WATCH_WRITE | WATCH_EDGE, on_ready, fixture),
                     0);
    assert_int_equal(fixture->calls, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->ready, WATCH_WRITE);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(write(fixture->fds[1], "x", 1), 1);
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->calls, 2); /* though the byte was not read */
    assert_true(fixture->ready & WATCH_READ);
    assert_false(fixture->ready & WATCH_CLOSED);
    assert_int_equal(shutdown(fixture->fds[1], SHUT_WR), 0);
    loop_turn(fixture->loop, 0);
    assert_true(fixture->ready & WATCH_CLOSED);
}

static void wake_again(void *context, unsigned ready)
{
    on_ready(context, ready);
    watch_wake(&((struct fixture *)context)->watch, WATCH_WRITE);
}

static void a_wake_waits_for_the_next_turn(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(watch_start(&fixture->watch, fixture->loop, -1, 0, wake_again, fixture), 0);
    watch_wake(&fixture->watch, WATCH_READ);
    watch_wake(&fixture->watch, WATCH_READ);
    assert_int_equal(fixture->calls, 0);
    loop_turn(fixture->loop, 10000); /* does not wait */
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(fixture->ready, WATCH_READ);
    loop_turn(fixture->loop, 10000);
    assert_int_equal(fixture->calls, 2);
    watch_stop(&fixture->watch);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->calls, 2);
}

static void stop_itself(void *context, unsigned ready)
{
    on_ready(context, ready);
    watch_stop(&((struct fixture *)context)->watch);
}

static void a_watch_may_be_stopped_inside_its_callback(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        watch_start(&fixture->watch, fixture->loop, fixture->fds[0], WATCH_WRITE, stop_itself, fixture), 0);
    loop_turn(fixture->loop, 0);
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->calls, 1);
    watch_stop(&fixture->watch);
}

static void stop_on_signal(void *context, int signal)
{
    struct fixture *fixture = context;
    fixture->fired = (unsigned)signal;
    loop_stop(fixture->loop);
}

static void a_signal_comes_through_the_loop(void **state)
{
    struct fixture *fixture = *state;
    struct signal_watch watch;
    assert_int_equal(signal_watch_start(&watch, fixture->loop, SIGUSR1, stop_on_signal, fixture), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(fixture->fired, 0);
    assert_int_equal(loop_run(fixture->loop), 0);
    assert_int_equal(fixture->fired, SIGUSR1);
    signal_watch_stop(&watch);
    signal_watch_stop(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_timer_fires_once_at_its_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_follows_its_last_arming, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_that_rearms_itself_with_no_delay_fires_once_a_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_timers_fire_in_the_order_of_their_deadlines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_stands_still_within_a_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_real_timer_ends_the_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_edge_is_told_once_and_again_after_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wake_waits_for_the_next_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_watch_may_be_stopped_inside_its_callback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_signal_comes_through_the_loop, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
