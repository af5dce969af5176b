/* How `postern trial` tells what it found. */
#ifndef POSTERN_CLI_TRIAL_REPORT_H
#define POSTERN_CLI_TRIAL_REPORT_H

#include <stdbool.h>

#include "trial_case.h"

#define TRIAL_ROWS 50 /* of the table, unless all are wanted */

/*   what  is tried, for people */
void trial_print(const struct trial *trial, const char *what, int64_t now_s, bool all, bool colour);
void trial_print_json(const struct trial *trial, const char *what);

#endif
