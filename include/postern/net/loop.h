/* The event loop of one process: descriptors, signals, timers and deferred calls, on libevent's core. One
 * loop, one thread; nothing here may be called from another. Callbacks run from loop_run() only, never from
 * inside a call that starts a watch, so a caller is never re-entered.
 *
 * Descriptors that carry a stream of bytes are watched edge-triggered and both ways from the start
 * (watch_start with WATCH_EDGE): the owner reads or writes until EAGAIN, and no system call is spent on
 * changing interest. */
#ifndef POSTERN_NET_LOOP_H
#define POSTERN_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/list.h"

struct loop;
struct event; /* libevent's */

struct loop *loop_new(const struct clock *clock);
/* Free the loop; all watches and timers have been stopped. NULL is nothing. */
void loop_free(struct loop *loop);
/* Run until loop_stop(). Returns 0, or -1 if the backend failed. */
NODISCARD int loop_run(struct loop *loop);
/* One turn: wait at most max_wait_ms for something to happen, and handle it. For tests. */
void loop_turn(struct loop *loop, unsigned max_wait_ms);
void loop_stop(struct loop *loop);
/* Have this called at the end of each turn, when all that was ready has been handled: for what is better done
 * once for many events. NULL for nothing any more. */
void loop_set_turn_end(struct loop *loop, void (*on_turn_end)(void *), void *context);
const struct clock *loop_clock(const struct loop *loop);
/* Monotonic milliseconds as of the beginning of this turn. Costs nothing. */
int64_t loop_now_ms(const struct loop *loop);
/* Wall seconds, read anew at most once a turn. */
int64_t loop_wall_s(struct loop *loop);

/* WATCH_CLOSED is only ever told, with WATCH_EDGE: the peer has ended its side (EPOLLRDHUP), though bytes may
 * still wait before that end. A reset comes as WATCH_READ | WATCH_WRITE. */
enum { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_EDGE = 4, WATCH_CLOSED = 8 };

/* A watched descriptor. Embedded in its owner. */
struct watch {
    struct loop *loop;
    struct event *event;
    struct list woken; /* on the loop's list while a wake is due */
    unsigned wake;
    void (*on_ready)(void *context, unsigned ready /* WATCH_READ | WATCH_WRITE | WATCH_CLOSED */);
    void *context;
};
/* Watch fd (borrows: the caller closes it, after watch_stop). With fd -1 nothing is watched, and only
 * watch_wake() leads to a call. Returns 0 or -1. */
NODISCARD int watch_start(struct watch *watch, struct loop *loop, int fd, unsigned interest,
                          void (*on_ready)(void *, unsigned), void *context);
/* Call on_ready with these in the next turn, as if the descriptor had become ready. */
void watch_wake(struct watch *watch, unsigned ready);
/* Safe on a zeroed or stopped watch, and from inside its own callback. */
void watch_stop(struct watch *watch);

/* A signal, delivered in the loop. */
struct signal_watch {
    struct event *event;
    void (*on_signal)(void *context, int signal);
    void *context;
};
NODISCARD int signal_watch_start(struct signal_watch *watch, struct loop *loop, int signal,
                                 void (*on_signal)(void *, int), void *context);
void signal_watch_stop(struct signal_watch *watch);

/* A one-shot timer by the loop's clock. Embedded; holds no memory. Re-arming to a later time, and disarming,
 * cost a store: the timer keeps its place among the loop's timers, looks at its deadline when its turn comes,
 * and sleeps again. */
struct timer {
    struct loop *loop;
    size_t place;         /* in the loop's heap, from 1; 0: not in it */
    int64_t deadline_ms;  /* monotonic; meaningful while armed */
    int64_t scheduled_ms; /* when the loop will look at it, at the latest the deadline */
    bool armed;
    void (*on_timer)(void *context);
    void *context;
};
void timer_init(struct timer *timer, struct loop *loop, void (*on_timer)(void *), void *context);
/* Fire once, delay_ms (0 or more) from loop_now_ms(); replaces what was armed. Never fires within the call.
 */
void timer_arm(struct timer *timer, int64_t delay_ms);
/* Not armed any more; also safe on an unarmed one. */
void timer_disarm(struct timer *timer);
bool timer_is_armed(const struct timer *timer);
/* Release what it holds; must be called before its owner is freed. */
void timer_clear(struct timer *timer);

#endif
