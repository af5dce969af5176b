#include "cli.h"
#include "live.h"
#include "options.h"

int cli_reload(int argc, char **argv)
{
    struct live live = {.wait_ms = 120000};
    const struct option_row rows[] = {
        {"config", "FILE", "the gateway that runs with this configuration", &live.config, NULL},
        {"control", "SOCKET", "the gateway that listens there", &live.control, NULL},
        {"json", NULL, "one line of JSON", NULL, &live.as_json},
    };
    const struct command command = {"reload", "(--config FILE | --control SOCKET) [--json]",
                                    "Have a running gateway load all its files again, and wait for the "
                                    "outcome. Exit status 0 if the new\n"
                                    "generation is in force, 1 if the old one stays; then it says why.",
                                    rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if ((live.config == NULL) == (live.control == NULL))
        return options_misuse(&command, "one of --config and --control is needed", "");
    return live_ask(&live, "reload", "");
}
