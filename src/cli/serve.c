#include "cli.h"
#include "options.h"
#include "postern/supervisor/supervisor.h"

int cli_serve(int argc, char **argv)
{
    const char *config = NULL;
    const struct option_row rows[] = {
        {"config", "FILE", "the configuration, see postern.ini(5)", &config, NULL}};
    const struct command command = {
        "serve", "--config FILE",
        "Run the gateway in the foreground. When it accepts clients it says \"ready: ...\" on standard\n"
        "error. SIGHUP loads all files again, SIGTERM and SIGINT finish what runs and leave, a second\n"
        "SIGINT leaves at once, SIGUSR1 opens the logs anew.",
        rows, LENGTH_OF(rows)};
    int status = options_parse(&command, argc, argv);
    if (status >= 0)
        return status;
    if (config == NULL)
        return options_misuse(&command, "--config is needed", "");
    return supervisor_run(config);
}
