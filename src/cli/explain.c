#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "colour.h"
#include "explain_refusal.h"
#include "explain_serial.h"
#include "explanation.h"
#include "options.h"
#include "passphrase.h"
#include "postern/base/memory.h"
#include "postern/base/process.h"

struct explain {
    struct live gateway;
    const char *file, *passphrase_file, *serial, *issuer, *request_id;
    bool is_live;
};

static int fail(const struct err *err)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    fprintf(stderr, "cannot tell: %s\n", err_format(err, text, sizeof(text)));
    return STATUS_UNSURE;
}

/* Also a pipe: `openssl s_client ... | postern explain -`. */
static int read_file(const char *path, struct buffer *out, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    char *space;
    size_t count = 1;
    buffer_init(out, PRESENTED_SIZE_MAX + 1);
    if (in == NULL)
        return err_set_errno(err, path, errno, "cannot read");
    while (count > 0 && (space = buffer_reserve(out, 1)) != NULL) {
        count = fread(space, 1, buffer_reserved(out), in);
        buffer_commit(out, count);
    }
    int result = ferror(in) != 0 ? err_set_errno(err, path, errno, "cannot read") : 0;
    if (!is_stdin)
        fclose(in);
    return result;
}

static int parse(const struct explain *explain, struct slice bytes, struct presented *out, struct err *err)
{
    char passphrase[PASSPHRASE_SIZE] = "";
    int result = 0;
    if (explain->passphrase_file != NULL)
        result = passphrase_read(explain->passphrase_file, passphrase, err);
    if (result == 0)
        result = presented_parse(bytes, passphrase, explain->file, out, err);
    /* Many have none; only where that fails is somebody asked. */
    if (result != 0 && explain->passphrase_file == NULL && presented_is_pkcs12(bytes)) {
        presented_clear(out);
        err_clear(err);
        result = passphrase_ask(explain->file, passphrase, err);
        if (result == 0)
            result = presented_parse(bytes, passphrase, explain->file, out, err);
    }
    memory_cleanse(passphrase, sizeof(passphrase));
    return result;
}

static int read_presented(const struct explain *explain, struct presented *out, struct err *err)
{
    struct buffer bytes;
    *out = (struct presented){.leaf = NULL};
    int result = read_file(explain->file, &bytes, err);
    if (result == 0)
        result = parse(explain, buffer_view(&bytes), out, err);
    buffer_clear(&bytes);
    return result;
}

static int explain_certificate(const struct explain *explain, const struct judging *judging)
{
    struct err err = {.line = 0};
    struct presented presented;
    if (read_presented(explain, &presented, &err) != 0) {
        presented_clear(&presented);
        return fail(&err);
    }
    struct explanation explanation = {.judging = judging, .now_s = clock_wall_s(clock_system())};
    trust_examine(generation_trust(judging->generation), &presented, explanation.now_s,
                  &explanation.examination);
    if (explain->gateway.as_json)
        explanation_print_json(&explanation);
    else
        explanation_print(&explanation, colour_is_wanted(stdout));
    enum trust_reason reason = explanation.examination.verdict.reason;
    examination_clear(&explanation.examination);
    presented_clear(&presented);
    return reason == TRUST_ADMITTED ? STATUS_DONE : reason == TRUST_INTERNAL ? STATUS_UNSURE : STATUS_FAILED;
}

static int run(const struct explain *explain)
{
    struct err err = {.line = 0};
    struct judging judging;
    process_harden();
    if (explain->request_id != NULL)
        return explain_refusal(&explain->gateway, explain->request_id);
    bool is_live = explain->is_live || explain->gateway.config == NULL;
    int result = is_live ? judging_fetch(&judging, &explain->gateway, &err)
                         : judging_load(&judging, explain->gateway.config, &err);
    int status = result != 0 ? fail(&err)
                 : explain->serial != NULL
                     ? explain_serial(&judging, explain->serial, explain->issuer, explain->gateway.as_json)
                     : explain_certificate(explain, &judging);
    judging_clear(&judging);
    return status;
}

int cli_explain(int argc, char **argv)
{
    struct explain explain = {.gateway = {.wait_ms = 10000}};
    const struct option_row rows[] = {
        {"config", "FILE", "judge as a start with this configuration would", &explain.gateway.config, NULL},
        {"live", NULL, "judge by the generation in force in the gateway that runs with it", NULL,
         &explain.is_live},
        {"control", "SOCKET", "the same, of the gateway that listens there", &explain.gateway.control, NULL},
        {"passphrase-file", "FILE", "of PKCS#12; without it the terminal is asked", &explain.passphrase_file,
         NULL},
        {"serial", "HEX", "what the CRLs say of this serial number", &explain.serial, NULL},
        {"issuer", "TEXT", "with --serial: only CRLs whose issuer's name holds this text", &explain.issuer,
         NULL},
        {"request-id", "ID", "what became of the request or handshake with this id, from page, log or client",
         &explain.request_id, NULL},
        {"json", NULL, "one line of JSON", NULL, &explain.gateway.as_json},
    };
    const struct command command = {
        "explain",
        "(--config FILE [--live] | --control SOCKET)\n         (CERTIFICATE | --serial HEX [--issuer TEXT] | "
        "--request-id ID)",
        "Say why the client with this certificate is admitted or refused, by the code of the handshake: the\n"
        "path, each CRL that was asked, the rule that decided, and what to do. CERTIFICATE is PEM (the\n"
        "client's first, then what it sends along), DER or PKCS#12, or - for standard input.\n"
        "Exit status 0 admitted (or not revoked), 1 refused (or revoked), 3 cannot tell.",
        rows, LENGTH_OF(rows)};
    int status = options_parse_operand(&command, argc, argv, &explain.file);
    if (status >= 0)
        return status;
    if ((explain.gateway.config == NULL) == (explain.gateway.control == NULL))
        return options_misuse(&command, "one of --config and --control is needed", "");
    if ((explain.file != NULL) + (explain.serial != NULL) + (explain.request_id != NULL) != 1)
        return options_misuse(&command, "one of CERTIFICATE, --serial and --request-id is needed", "");
    if (explain.issuer != NULL && explain.serial == NULL)
        return options_misuse(&command, "--issuer goes with --serial", "");
    return run(&explain);
}
