/* The pictures of a report as SVG files that stand alone, for a README: they bring their style with them. */
#ifndef POSTERN_BENCH_PICTURES_H
#define POSTERN_BENCH_PICTURES_H

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "result_read.h"

/* Write each picture to directory/CHAPTER-KIND.svg, KIND being sizes, bars, latency or times, CHAPTER the
 * title in small letters and hyphens. Files of the same name are replaced. Returns 0, or -1 with err. */
NODISCARD int pictures_write(const struct result_list *results, const char *directory, struct err *err);

#endif
