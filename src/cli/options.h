/* Options of a subcommand: one table, from which they are parsed and from which --help is printed. */
#ifndef POSTERN_CLI_OPTIONS_H
#define POSTERN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"

#define STATUS_DONE   0
#define STATUS_FAILED 1
#define STATUS_USAGE  2
#define STATUS_UNSURE 3 /* cannot tell */

/* Exactly one of value and flag is set. */
struct option_row {
    const char *name;     /* "config" for --config */
    const char *argument; /* "FILE"; NULL for a flag */
    const char *help;
    const char **value;
    bool *flag;
};

struct command {
    const char *name;     /* "check" */
    const char *synopsis; /* "--config FILE" */
    const char *text;     /* what it does, in a paragraph */
    const struct option_row *rows;
    size_t row_count;
};

/* Parse; "--name VALUE" and "--name=VALUE". Returns -1 to go on, or an exit status: help was printed on
 * standard output, or the mistake on standard error. */
NODISCARD int options_parse(const struct command *command, int argc, char **argv);
/* The same with one operand, an argument that is no option ("-" is one); stays NULL if it is not given. */
NODISCARD int options_parse_operand(const struct command *command, int argc, char **argv,
                                    const char **operand);
/* Say what is wrong with the command line. Always returns STATUS_USAGE. */
int options_misuse(const struct command *command, const char *what, const char *quoted);

#endif
