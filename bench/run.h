/* A whole run: threads, their share of connections and requests, the window of measurement, the sum. */
#ifndef POSTERN_BENCH_RUN_H
#define POSTERN_BENCH_RUN_H

#include "options.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "result.h"

/* Do what the options say, and block until it is done. SIGINT and SIGTERM, which the caller has blocked, end
 * it early with what was counted so far.
 *   out  set on success; result_clear() it
 * Returns 0, or -1 with err if it could not start. */
NODISCARD int run_load(const struct options *options, struct result *out, struct err *err);

#endif
