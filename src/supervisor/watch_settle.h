/* When to look, after a file has moved: a name that was renamed into place is final, and is looked at now; a
 * file that was closed after writing is given SETTLE_CLOSED_MS, for the one that belongs to it; with anything
 * else somebody may be in the middle of writing, and it is looked at when nothing has moved for
 * SETTLE_QUIET_MS. Pure: the time is told. */
#ifndef POSTERN_SUPERVISOR_WATCH_SETTLE_H
#define POSTERN_SUPERVISOR_WATCH_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#define SETTLE_CLOSED_MS 20
#define SETTLE_QUIET_MS  250
#define SETTLE_NEVER     INT64_MAX

enum settle_event { SETTLE_FINAL, SETTLE_CLOSED, SETTLE_OTHER };

struct settle {
    int64_t firm_ms;  /* when what is complete is looked at */
    int64_t quiet_ms; /* when it will have been quiet for long enough */
};

void settle_init(struct settle *settle);
/* Something has moved, at now_ms of a monotonic clock. */
void settle_note(struct settle *settle, enum settle_event event, int64_t now_ms);
/* When it is time to look, or SETTLE_NEVER. */
int64_t settle_due_ms(const struct settle *settle);
/* Is it time? Then all that was noted is dealt with. */
bool settle_take(struct settle *settle, int64_t now_ms);

#endif
