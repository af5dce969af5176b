/* A result for programs: JSON, whose fields docs/bench.md names, and CSV, a line of names and a line of
 * values. Both append to a buffer and return false if they did not fit. */
#ifndef POSTERN_BENCH_RESULT_WRITE_H
#define POSTERN_BENCH_RESULT_WRITE_H

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "result.h"

/* The value of "schema". Another number means that a field has changed its meaning or is gone; fields may be
 * added without. */
#define RESULT_SCHEMA "postern-bench/1"

NODISCARD bool result_write_json(const struct result *result, struct buffer *out);
/* RFC 4180. */
NODISCARD bool result_write_csv(const struct result *result, struct buffer *out);

#endif
