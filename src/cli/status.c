#include "cli.h"
#include "live.h"
#include "options.h"

int cli_status(int argc, char **argv)
{
    struct live live = {.wait_ms = 10000};
    const struct option_row rows[] = {
        {"config", "FILE", "the gateway that runs with this configuration", &live.config, NULL},
        {"control", "SOCKET", "the gateway that listens there", &live.control, NULL},
        {"json", NULL, "one line of JSON", NULL, &live.as_json},
    };
    const struct command command = {
        "status", "(--config FILE | --control SOCKET) [--json]",
        "Show what a running gateway does: generation and age, what was found in its files, the last reload\n"
        "that failed and why, workers, connections, counters, refusals by reason.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if ((live.config == NULL) == (live.control == NULL))
        return options_misuse(&command, "one of --config and --control is needed", "");
    return live_ask(&live, "status", live.as_json ? "" : ",\"format\":\"text\"");
}
