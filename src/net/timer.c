#include <stdlib.h>

#include "loop_timers.h"
#include "postern/base/assert.h"
#include "postern/base/memory.h"

static void heap_put(struct timer_heap *heap, size_t place, struct timer *timer)
{
    heap->timers[place - 1] = timer;
    timer->place = place;
}

static struct timer *heap_at(const struct timer_heap *heap, size_t place)
{
    return heap->timers[place - 1];
}

static void sift_up(struct timer_heap *heap, struct timer *timer)
{
    size_t place = timer->place;
    while (place > 1 && heap_at(heap, place / 2)->scheduled_ms > timer->scheduled_ms) {
        heap_put(heap, place, heap_at(heap, place / 2));
        place /= 2;
    }
    heap_put(heap, place, timer);
}

static void sift_down(struct timer_heap *heap, struct timer *timer)
{
    size_t place = timer->place;
    for (;;) {
        size_t child = place * 2;
        if (child > heap->count)
            break;
        if (child < heap->count &&
            heap_at(heap, child + 1)->scheduled_ms < heap_at(heap, child)->scheduled_ms)
            child++;
        if (heap_at(heap, child)->scheduled_ms >= timer->scheduled_ms)
            break;
        heap_put(heap, place, heap_at(heap, child));
        place = child;
    }
    heap_put(heap, place, timer);
}

static void heap_insert(struct timer_heap *heap, struct timer *timer)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 64 : heap->capacity * 2;
        heap->timers = xreallocarray(heap->timers, heap->capacity, sizeof(heap->timers[0]));
    }
    heap->count++;
    heap_put(heap, heap->count, timer);
    sift_up(heap, timer);
}

static void heap_remove(struct timer_heap *heap, struct timer *timer)
{
    struct timer *last = heap_at(heap, heap->count);
    heap->count--;
    if (last != timer) {
        last->place = timer->place;
        heap_put(heap, last->place, last);
        sift_up(heap, last);
        sift_down(heap, last);
    }
    timer->place = 0;
}

void timer_heap_clear(struct timer_heap *heap)
{
    ASSERT(heap->count == 0);
    free(heap->timers);
    *heap = (struct timer_heap){0};
}

bool timer_heap_next(const struct timer_heap *heap, int64_t *when_ms)
{
    if (heap->count == 0)
        return false;
    *when_ms = heap_at(heap, 1)->scheduled_ms;
    return true;
}

static void look_at(struct timer_heap *heap, struct timer *timer, int64_t now_ms)
{
    if (!timer->armed) {
        heap_remove(heap, timer);
    } else if (timer->deadline_ms > now_ms) {
        timer->scheduled_ms = timer->deadline_ms;
        sift_down(heap, timer);
    } else {
        heap_remove(heap, timer);
        timer->armed = false;
        timer->on_timer(timer->context);
    }
}

void timer_heap_fire(struct timer_heap *heap, int64_t now_ms)
{
    /* Each timer at most once, so that one which re-arms itself with no delay cannot hold the loop. */
    for (size_t left = heap->count; left > 0 && heap->count > 0; left--) {
        struct timer *timer = heap_at(heap, 1);
        if (timer->scheduled_ms > now_ms)
            break;
        look_at(heap, timer, now_ms);
    }
}

void timer_init(struct timer *timer, struct loop *loop, void (*on_timer)(void *), void *context)
{
    *timer = (struct timer){.loop = loop, .on_timer = on_timer, .context = context};
}

void timer_arm(struct timer *timer, int64_t delay_ms)
{
    ASSERT(delay_ms >= 0);
    struct timer_heap *heap = loop_timers(timer->loop);
    timer->deadline_ms = loop_now_ms(timer->loop) + delay_ms;
    timer->armed = true;
    if (timer->place == 0) {
        timer->scheduled_ms = timer->deadline_ms;
        heap_insert(heap, timer);
    } else if (timer->deadline_ms < timer->scheduled_ms) {
        timer->scheduled_ms = timer->deadline_ms;
        sift_up(heap, timer);
    }
}

void timer_disarm(struct timer *timer)
{
    timer->armed = false;
}

bool timer_is_armed(const struct timer *timer)
{
    return timer->armed;
}

void timer_clear(struct timer *timer)
{
    timer->armed = false;
    if (timer->place != 0)
        heap_remove(loop_timers(timer->loop), timer);
}
