/* postern-bench: load for any mTLS endpoint. options -> run (lanes of clients on a target) -> result ->
 * text, JSON, CSV. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "result_write.h"
#include "run.h"
#include "show.h"
#include "text.h"

enum { OUTPUT_LIMIT = 16 << 20 };

enum { EXIT_MEASURED = 0, EXIT_NOTHING = 1, EXIT_USAGE = 2, EXIT_CLIENT_BOUND = 3, EXIT_CROSSED = 4 };

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

static int fail(const struct err *err, int status)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    fprintf(stderr, "postern-bench: %s\n", err_format(err, text, sizeof(text)));
    return status;
}

/* Write a form of the result to a file, or to standard output for "-". Returns 0, or -1 with err. */
static int put(const struct result *result, bool (*write)(const struct result *, struct buffer *),
               const char *path, struct err *err)
{
    struct buffer out;
    bool is_standard = strcmp(path, "-") == 0;
    buffer_init(&out, OUTPUT_LIMIT);
    FILE *file = is_standard ? stdout : fopen(path, "we");
    if (!file)
        return err_set_errno(err, path, errno, "cannot be written");
    bool written = write(result, &out) &&
                   fwrite(out.data + out.begin, 1, buffer_length(&out), file) == buffer_length(&out);
    written = fflush(file) == 0 && written;
    if (!is_standard)
        written = fclose(file) == 0 && written;
    buffer_clear(&out);
    return written ? 0 : err_set_errno(err, path, errno, "cannot be written");
}

/* Text for people, unless standard output is taken. */
static int print(const struct options *options, const struct result *result, struct err *err)
{
    bool is_taken = false;
    const struct {
        const char *path;
        bool (*write)(const struct result *, struct buffer *);
    } forms[] = {{options->json, result_write_json}, {options->csv, result_write_csv}};
    for (size_t i = 0; i < LENGTH_OF(forms); i++) {
        if (!forms[i].path)
            continue;
        if (put(result, forms[i].write, forms[i].path, err) != 0)
            return -1;
        is_taken = is_taken || strcmp(forms[i].path, "-") == 0;
    }
    return is_taken ? 0 : put(result, text_write, "-", err);
}

/* Name each limit that was crossed on standard error. */
static bool is_crossed(const struct options *options, const struct result *result)
{
    char verdict[THRESHOLD_VERDICT_SIZE];
    bool is_any = false;
    for (unsigned i = 0; i < options->threshold_count; i++) {
        if (!threshold_is_crossed(&options->thresholds[i], result, verdict))
            continue;
        fprintf(stderr, "postern-bench: failed: %s\n", verdict);
        is_any = true;
    }
    return is_any;
}

static int judge(const struct options *options, const struct result *result)
{
    const struct tally *tally = &result->tally;
    /* A download may outlast the run: what came of it counts, if nothing went wrong. */
    bool has_content = tally->content > 0 && tally->failures.total == 0;
    bool has_succeeded = result->mode == MODE_IDLE ? tally->holding > 0
                                                   : tally->operations > 0 || has_content;
    bool has_crossed = is_crossed(options, result);
    if (!has_succeeded)
        return EXIT_NOTHING;
    if (has_crossed)
        return EXIT_CROSSED;
    return result->is_client_bound ? EXIT_CLIENT_BOUND : EXIT_MEASURED;
}

static int report(int count, char *paths[])
{
    struct err err = {0};
    const char *directory = count > 1 && strcmp(paths[0], "--svg") == 0 ? paths[1] : NULL;
    int skipped = directory ? 2 : 0;
    if (count <= skipped || paths[skipped][0] == '-') {
        err_set(&err,
                "report: needs files that --json has written, report [--svg DIR] A.json B.json > page.html");
        return fail(&err, EXIT_USAGE);
    }
    int result = directory ? show_pictures(directory, count - 2, paths + 2, &err)
                           : show_page(count, paths, &err);
    return result == 0 ? EXIT_MEASURED : fail(&err, EXIT_NOTHING);
}

static int compare(int count, char *paths[])
{
    struct err err = {0};
    bool is_client_bound = false;
    if (count != 2) {
        err_set(&err, "--compare: needs two files that --json has written, --compare A.json B.json");
        return fail(&err, EXIT_USAGE);
    }
    if (show_comparison(paths, &is_client_bound, &err) != 0)
        return fail(&err, EXIT_NOTHING);
    return is_client_bound ? EXIT_CLIENT_BOUND : EXIT_MEASURED;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct result result;
    struct err err = {0};
    if (argc > 1 && strcmp(argv[1], "report") == 0)
        return report(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "--compare") == 0)
        return compare(argc - 2, argv + 2);
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
    if (run_load(&options, &result, &err) != 0)
        return fail(&err, EXIT_NOTHING);
    int status = print(&options, &result, &err) == 0 ? judge(&options, &result) : fail(&err, EXIT_NOTHING);
    result_clear(&result);
    return status;
}
