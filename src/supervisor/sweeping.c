#include "sweeping.h"

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "state.h"

static void finish(struct supervisor *supervisor)
{
    struct sweeping *sweeping = &supervisor->sweeping;
    if (!sweeping->is_awaited)
        return;
    sweeping->is_awaited = false;
    timer_disarm(&sweeping->deadline);
    if (sweeping->cut != 0 || sweeping->put_off != 0)
        log_line(supervisor->log, LEVEL_INFO,
                 "generation %" PRIu64 ": %" PRIu64 " connections cut, %" PRIu64
                 " to be cut after their exchange",
                 sweeping->number, sweeping->cut, sweeping->put_off);
    command_in_force(supervisor, sweeping->first, sweeping->last);
}

static void on_deadline(void *context)
{
    struct supervisor *supervisor = context;
    log_line(supervisor->log, LEVEL_WARNING, "workers still ask open connections after %d ms",
             SWEEPING_DEADLINE_MS);
    finish(supervisor);
}

void sweeping_init(struct supervisor *supervisor)
{
    timer_init(&supervisor->sweeping.deadline, supervisor->loop, on_deadline, supervisor);
}

void sweeping_clear(struct supervisor *supervisor)
{
    timer_clear(&supervisor->sweeping.deadline);
}

void sweeping_begin(struct supervisor *supervisor, uint64_t number)
{
    struct sweeping *sweeping = &supervisor->sweeping;
    finish(supervisor);
    sweeping->number = number;
    sweeping->cut = sweeping->put_off = 0;
}

/* A worker that came up with this generation has nobody of an older one, and a gone one has nobody. */
static bool is_over(const struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        const struct slot *slot = &supervisor->slots[i];
        if (slot_is_serving(slot) && slot->in_force == supervisor->sweeping.number &&
            slot->swept != supervisor->sweeping.number)
            return false;
    }
    return true;
}

void sweeping_advance(struct supervisor *supervisor)
{
    if (supervisor->sweeping.is_awaited && is_over(supervisor))
        finish(supervisor);
}

void sweeping_message(struct supervisor *supervisor, struct slot *slot, const struct handover *message)
{
    struct handover_swept swept;
    struct sweeping *sweeping = &supervisor->sweeping;
    if (message->body.length != sizeof(swept) || message->number != sweeping->number)
        return; /* of a generation that was overtaken */
    memcpy(&swept, message->body.data, sizeof(swept));
    slot->swept = message->number;
    sweeping->cut += swept.cut;
    sweeping->put_off += swept.put_off;
    sweeping_advance(supervisor);
}

void sweeping_await(struct supervisor *supervisor, uint64_t first, uint64_t last)
{
    struct sweeping *sweeping = &supervisor->sweeping;
    sweeping->is_awaited = true;
    sweeping->first = first;
    sweeping->last = last;
    timer_arm(&sweeping->deadline, SWEEPING_DEADLINE_MS);
    sweeping_advance(supervisor);
}
