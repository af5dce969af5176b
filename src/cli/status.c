#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "live.h"
#include "options.h"
#include "postern/base/clock.h"

enum { WATCH_MS = 1000 };

static int fail(const struct err *err)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    fprintf(stderr, "%s\n", err_format(err, text, sizeof(text)));
    return STATUS_FAILED;
}

/* Exit status by the answer: 0 only if nothing bites. */
static int health_of(struct slice answer)
{
    char *healthy = live_member(answer, "healthy");
    int status = healthy != NULL && strcmp(healthy, "true") == 0 ? STATUS_DONE : STATUS_FAILED;
    free(healthy);
    return status;
}

static int show_once(const struct live *live)
{
    struct err err = {.line = 0};
    struct buffer answer;
    int result = live_request(live, "status", live->as_json ? "" : ",\"format\":\"text\"", &answer, NULL,
                              &err);
    struct slice view = buffer_view(&answer);
    char *text = live->as_json ? NULL : live_member(view, "text");
    int status = result == 0 ? health_of(view) : fail(&err);
    if (result == 0 && live->as_json)
        printf("%.*s\n", SLICE_ARG(view));
    else if (text != NULL)
        fputs(text, stdout);
    free(text);
    buffer_clear(&answer);
    return status;
}

/* One line, but only when it says something new. Returns 0, or -1 with err. */
static int show_change(const struct live *live, char **last, struct err *err)
{
    struct buffer answer;
    char time[CLOCK_TEXT_SIZE];
    int result = live_request(live, "status", ",\"format\":\"line\"", &answer, NULL, err);
    char *line = result == 0 ? live_member(buffer_view(&answer), "text") : NULL;
    buffer_clear(&answer);
    if (line != NULL && (*last == NULL || strcmp(*last, line) != 0)) {
        printf("%s %s\n", clock_format(clock_wall_s(clock_system()), time), line);
        fflush(stdout);
        free(*last);
        *last = line;
    } else {
        free(line);
    }
    return result;
}

static void pause_watch(void)
{
    const struct timespec pause = {WATCH_MS / 1000, WATCH_MS % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

/* Until it is interrupted, or the gateway is gone. */
static int watch(const struct live *live)
{
    struct err err = {.line = 0};
    bool is_screen = isatty(STDOUT_FILENO) == 1 && !live->as_json;
    char *last = NULL;
    if (!is_screen && !live->as_json) {
        while (show_change(live, &last, &err) == 0)
            pause_watch();
        free(last);
        return fail(&err);
    }
    for (;;) {
        struct buffer answer;
        int result = live_request(live, "ping", "", &answer, NULL, &err);
        buffer_clear(&answer);
        if (result != 0)
            return fail(&err);
        if (is_screen)
            fputs("\033[H\033[2J", stdout);
        (void)show_once(live);
        fflush(stdout);
        pause_watch();
    }
}

int cli_status(int argc, char **argv)
{
    struct live live = {.wait_ms = 10000};
    bool is_watched = false;
    const struct option_row rows[] = {
        {"config", "FILE", "the gateway that runs with this configuration", &live.config, NULL},
        {"control", "SOCKET", "the gateway that listens there", &live.control, NULL},
        {"json", NULL, "one line of JSON", NULL, &live.as_json},
        {"watch", NULL, "again each second; into a file or pipe a line for each change", NULL, &is_watched},
    };
    const struct command command = {
        "status", "(--config FILE | --control SOCKET) [--json] [--watch]",
        "Show what a running gateway does: what somebody should act on, generation and age, files with "
        "digests,\n"
        "certificates and CRLs with the time they have left, the last reload that failed and why, workers,\n"
        "connections, counters, refusals and cuts by reason.\n"
        "Exit status 0 all is well; 1 no gateway answers, or something bites: the last reload failed, a "
        "worker\n"
        "is not serving, a certificate or CRL has ended, soon ends or is missing.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if ((live.config == NULL) == (live.control == NULL))
        return options_misuse(&command, "one of --config and --control is needed", "");
    return is_watched ? watch(&live) : show_once(&live);
}
