#include "crl_reminder.h"

#include <stdbool.h>

#include "postern/base/clock.h"
#include "postern/trust/reason.h"

enum { HOUR_S = 3600, LOOK_S = 60 };

/* One look at all issuers. */
struct look {
    const struct crl_reminder *reminder;
    int64_t now_s;
    int64_t next_s; /* when to look again */
    unsigned troubles;
    bool tells;
};

static bool is_ending(const struct crl_record *record, int64_t now_s)
{
    return record->next_update - now_s < (record->next_update - record->this_update) / 3;
}

/* A CA that by configuration publishes none is no trouble. */
static bool is_trouble(const struct look *look, const struct trust_issuer_report *issuer)
{
    if (issuer->reason == TRUST_ADMITTED)
        return issuer->record != NULL && is_ending(issuer->record, look->now_s);
    return issuer->reason != TRUST_CRL_MISSING || !issuer->tolerated ||
           trust_get_policy(look->reminder->trust)->crl_missing_allow;
}

static void tell(const struct look *look, const struct trust_issuer_report *issuer)
{
    struct log *log = look->reminder->log;
    char span[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    if (issuer->reason == TRUST_ADMITTED)
        log_line(log, LEVEL_WARNING, "CRL of %s expires in %s; publish the next one", issuer->issuer,
                 clock_span(issuer->record->next_update - look->now_s, span));
    else if (issuer->reason == TRUST_CRL_EXPIRED && issuer->tolerated)
        log_line(
            log, LEVEL_WARNING,
            "CRL of %s expired %s ago: its clients are admitted until %s, by crl_expired = grace; publish a "
            "fresh one",
            issuer->issuer, clock_span(look->now_s - issuer->record->next_update, span),
            clock_format(issuer->deadline, until));
    else
        log_line(log, LEVEL_WARNING, "CRL of %s: %s: its clients are %s; %s", issuer->issuer,
                 trust_reason_text((enum trust_reason)issuer->reason),
                 issuer->tolerated ? "admitted all the same" : "refused",
                 trust_reason_advice((enum trust_reason)issuer->reason));
}

static void on_issuer(void *context, const struct trust_issuer_report *issuer)
{
    struct look *look = context;
    const struct crl_record *record = issuer->record;
    if (record != NULL && record->next_update > look->now_s && record->next_update < look->next_s)
        look->next_s = record->next_update;
    if (!is_trouble(look, issuer))
        return;
    /* Ending, and then ended: the second is one more. */
    look->troubles += issuer->reason == TRUST_ADMITTED ? 1 : 2;
    if (look->tells)
        tell(look, issuer);
}

static struct look look_at_all(const struct crl_reminder *reminder, bool tells)
{
    int64_t now_s = loop_wall_s(reminder->loop);
    struct look look = {.reminder = reminder, .now_s = now_s, .next_s = now_s + LOOK_S, .tells = tells};
    trust_report_issuers(reminder->trust, now_s, on_issuer, &look);
    return look;
}

static void remember(struct crl_reminder *reminder, const struct look *look)
{
    reminder->told = look->troubles;
    reminder->told_at_s = look->now_s;
}

static void on_timer(void *context)
{
    struct crl_reminder *reminder = context;
    struct look look = look_at_all(reminder, false);
    /* A clock that was set back is no reason for silence. */
    int64_t since_s = look.now_s - reminder->told_at_s;
    if (look.troubles > reminder->told || (look.troubles > 0 && (since_s >= HOUR_S || since_s < 0))) {
        (void)look_at_all(reminder, true);
        remember(reminder, &look);
    }
    timer_arm(&reminder->timer, (look.next_s - look.now_s) * 1000);
}

void crl_reminder_init(struct crl_reminder *reminder, struct loop *loop, struct log *log)
{
    *reminder = (struct crl_reminder){.loop = loop, .log = log};
    timer_init(&reminder->timer, loop, on_timer, reminder);
}

void crl_reminder_clear(struct crl_reminder *reminder)
{
    timer_clear(&reminder->timer);
    reminder->trust = NULL;
}

void crl_reminder_watch(struct crl_reminder *reminder, const struct trust *trust)
{
    reminder->trust = trust;
    struct look look = look_at_all(reminder, false);
    remember(reminder, &look);
    timer_arm(&reminder->timer, (look.next_s - look.now_s) * 1000);
}
