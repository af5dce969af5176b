/* Two results beside each other, for people: was the second better, and is the difference more than noise? */
#ifndef POSTERN_BENCH_COMPARE_H
#define POSTERN_BENCH_COMPARE_H

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "result.h"

/* Append a table: each figure of both, and second / first. The ratio of the rates comes with its standard
 * error, from how the rates vary over the intervals of the runs; where one of the two was client-bound there
 * is none. What was measured differently (mode, connections, TLS) is said first. False if it did not fit. */
NODISCARD bool compare_write(const struct result *first, const struct result *second, struct buffer *out);

#endif
