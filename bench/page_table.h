/* The figures of a chapter as a table of HTML. */
#ifndef POSTERN_BENCH_PAGE_TABLE_H
#define POSTERN_BENCH_PAGE_TABLE_H

#include "chapter.h"
#include "markup.h"

/* One row for each entry: medians of its rounds, percentiles over all of them. */
void page_table(struct markup *markup, const struct chapter *chapter);

#endif
