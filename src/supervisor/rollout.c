#include "rollout.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "slot.h"
#include "state.h"

static void on_deadline(void *context);

void rollout_init(struct rollout *rollout, struct supervisor *supervisor)
{
    *rollout = (struct rollout){.next = NULL};
    timer_init(&rollout->deadline, supervisor->loop, on_deadline, supervisor);
}

void rollout_clear(struct rollout *rollout)
{
    if (rollout->next != NULL && !rollout->is_committed)
        edition_free(rollout->next);
    edition_free(rollout->older);
    rollout->next = rollout->older = NULL;
    timer_clear(&rollout->deadline);
}

bool rollout_is_running(const struct rollout *rollout)
{
    return rollout->next != NULL;
}

static int64_t deadline_of(const struct supervisor *supervisor, const struct slot *slot)
{
    int64_t usual_ms = slot->in_force != 0 ? ROLLOUT_DEADLINE_MS : ROLLOUT_RESTART_MS;
    int64_t slow_ms = (slot->in_force != 0 ? 4 : 16) * slot->build_ms;
    if (supervisor->phase == PHASE_STARTING)
        return ROLLOUT_BOOT_MS;
    return slow_ms > usual_ms ? slow_ms : usual_ms;
}

static void arm(struct supervisor *supervisor)
{
    int64_t now_ms = clock_monotonic_ms(supervisor->clock), first_ms = INT64_MAX;
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        const struct slot *slot = &supervisor->slots[i];
        if ((slot->vote == VOTE_WAITING || slot->vote == VOTE_COMMITTING) &&
            slot->vote_deadline_ms < first_ms)
            first_ms = slot->vote_deadline_ms;
    }
    if (first_ms == INT64_MAX)
        timer_disarm(&supervisor->rollout.deadline);
    else
        timer_arm(&supervisor->rollout.deadline, first_ms > now_ms ? first_ms - now_ms : 0);
}

static void expect(struct supervisor *supervisor, struct slot *slot, enum vote vote)
{
    slot->vote = vote;
    slot->vote_deadline_ms = clock_monotonic_ms(supervisor->clock) + deadline_of(supervisor, slot);
    arm(supervisor);
}

void rollout_join(struct supervisor *supervisor, struct slot *slot)
{
    slot_prepare(slot, supervisor->rollout.next);
    expect(supervisor, slot, VOTE_WAITING);
}

void rollout_start(struct supervisor *supervisor, struct edition *next)
{
    supervisor->rollout.next = next;
    supervisor->rollout.is_committed = false;
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        struct slot *slot = &supervisor->slots[i];
        slot->vote = VOTE_NONE;
        slot->vote_deaths = 0;
        /* One that has yet to come up serves nobody, so it is not waited for: it gets what is in force then.
         */
        if (slot_is_serving(slot) || supervisor->phase == PHASE_STARTING)
            rollout_join(supervisor, slot);
    }
    rollout_advance(supervisor);
}

static bool anybody(const struct supervisor *supervisor, enum vote vote)
{
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        if (supervisor->slots[i].vote == vote)
            return true;
    return false;
}

static void finish(struct supervisor *supervisor, const struct err *err)
{
    struct edition *older = supervisor->rollout.older;
    supervisor->rollout.older = NULL;
    timer_disarm(&supervisor->rollout.deadline);
    supervisor->rollout.next = NULL;
    for (unsigned i = 0; i < supervisor->slot_count; i++)
        supervisor->slots[i].vote = VOTE_NONE;
    supervisor_rolled_out(supervisor, err);
    edition_free(older);
}

static void commit(struct supervisor *supervisor)
{
    struct edition *older = supervisor->current;
    supervisor->current = supervisor->rollout.next;
    supervisor->current->since_s = clock_wall_s(supervisor->clock);
    sweeping_begin(supervisor, supervisor->current->number);
    supervisor->rollout.is_committed = true;
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        struct slot *slot = &supervisor->slots[i];
        if (slot->vote != VOTE_PREPARED)
            continue;
        slot_send(slot, HANDOVER_COMMIT, supervisor->current->number, slice_of(NULL, 0), NULL, 0);
        expect(supervisor, slot, VOTE_COMMITTING);
    }
    if (older != NULL)
        edition_tell_news(supervisor->current, older, supervisor->log);
    /* Kept until no worker has it: whoever unmaps it last frees its pages, which takes milliseconds. */
    supervisor->rollout.older = older;
}

/* Take the next step if nobody is waited for. */
void rollout_advance(struct supervisor *supervisor)
{
    if (!rollout_is_running(&supervisor->rollout))
        return;
    if (!supervisor->rollout.is_committed && !anybody(supervisor, VOTE_WAITING))
        commit(supervisor);
    if (supervisor->rollout.is_committed && !anybody(supervisor, VOTE_COMMITTING))
        finish(supervisor, NULL);
}

void rollout_abort(struct supervisor *supervisor, const struct err *err)
{
    if (!rollout_is_running(&supervisor->rollout) || supervisor->rollout.is_committed)
        return;
    struct edition *next = supervisor->rollout.next;
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        struct slot *slot = &supervisor->slots[i];
        /* One that was started for the next generation alone has yet to get the one that stays. */
        if (slot_is_up(slot) && slot->in_force == 0 && supervisor->current != NULL)
            slot_prepare(slot, supervisor->current);
    }
    finish(supervisor, err);
    edition_free(next);
}

static void on_deadline(void *context)
{
    struct supervisor *supervisor = context;
    int64_t now_ms = clock_monotonic_ms(supervisor->clock);
    for (unsigned i = 0; i < supervisor->slot_count; i++) {
        struct slot *slot = &supervisor->slots[i];
        if ((slot->vote != VOTE_WAITING && slot->vote != VOTE_COMMITTING) || slot->vote_deadline_ms > now_ms)
            continue;
        log_line(supervisor->log, LEVEL_ERROR,
                 "worker %u (pid %d) did not answer within %" PRId64
                 " ms: killed, and started on generation %" PRIu64,
                 slot->number, (int)slot->pid, now_ms - slot->vote_asked_ms,
                 supervisor->rollout.next->number);
        slot->vote = VOTE_LATE;
        slot_kill(slot);
    }
    arm(supervisor);
    rollout_advance(supervisor);
}

static void on_prepared(struct supervisor *supervisor, struct slot *slot, uint64_t number)
{
    const struct rollout *rollout = &supervisor->rollout;
    slot->build_ms = clock_monotonic_ms(supervisor->clock) - slot->vote_asked_ms;
    if (slot->vote == VOTE_WAITING && number == rollout->next->number) {
        slot->vote = VOTE_PREPARED;
        arm(supervisor);
        rollout_advance(supervisor);
    } else if (supervisor->current != NULL && number == supervisor->current->number) {
        slot_send(slot, HANDOVER_COMMIT, number, slice_of(NULL, 0), NULL, 0);
    } else if (supervisor->current != NULL && slot->vote != VOTE_WAITING) {
        slot_prepare(slot, supervisor->current);
    }
}

static void on_failed(struct supervisor *supervisor, struct slot *slot, const struct handover *message)
{
    struct err inner, err = {.line = 0};
    char text[sizeof(inner.path) + sizeof(inner.text) + 16];
    handover_error(message, &inner);
    err_format(&inner, text, sizeof(text));
    if (slot->vote == VOTE_WAITING && message->number == supervisor->rollout.next->number) {
        err_set(&err, "worker %u cannot build generation %" PRIu64 ": %.600s", slot->number, message->number,
                text);
        rollout_abort(supervisor, &err);
    } else if (slot->vote != VOTE_WAITING) {
        /* It was built by the loader and by others: this process is not well. */
        log_line(supervisor->log, LEVEL_ERROR, "worker %u cannot build generation %" PRIu64 ": %s",
                 slot->number, message->number, text);
        slot_kill(slot);
    }
}

static void on_committed(struct supervisor *supervisor, struct slot *slot, uint64_t number)
{
    const struct rollout *rollout = &supervisor->rollout;
    slot->in_force = number;
    if (slot->vote == VOTE_COMMITTING && number == supervisor->current->number)
        slot->vote = VOTE_NONE;
    /* It came up while a rollout was under way: now that it serves clients it has a part in it. */
    if (slot->vote == VOTE_NONE && rollout_is_running(rollout) && !rollout->is_committed)
        rollout_join(supervisor, slot);
    else if (slot->vote == VOTE_NONE && number != supervisor->current->number)
        slot_prepare(slot, supervisor->current);
    supervisor_cover_slots(supervisor);
    arm(supervisor);
    rollout_advance(supervisor);
}

void rollout_message(struct supervisor *supervisor, struct slot *slot, const struct handover *message)
{
    switch (message->kind) {
    case HANDOVER_PREPARED:
        on_prepared(supervisor, slot, message->number);
        break;
    case HANDOVER_FAILED:
        on_failed(supervisor, slot, message);
        break;
    case HANDOVER_COMMITTED:
        on_committed(supervisor, slot, message->number);
        break;
    case HANDOVER_SWEPT:
        sweeping_message(supervisor, slot, message);
        break;
    default:
        log_line(supervisor->log, LEVEL_ERROR, "worker %u says nonsense: killed", slot->number);
        slot_kill(slot);
    }
}

bool rollout_slot_down(struct supervisor *supervisor, struct slot *slot, int status)
{
    struct err err = {.line = 0};
    enum vote vote = slot->vote;
    slot->vote = VOTE_NONE;
    sweeping_advance(supervisor);
    if (!rollout_is_running(&supervisor->rollout) || supervisor->rollout.is_committed) {
        rollout_advance(supervisor);
        return false;
    }
    if (vote != VOTE_WAITING && vote != VOTE_PREPARED)
        return false;
    if (++slot->vote_deaths < 2) {
        slot->vote = VOTE_WAITING;
        slot->vote_deadline_ms = INT64_MAX; /* until it is started */
        return true;
    }
    err_set(&err, "worker %u died twice while preparing generation %" PRIu64 ", by %s %d", slot->number,
            supervisor->rollout.next->number, WIFSIGNALED(status) ? "signal" : "exit status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    rollout_abort(supervisor, &err);
    return false;
}
