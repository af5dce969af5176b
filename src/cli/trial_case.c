#include "trial_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/memory.h"
#include "postern/trust/foresight.h"

enum { DAY_S = 86400 };

const char *trial_outcome_code(enum trial_outcome outcome)
{
    static const char *const codes[] = {"admitted", "refused", "already_refused", "cannot_tell"};
    return codes[outcome];
}

static void say(struct trial_case *out, enum trial_outcome outcome, const char *detail)
{
    out->outcome = outcome;
    snprintf(out->detail, sizeof(out->detail), "%s", detail);
}

/* It was admitted; so where today's verdict is uncertain too, it is so still. */
static bool is_refused_today(const struct trust *running, const struct trust_path *path, int64_t now_s)
{
    struct trust_verdict today;
    return running != NULL && trust_foresee(running, running, path, now_s, &today) &&
           today.reason != TRUST_ADMITTED;
}

static const char *doubt(const struct trust_verdict *verdict)
{
    if (verdict->reason == TRUST_ADMITTED)
        return "it depends on whether the client sends the intermediate that is no longer in the bundle";
    if (verdict->reason == TRUST_CRL_MISSING)
        return "its CA is in no bundle: what the CRLs say is seen when the client brings that CA";
    return verdict->detail;
}

static void judge(struct trial_case *out, const struct trust *candidate, const struct trust *running,
                  int64_t now_s)
{
    struct trust_path path;
    struct trust_verdict verdict;
    out->reason = TRUST_INTERNAL;
    if (!trust_path_unpack(out->seen.path.data, out->seen.path.length, &path)) {
        say(out, TRIAL_UNSURE, "its path was kept by another version of this program");
        return;
    }
    out->serial = path.links[0].serial;
    bool is_certain = trust_foresee(candidate, running, &path, now_s, &verdict);
    out->reason = verdict.reason;
    if (verdict.reason != TRUST_ADMITTED && is_refused_today(running, &path, now_s))
        say(out, TRIAL_ALREADY, verdict.detail);
    else if (!is_certain)
        say(out, TRIAL_UNSURE, doubt(&verdict));
    else
        say(out, verdict.reason == TRUST_ADMITTED ? TRIAL_ADMITTED : TRIAL_REFUSED, verdict.detail);
}

static int compare(const void *left, const void *right)
{
    const struct trial_case *a = left, *b = right;
    if (a->outcome != b->outcome)
        return a->outcome < b->outcome ? -1 : 1;
    if ((a->seen.open > 0) != (b->seen.open > 0))
        return a->seen.open > 0 ? -1 : 1;
    return a->seen.last_s > b->seen.last_s ? -1 : a->seen.last_s < b->seen.last_s;
}

static void keep(struct trial *trial, size_t *capacity, const struct trial_case *found)
{
    if (trial->count == *capacity) {
        *capacity = *capacity == 0 ? 64 : 2 * *capacity;
        trial->cases = xreallocarray(trial->cases, *capacity, sizeof(*trial->cases));
    }
    trial->cases[trial->count++] = *found;
}

int trial_run(struct trial *trial, struct slice history, const struct trust *candidate,
              const struct trust *running, int64_t now_s)
{
    struct slice records;
    struct trial_case found;
    size_t capacity = 0;
    *trial = (struct trial){.count = 0};
    if (!seen_open(history, &records))
        return -1;
    while (found = (struct trial_case){.outcome = TRIAL_UNSURE}, seen_next(&records, &found.seen)) {
        if (found.seen.open == 0 && found.seen.last_s < now_s - DAY_S)
            continue;
        judge(&found, candidate, running, now_s);
        trial->clients++;
        trial->counts[found.outcome]++;
        trial->connected += found.outcome == TRIAL_REFUSED && found.seen.open > 0;
        if (found.outcome != TRIAL_ADMITTED)
            keep(trial, &capacity, &found);
    }
    if (trial->count > 0)
        qsort(trial->cases, trial->count, sizeof(*trial->cases), compare);
    return records.length == 0 ? 0 : -1;
}

void trial_clear(struct trial *trial)
{
    free(trial->cases);
    *trial = (struct trial){.count = 0};
}
