#include <stdio.h>

#include "cli.h"
#include "options.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/generation/keys.h"
#include "postern/generation/load.h"
#include "postern/generation/pack.h"
#include "postern/generation/report.h"
#include "postern/generation/summary.h"

static void print_report(const char *config, const struct pack *pack)
{
    struct report_line line;
    unsigned warnings = 0;
    struct slice rest = pack_section(pack, PACK_REPORT, 0);
    while (report_next(&rest, &line)) {
        printf("%s%.*s\n", line.is_warning ? "WARNING: " : "", SLICE_ARG(line.text));
        warnings += line.is_warning;
    }
    if (warnings == 0)
        printf("%s: valid\n", config);
    else
        printf("%s: valid, with %u warning%s\n", config, warnings, warnings == 1 ? "" : "s");
}

/* What a start would do, but for listening: the same code in this process. */
static int check(const char *config)
{
    struct secret keys;
    struct pack pack;
    struct err err = {.line = 0};
    char text[sizeof(err.path) + sizeof(err.text) + 32];
    process_harden();
    if (keys_init(&keys) != 0)
        return STATUS_FAILED;
    int fd = generation_load(config, 1, -1, clock_system(), &keys, &err);
    secret_clear(&keys);
    int status = STATUS_FAILED;
    if (fd >= 0 && pack_open(&pack, fd, &err) == 0) {
        print_report(config, &pack);
        pack_close(&pack);
        status = STATUS_DONE;
    } else {
        fprintf(stderr, "%s\n", err_format(&err, text, sizeof(text)));
    }
    fd_close(&fd);
    return status;
}

int cli_check(int argc, char **argv)
{
    const char *config = NULL;
    const struct option_row rows[] = {
        {"config", "FILE", "the configuration, see postern.ini(5)", &config, NULL}};
    const struct command command = {
        "check", "--config FILE",
        "Check a configuration and every file that it names just as a start does, and show what was found:\n"
        "certificates with expiry, CAs, CRLs with issuer, number, next update and count, routes, and "
        "warnings\n"
        "of what will hurt. Exit status 0 if a start would succeed, 1 if not.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if (config == NULL)
        return options_misuse(&command, "--config is needed", "");
    return check(config);
}
