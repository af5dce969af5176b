/* A result for people. */
#ifndef POSTERN_BENCH_TEXT_H
#define POSTERN_BENCH_TEXT_H

#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "result.h"

/* Append to a buffer; false if it did not fit. */
NODISCARD bool text_write(const struct result *result, struct buffer *out);
/* "1.23 ms": three digits and the unit that suits. Returns out. */
const char *text_of_ns(int64_t ns, char out[24]);

#endif
