#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cli.h"
#include "colour.h"
#include "judging.h"
#include "options.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "trial_report.h"

struct trial_order {
    struct live gateway;
    struct load_stand_ins stand_ins;
    bool all;
};

static int fail(const struct err *err)
{
    char text[sizeof(err->path) + sizeof(err->text) + 32];
    fprintf(stderr, "cannot tell: %s\n", err_format(err, text, sizeof(text)));
    return STATUS_UNSURE;
}

/* What is tried, in the words of the command line. */
static void name_it(const struct trial_order *order, const char *config, char *out, size_t size)
{
    const struct load_stand_ins *stand_ins = &order->stand_ins;
    if (stand_ins->crl != NULL && stand_ins->trust != NULL)
        snprintf(out, size, "%s and %s", stand_ins->crl, stand_ins->trust);
    else if (stand_ins->crl != NULL || stand_ins->trust != NULL)
        snprintf(out, size, "%s", stand_ins->crl != NULL ? stand_ins->crl : stand_ins->trust);
    else
        snprintf(out, size, "%s", config);
}

static int try_history(const struct trial_order *order, const struct judging *running,
                       const struct judging *candidate, const char *what, struct slice history)
{
    struct trial trial;
    int64_t now_s = clock_wall_s(clock_system());
    int status = STATUS_UNSURE;
    if (trial_run(&trial, history, generation_trust(candidate->generation),
                  generation_trust(running->generation), now_s) != 0) {
        fprintf(stderr, "cannot tell: the gateway's memory of clients is not understood\n");
    } else {
        if (order->gateway.as_json)
            trial_print_json(&trial, what);
        else
            trial_print(&trial, what, now_s, order->all, colour_is_wanted(stdout));
        status = trial.counts[TRIAL_REFUSED] > 0  ? STATUS_FAILED
                 : trial.counts[TRIAL_UNSURE] > 0 ? STATUS_UNSURE
                                                  : STATUS_DONE;
    }
    trial_clear(&trial);
    return status;
}

static int try_fd(const struct trial_order *order, const struct judging *running,
                  const struct judging *candidate, const char *what, int fd)
{
    struct err err = {.line = 0};
    struct stat status;
    if (!memfd_is_sealed(fd) || fstat(fd, &status) != 0 || status.st_size <= 0) {
        err_set(&err, "the gateway gave no memory of clients");
        return fail(&err);
    }
    size_t size = (size_t)status.st_size;
    void *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        err_set(&err, "no memory");
        return fail(&err);
    }
    int result = try_history(order, running, candidate, what, slice_of(mapped, size));
    munmap(mapped, size);
    return result;
}

static int try_candidate(const struct trial_order *order, const struct judging *running,
                         const struct judging *candidate, const char *what)
{
    struct err err = {.line = 0};
    struct buffer answer;
    int fd = -1;
    int result = live_request(&order->gateway, "clients", "", &answer, &fd, &err);
    int status = result == 0 ? try_fd(order, running, candidate, what, fd) : fail(&err);
    fd_close(&fd);
    buffer_clear(&answer);
    return status;
}

static int run(const struct trial_order *order)
{
    struct err err = {.line = 0};
    struct judging running, candidate = {.pack_fd = -1};
    char what[512];
    int status = STATUS_UNSURE;
    process_harden();
    if (judging_fetch(&running, &order->gateway, &err) != 0) {
        status = fail(&err);
    } else {
        const char *config = order->gateway.config != NULL ? order->gateway.config
                                                           : generation_config(running.generation)->path;
        name_it(order, config, what, sizeof(what));
        if (judging_load_with(&candidate, config, &order->stand_ins, running.pack_fd, &err) != 0)
            status = fail(&err);
        else
            status = try_candidate(order, &running, &candidate, what);
    }
    judging_clear(&candidate);
    judging_clear(&running);
    return status;
}

int cli_trial(int argc, char **argv)
{
    struct trial_order order = {.gateway = {.wait_ms = 20000}};
    const struct option_row rows[] = {
        {"config", "FILE", "the configuration to try; it also says where the gateway listens",
         &order.gateway.config, NULL},
        {"control", "SOCKET", "the gateway that listens there, with the configuration it was started with",
         &order.gateway.control, NULL},
        {"crl", "FILE", "in place of [client_auth] crl; a file or a directory", &order.stand_ins.crl, NULL},
        {"trust", "FILE", "in place of [client_auth] trust", &order.stand_ins.trust, NULL},
        {"all", NULL, "every row of the table", NULL, &order.all},
        {"json", NULL, "one line of JSON", NULL, &order.gateway.as_json},
    };
    const struct command command = {
        "trial", "[--config FILE] [--control SOCKET] [--crl FILE] [--trust FILE] [--all] [--json]",
        "Say who of the clients that are connected, or were within 24 hours, would be refused by a new CRL,\n"
        "trust bundle or configuration, before it is put in place. The files are loaded as a reload would, "
        "and\n"
        "nothing is changed.\n"
        "Exit status 0 nobody would be refused, 1 somebody would, 3 cannot tell: of some, or it would not "
        "load.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if (order.gateway.config == NULL && order.gateway.control == NULL)
        return options_misuse(&command, "--config or --control is needed", "");
    if (order.gateway.config == NULL && order.stand_ins.crl == NULL && order.stand_ins.trust == NULL)
        return options_misuse(&command, "one of --config, --crl and --trust is needed to try", "");
    return run(&order);
}
