/* What a run found, for people and for programs.
 *
 * A rate is the server's only if the client could have done more: if its busiest thread was busy for
 * REPORT_CLIENT_BOUND of the time, the report says so, calls the rate the client's, and refuses to give it as
 * the server's figure ("server_rate": null). */
#ifndef POSTERN_BENCH_REPORT_H
#define POSTERN_BENCH_REPORT_H

#include <stdbool.h>

#include "options.h"
#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "tally.h"

#define REPORT_CLIENT_BOUND 0.90

bool report_is_client_bound(const struct options *options, const struct tally *tally);
/* Append the report to a buffer; false if it did not fit. Sorts the failures. */
NODISCARD bool report_text(const struct options *options, struct tally *tally, struct buffer *out);
NODISCARD bool report_json(const struct options *options, struct tally *tally, struct buffer *out);

#endif
