/* postern-bench: load for any mTLS endpoint. options -> run (lanes of clients on a target) -> tally ->
 * report. */
#include <signal.h>
#include <stdio.h>

#include "options.h"
#include "postern/base/buffer.h"
#include "report.h"
#include "run.h"

enum { REPORT_LIMIT = 1 << 20 };

enum { EXIT_MEASURED = 0, EXIT_NOTHING = 1, EXIT_USAGE = 2, EXIT_CLIENT_BOUND = 3 };

/* A server that closes must not end us, and Ctrl-C is to end with a report: run_load() waits for it. */
static void set_signals(void)
{
    sigset_t signals;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

static int print_report(const struct options *options, struct tally *tally)
{
    struct buffer out;
    buffer_init(&out, REPORT_LIMIT);
    bool fits = options->json ? report_json(options, tally, &out) : report_text(options, tally, &out);
    size_t length = buffer_length(&out);
    bool printed = fits && fwrite(out.data, 1, length, stdout) == length && fflush(stdout) == 0;
    buffer_clear(&out);
    return printed ? 0 : -1;
}

static int judge(const struct options *options, const struct tally *tally)
{
    /* A download may outlast the run: what came of it counts, if nothing went wrong. */
    bool has_content = tally->content > 0 && tally->failures.total == 0;
    bool has_succeeded = options->mode == MODE_IDLE ? tally->holding > 0
                                                    : tally->operations > 0 || has_content;
    if (!has_succeeded)
        return EXIT_NOTHING;
    return report_is_client_bound(options, tally) ? EXIT_CLIENT_BOUND : EXIT_MEASURED;
}

static int fail(const struct err *err, int status)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    fprintf(stderr, "postern-bench: %s\n", err_format(err, text, sizeof(text)));
    return status;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct tally tally;
    struct err err = {0};
    if (options_parse(&options, argc, argv, &err) != 0)
        return fail(&err, EXIT_USAGE);
    if (options.help) {
        options_print_help(stdout);
        return EXIT_MEASURED;
    }
    if (options.version) {
        puts("postern-bench " POSTERN_VERSION);
        return EXIT_MEASURED;
    }
    set_signals();
    tally_init(&tally);
    int status = EXIT_NOTHING;
    if (run_load(&options, &tally, &err) != 0)
        status = fail(&err, EXIT_NOTHING);
    else
        status = print_report(&options, &tally) == 0 ? judge(&options, &tally) : EXIT_NOTHING;
    tally_clear(&tally);
    return status;
}
