/* A clock that stands until a test moves it. */
#ifndef POSTERN_TESTS_NET_FAKE_CLOCK_H
#define POSTERN_TESTS_NET_FAKE_CLOCK_H

#include "postern/base/clock.h"

struct fake_clock {
    struct clock clock;
    int64_t now_ms;
};

static int64_t fake_wall_ms(void *context)
{
    return 1772366400000 + ((struct fake_clock *)context)->now_ms;
}

static int64_t fake_monotonic_us(void *context)
{
    return ((struct fake_clock *)context)->now_ms * 1000;
}

static inline void fake_clock_init(struct fake_clock *fake)
{
    *fake = (struct fake_clock){.clock = {fake_wall_ms, fake_monotonic_us, fake}, .now_ms = 1000};
}

#endif
