/* Results as one HTML page that needs nothing else: style and pictures are in it, there is no script, and it
 * is read in light and in dark. For each scenario: who did how much, latencies by percentile, rates over
 * time, rates against the size of CRLs, and the figures as a table. */
#ifndef POSTERN_BENCH_PAGE_H
#define POSTERN_BENCH_PAGE_H

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "result_read.h"

/* Append to a buffer; false if it did not fit. results  at least one */
NODISCARD bool page_write(const struct result_list *results, struct buffer *out);

#endif
