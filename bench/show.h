/* The commands that look at results of earlier runs, and talk to no server: report and --compare. */
#ifndef POSTERN_BENCH_SHOW_H
#define POSTERN_BENCH_SHOW_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

/* Load results from files and write one HTML page of them all to standard output.
 * Returns 0, or -1 with err: a file that is no result, or output that cannot be written. */
NODISCARD int show_page(int count, char *paths[], struct err *err);
/* The same as pictures, SVG files in a directory. */
NODISCARD int show_pictures(const char *directory, int count, char *paths[], struct err *err);
/* Write two results, of a file each, side by side to standard output.
 *   is_client_bound  set to whether one of them was
 * Returns as above. */
NODISCARD int show_comparison(char *paths[2], bool *is_client_bound, struct err *err);

#endif
