#include "watch_settle.h"

void settle_init(struct settle *settle)
{
    *settle = (struct settle){SETTLE_NEVER, SETTLE_NEVER};
}

void settle_note(struct settle *settle, enum settle_event event, int64_t now_ms)
{
    if (event == SETTLE_OTHER) {
        settle->quiet_ms = now_ms + SETTLE_QUIET_MS;
        return;
    }
    int64_t firm_ms = event == SETTLE_FINAL ? now_ms : now_ms + SETTLE_CLOSED_MS;
    if (firm_ms < settle->firm_ms)
        settle->firm_ms = firm_ms;
}

int64_t settle_due_ms(const struct settle *settle)
{
    return settle->firm_ms < settle->quiet_ms ? settle->firm_ms : settle->quiet_ms;
}

bool settle_take(struct settle *settle, int64_t now_ms)
{
    if (settle_due_ms(settle) > now_ms)
        return false;
    settle_init(settle);
    return true;
}
