/* Results out of JSON that was written by result_write_json(), or by somebody else after docs/bench.md:
 * foreign bytes. jansson takes the JSON apart; what it means is checked here, field by field. */
#ifndef POSTERN_BENCH_RESULT_READ_H
#define POSTERN_BENCH_RESULT_READ_H

#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "result.h"

/* In the order in which they were read. Zeroed: empty. */
struct result_list {
    struct result **items;
    size_t count;
};

#define RESULT_LIST_MAX 4096

/* Append one result, or an array of them.
 *   name  what errors call it; borrows
 * Returns 0, or -1 with err: what was appended before stays. */
NODISCARD int result_list_parse(struct result_list *list, struct slice json, const char *name,
                                struct err *err);
/* The same of a file. */
NODISCARD int result_list_load(struct result_list *list, const char *path, struct err *err);
void result_list_clear(struct result_list *list);

#endif
