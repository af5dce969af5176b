/* What a worker leaves for others to see beside its counters, in one piece of shared memory. A slot's worker
 * alone writes; the supervisor reads, and empties it before another worker begins. */
#ifndef POSTERN_OBSERVE_RECORDS_H
#define POSTERN_OBSERVE_RECORDS_H

#include "postern/observe/refusals.h"
#include "postern/observe/visits.h"

struct records {
    struct refusals refusals;
    struct visits visits;
};

#endif
