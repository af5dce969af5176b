#include "pki_wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "judging.h"
#include "postern/base/clock.h"
#include "postern/base/file.h"
#include "postern/supervisor/control.h"
#include "postern/trust/examine.h"
#include "postern/trust/reason.h"

#define LOAD_WAIT_MS   120000
#define ANSWER_WAIT_MS 10000
#define POLL_MS        50
#define QUIET_POLLS    5 /* a sweep works in slices of milliseconds: so long without a cut, and it is over */
#define POLLS_MAX      60

static int64_t count_cut(const struct live *live)
{
    struct buffer answer;
    int64_t result = -1;
    uint64_t count = 0;
    char *path = live_socket(live, NULL);
    if (path && control_ask(path, "status", "", ANSWER_WAIT_MS, &answer, NULL) == 0) {
        char *counters = live_member(buffer_view(&answer), "counters");
        char *text = counters ? live_member(slice_text(counters), "connections_cut") : NULL;
        if (text && slice_to_u64(slice_text(text), INT64_MAX, &count))
            result = (int64_t)count;
        free(counters);
        free(text);
        buffer_clear(&answer);
    }
    free(path);
    return result;
}

void pki_wait_begin(struct pki_wait *wait, const char *config, const char *control)
{
    *wait = (struct pki_wait){.live = {.config = config, .control = control, .wait_ms = ANSWER_WAIT_MS}};
    wait->cut_before = count_cut(&wait->live);
}

static int look_again(const struct live *live, struct err *err)
{
    struct buffer answer;
    int result = 0;
    char *path = live_socket(live, err);
    if (!path)
        return -1;
    if (control_ask(path, "reload", "", LOAD_WAIT_MS, &answer, err) == 0) {
        char *error = live_member(buffer_view(&answer), "error");
        if (!live_is_ok(buffer_view(&answer)))
            result = err_set_at(err, path, 0, "%s", error ? error : "the gateway's answer is not understood");
        free(error);
        buffer_clear(&answer);
    } else {
        result = -1;
    }
    free(path);
    return result;
}

/* Its verdict on one certificate; `reason` is set if it is refused. */
static int judge(const struct judging *judging, const char *path, enum trust_reason *reason, struct err *err)
{
    struct buffer bytes;
    struct presented presented = {0};
    struct examination examination;
    if (file_read(path, PRESENTED_SIZE_MAX, &bytes, NULL, err) < 0)
        return -1;
    int result = presented_parse(buffer_view(&bytes), NULL, path, &presented, err);
    if (result == 0) {
        trust_examine(generation_trust(judging->generation), &presented, clock_wall_s(clock_system()),
                      &examination);
        *reason = examination.verdict.reason;
        examination_clear(&examination);
    }
    presented_clear(&presented);
    buffer_clear(&bytes);
    return result;
}

static int judge_all(const struct judging *judging, const struct pki_revoked *revoked, struct err *err)
{
    enum trust_reason reason = TRUST_INTERNAL;
    size_t count = revoked->certificate_count;
    for (size_t i = 0; i < count; i++) {
        if (judge(judging, revoked->certificates[i], &reason, err) < 0)
            return -1;
        if (reason == TRUST_ADMITTED)
            return err_set_at(err, revoked->certificates[i], 0,
                              "%s still admits it; does it read this profile's crl-bundle.pem?",
                              judging->origin);
    }
    if (count == 1)
        printf("%-13s refused (%s) by %s\n", "gateway:", trust_reason_code(reason), judging->origin);
    else
        printf("%-13s all %zu refused by %s\n", "gateway:", count, judging->origin);
    return 0;
}

static void report_cut(const struct pki_wait *wait)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    int64_t now = count_cut(&wait->live), last = now;
    for (int i = 0, quiet = 0; now >= 0 && i < POLLS_MAX && quiet < QUIET_POLLS; i++) {
        nanosleep(&pause, NULL);
        now = count_cut(&wait->live);
        quiet = now == last ? quiet + 1 : 0;
        last = now;
    }
    if (now < wait->cut_before || wait->cut_before < 0)
        return; /* it has started anew meanwhile */
    int64_t cut = now - wait->cut_before;
    printf("%-13s %" PRId64 " connection%s\n", "cut:", cut, cut == 1 ? "" : "s");
}

int pki_wait_end(const struct pki_wait *wait, const struct pki_revoked *revoked, struct err *err)
{
    struct judging judging;
    struct err local = {0};
    int result = look_again(&wait->live, &local);
    if (result == 0) {
        result = judging_fetch(&judging, &wait->live, &local);
        if (result == 0)
            result = judge_all(&judging, revoked, &local);
        judging_clear(&judging);
    }
    if (result < 0)
        return err_set_at(err, local.path, local.line, "revoked, but not known to be refused: %s",
                          local.text);
    report_cut(wait);
    return 0;
}
