/* How long to wait before a worker that died is started again: 100 ms, doubled at each death up to 5 s, and
 * from the beginning after it has lived for 10 s. */
#ifndef POSTERN_SUPERVISOR_BACKOFF_H
#define POSTERN_SUPERVISOR_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS  5000
#define BACKOFF_RESET_MS 10000

struct backoff {
    int64_t delay_ms; /* 0: nothing has died yet */
};

/* A death after lived_ms. Returns the wait in milliseconds. */
int64_t backoff_next(struct backoff *backoff, int64_t lived_ms);

#endif
