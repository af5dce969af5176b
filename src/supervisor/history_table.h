/* Inside struct history: a table by fingerprint, shared by what fills it and what writes it out. */
#ifndef POSTERN_SUPERVISOR_HISTORY_TABLE_H
#define POSTERN_SUPERVISOR_HISTORY_TABLE_H

#include "history.h"
#include "postern/observe/seen.h"

struct client {
    struct seen seen; /* its slices point to bytes */
    char bytes[];
};

struct history {
    struct client **places; /* NULL: empty */
    size_t capacity, count; /* capacity: a power of two */
    size_t bytes;           /* of all records as they are written */
    bool is_new;
};

static inline size_t client_size(const struct client *client)
{
    return SEEN_HEAD_SIZE + client->seen.name.length + client->seen.path.length;
}

#endif
