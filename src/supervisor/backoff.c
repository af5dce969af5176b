#include "backoff.h"

int64_t backoff_next(struct backoff *backoff, int64_t lived_ms)
{
    if (backoff->delay_ms == 0 || lived_ms >= BACKOFF_RESET_MS)
        backoff->delay_ms = BACKOFF_FIRST_MS;
    else if (backoff->delay_ms < BACKOFF_LAST_MS)
        backoff->delay_ms *= 2;
    if (backoff->delay_ms > BACKOFF_LAST_MS)
        backoff->delay_ms = BACKOFF_LAST_MS;
    return backoff->delay_ms;
}
