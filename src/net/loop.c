#include "postern/net/loop.h"

#include <event2/event.h>
#include <stdlib.h>

#include "loop_timers.h"
#include "postern/base/assert.h"
#include "postern/base/memory.h"

#define WAIT_FOREVER (-1)

/* Times read once a turn. Apart, because asking for the time does not change a loop. */
struct loop_times {
    int64_t now_ms, wall_s;
    bool has_now, has_wall, in_turn;
};

struct loop {
    struct event_base *base;
    const struct clock *clock;
    struct loop_times *times;
    struct timer_heap timers;
    struct event *tick; /* ends the wait when a timer is due */
    int64_t tick_ms;    /* for when it is set, by our clock */
    bool tick_is_set;
    struct list woken;   /* watches to call in the next turn */
    struct list calling; /* watches being called in this one */
    bool stopped, failed;
    void (*on_turn_end)(void *);
    void *turn_end_context;
};

struct timer_heap *loop_timers(struct loop *loop)
{
    return &loop->timers;
}

static void tick_rang(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    struct loop *loop = context;
    loop->tick_is_set = false;
}

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    ASSERT(config != NULL);
    /* Edges and EV_CLOSED need epoll; the environment has no say in how we wait. */
    ASSERT(event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE) ==
           0);
    ASSERT(event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct loop *loop_new(const struct clock *clock)
{
    struct loop *loop = xcalloc(1, sizeof(*loop));
    loop->clock = clock;
    loop->times = xcalloc(1, sizeof(*loop->times));
    list_init(&loop->woken);
    list_init(&loop->calling);
    loop->base = base_new();
    ASSERT(loop->base != NULL);
    loop->tick = evtimer_new(loop->base, tick_rang, loop);
    ASSERT(loop->tick != NULL);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    ASSERT(list_is_empty(&loop->woken) && list_is_empty(&loop->calling));
    timer_heap_clear(&loop->timers);
    event_free(loop->tick);
    event_base_free(loop->base);
    free(loop->times);
    free(loop);
}

void loop_set_turn_end(struct loop *loop, void (*on_turn_end)(void *), void *context)
{
    loop->on_turn_end = on_turn_end;
    loop->turn_end_context = context;
}

const struct clock *loop_clock(const struct loop *loop)
{
    return loop->clock;
}

int64_t loop_now_ms(const struct loop *loop)
{
    struct loop_times *times = loop->times;
    if (!times->has_now) {
        times->now_ms = clock_monotonic_ms(loop->clock);
        times->has_now = times->in_turn;
    }
    return times->now_ms;
}

int64_t loop_wall_s(struct loop *loop)
{
    struct loop_times *times = loop->times;
    if (!times->has_wall) {
        times->wall_s = clock_wall_s(loop->clock);
        times->has_wall = times->in_turn;
    }
    return times->wall_s;
}

static void set_tick(struct loop *loop, int64_t when_ms, int64_t now_ms)
{
    if (loop->tick_is_set && loop->tick_ms <= when_ms)
        return;
    int64_t delay_ms = when_ms > now_ms ? when_ms - now_ms : 0;
    const struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = (delay_ms % 1000) * 1000};
    ASSERT(evtimer_add(loop->tick, &delay) == 0);
    loop->tick_ms = when_ms;
    loop->tick_is_set = true;
}

/* Wait for descriptors and call their watches. The longest wait is until the next timer. */
static void wait_and_dispatch(struct loop *loop, int max_wait_ms)
{
    int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
    int64_t now_ms = clock_monotonic_ms(loop->clock);
    int64_t when_ms;
    if (max_wait_ms == 0 || !list_is_empty(&loop->woken)) {
        flags |= EVLOOP_NONBLOCK;
    } else {
        if (max_wait_ms != WAIT_FOREVER)
            set_tick(loop, now_ms + max_wait_ms, now_ms);
        if (timer_heap_next(&loop->timers, &when_ms))
            set_tick(loop, when_ms, now_ms);
    }
    if (event_base_loop(loop->base, flags) < 0) {
        loop->failed = true;
        loop->stopped = true;
    }
}

/* Watches woken from here on wait for the next turn, so that a wake in each turn cannot starve descriptors.
 */
static void call_woken(struct list *due)
{
    struct list *link;
    while ((link = list_first(due)) != NULL) {
        struct watch *watch = LIST_ENTRY(link, struct watch, woken);
        unsigned ready = watch->wake;
        list_remove(link);
        watch->wake = 0;
        watch->on_ready(watch->context, ready);
    }
}

static void move_all(struct list *from, struct list *to)
{
    LIST_EACH_SAFE(link, from) {
        list_remove(link);
        list_append(to, link);
    }
}

static void turn(struct loop *loop, int max_wait_ms)
{
    struct loop_times *times = loop->times;
    times->has_now = false;
    times->has_wall = false;
    times->in_turn = true;
    wait_and_dispatch(loop, max_wait_ms);
    move_all(&loop->woken, &loop->calling);
    call_woken(&loop->calling);
    timer_heap_fire(&loop->timers, loop_now_ms(loop));
    if (loop->on_turn_end != NULL)
        loop->on_turn_end(loop->turn_end_context);
    times->in_turn = false;
    times->has_now = false;
    times->has_wall = false;
}

int loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped)
        turn(loop, WAIT_FOREVER);
    return loop->failed ? -1 : 0;
}

void loop_turn(struct loop *loop, unsigned max_wait_ms)
{
    turn(loop, (int)max_wait_ms);
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

static void watch_ready(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    struct watch *watch = context;
    unsigned ready = 0;
    ready |= (events & EV_READ) != 0 ? WATCH_READ : 0U;
    ready |= (events & EV_WRITE) != 0 ? WATCH_WRITE : 0U;
    ready |= (events & EV_CLOSED) != 0 ? WATCH_READ | WATCH_CLOSED : 0U;
    /* Last: the owner may be gone after this. */
    watch->on_ready(watch->context, ready);
}

int watch_start(struct watch *watch, struct loop *loop, int fd, unsigned interest,
                void (*on_ready)(void *, unsigned), void *context)
{
    *watch = (struct watch){.loop = loop, .on_ready = on_ready, .context = context};
    list_init(&watch->woken);
    if (fd < 0)
        return 0;
    short events = EV_PERSIST;
    events |= (short)((interest & WATCH_READ) != 0 ? EV_READ : 0);
    events |= (short)((interest & WATCH_WRITE) != 0 ? EV_WRITE : 0);
    events |= (short)((interest & WATCH_EDGE) != 0 ? EV_ET | EV_CLOSED : 0);
    watch->event = event_new(loop->base, fd, events, watch_ready, watch);
    if (watch->event == NULL)
        return -1;
    if (event_add(watch->event, NULL) != 0) {
        event_free(watch->event);
        watch->event = NULL;
        return -1;
    }
    return 0;
}

void watch_wake(struct watch *watch, unsigned ready)
{
    ASSERT(watch->loop != NULL && ready != 0);
    if (watch->wake == 0)
        list_append(&watch->loop->woken, &watch->woken);
    watch->wake |= ready;
}

void watch_stop(struct watch *watch)
{
    if (watch->loop == NULL)
        return;
    list_remove(&watch->woken);
    if (watch->event != NULL)
        event_free(watch->event);
    *watch = (struct watch){0};
}

static void signal_came(evutil_socket_t signal, short events, void *context)
{
    (void)events;
    struct signal_watch *watch = context;
    watch->on_signal(watch->context, (int)signal);
}

int signal_watch_start(struct signal_watch *watch, struct loop *loop, int signal,
                       void (*on_signal)(void *, int), void *context)
{
    *watch = (struct signal_watch){.on_signal = on_signal, .context = context};
    watch->event = evsignal_new(loop->base, signal, signal_came, watch);
    if (watch->event == NULL)
        return -1;
    if (evsignal_add(watch->event, NULL) != 0) {
        signal_watch_stop(watch);
        return -1;
    }
    return 0;
}

void signal_watch_stop(struct signal_watch *watch)
{
    if (watch->event != NULL)
        event_free(watch->event);
    *watch = (struct signal_watch){0};
}
