/* The last refusals of a worker, and requests that it answered itself for want of a backend or because they
 * were bad, so that a request id from a page or a log line can be explained on the spot: a ring in memory
 * that the supervisor maps read-only. One writer, who never waits; a reader sees a record whole or not at
 * all. What stands in it came from strangers and from a worker: texts are cut to their field, and end where
 * they should when they are read. */
#ifndef POSTERN_OBSERVE_REFUSALS_H
#define POSTERN_OBSERVE_REFUSALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"

#define REFUSALS_MAX 256u /* a power of two */

struct refusal {
    int64_t time_ms; /* wall */
    uint64_t generation;
    int status; /* of the answer; 0: there was none */
    char request_id[40];
    char client[64]; /* address and port */
    char reason[32]; /* code */
    char common_name[128], serial[48], subject[256];
    char detail[384];
};

struct refusal_cell {
    _Atomic uint64_t sequence; /* odd: being written */
    struct refusal refusal;
};

struct refusals {
    _Atomic uint64_t count; /* ever */
    struct refusal_cell cells[REFUSALS_MAX];
};

void refusals_add(struct refusals *refusals, const struct refusal *refusal);
/* The one that is `back` refusals ago, 0 the last. False if there is none, or not any more. */
NODISCARD bool refusals_read(const struct refusals *refusals, uint64_t back, struct refusal *out);
/* The last one with this request id. */
NODISCARD bool refusals_find(const struct refusals *refusals, const char *request_id, struct refusal *out);

#endif
