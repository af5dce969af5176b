/* The clients that were admitted within the last day, over all workers and starts: what `postern trial` asks
 * about. Workers tell of a client once in a while (observe/seen.h), their tables say when it was there last
 * and whether it is there now. Bounded: the one that was away longest is forgotten. Paths are opaque here.
 *
 * Kept as a file in the state directory: replaced by rename, and not synced to the disk, since the supervisor
 * must not wait for one; after a power failure it may be that of some minutes ago, or empty. */
#ifndef POSTERN_SUPERVISOR_HISTORY_H
#define POSTERN_SUPERVISOR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/observe/visits.h"

#define HISTORY_MAX       100000u /* clients */
#define HISTORY_BYTES_MAX (64u * 1024 * 1024)
#define HISTORY_AGE_S     86400

struct history;

struct history *history_new(void);
/* NULL is nothing. */
void history_free(struct history *history);
/* Records as a worker sent them, or as they were kept. Returns how many were taken; what is malformed ends
 * it.
 */
size_t history_take(struct history *history, struct slice records);
/* When each client was with this worker last. */
void history_merge(struct history *history, const struct visits *visits);
/* Nobody is connected, until tables are merged that say otherwise. */
void history_forget_connections(struct history *history);
/* Forget who was away for HISTORY_AGE_S. */
void history_prune(struct history *history, int64_t now_s);
size_t history_count(const struct history *history);
/* Has anything been taken since this was asked last? */
bool history_is_new(struct history *history);

/* All of it in the form of a file (observe/seen.h) as sealed memory. Returns a descriptor (gives,
 * close-on-exec), or -1 with errno. */
NODISCARD int history_snapshot(const struct history *history);
/* Returns 0, or -1 with err. That there is no file yet is none. */
NODISCARD int history_load(struct history *history, const char *path, int64_t now_s, struct err *err);
NODISCARD int history_save(const struct history *history, const char *path, struct err *err);

#endif
