/* The verbs of postern pki that serve, enrol and watch: each parses its own options. argv[0] is the verb. */
#ifndef POSTERN_CLI_PKI_SERVE_H
#define POSTERN_CLI_PKI_SERVE_H

#include "options.h"
#include "postern/base/err.h"

int cli_pki_serve(int argc, char **argv);
int cli_pki_cron(int argc, char **argv);
int cli_pki_verify(int argc, char **argv);

/* Where --dir or --profile point to. Gives; free with free(). NULL after the mistake was told. */
char *cli_pki_directory(const struct command *command, const char *directory, const char *profile);
/* Tell an error as "postern VERB: ...". Always STATUS_FAILED. */
int cli_pki_failed(const struct command *command, const struct err *err);

#endif
