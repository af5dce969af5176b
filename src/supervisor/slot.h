/* A worker's place: its process if there is one, its counters, and what it has in force. The place outlives
 * the process. Messages from the worker and its death are told to the owner, who decides what comes next. */
#ifndef POSTERN_SUPERVISOR_SLOT_H
#define POSTERN_SUPERVISOR_SLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backoff.h"
#include "edition.h"
#include "postern/generation/handover.h"
#include "postern/net/loop.h"
#include "postern/observe/log.h"
#include "postern/observe/metrics.h"
#include "postern/observe/records.h"
#include "sinks.h"

/* Where a slot stands in a rollout (rollout.h). */
enum vote {
    VOTE_NONE,     /* takes no part */
    VOTE_WAITING,  /* was told to prepare */
    VOTE_PREPARED, /* has the next generation ready */
    VOTE_LATE,     /* did not answer in time, and is being killed */
    VOTE_COMMITTING,
};

struct slot;

struct slot_events {
    void (*on_message)(void *context, struct slot *slot, struct handover *message);
    /* The process is gone and reaped; status as wait(2) gave it. */
    void (*on_down)(void *context, struct slot *slot, int status);
    /* The back-off is over. */
    void (*on_restart)(void *context, struct slot *slot);
};

struct slot {
    unsigned number;
    pid_t pid; /* 0: down */
    int channel;
    uint64_t in_force;    /* generation; 0: none yet */
    uint64_t swept;       /* the last generation that all its open connections have been asked about */
    int64_t started_ms;   /* monotonic */
    unsigned restarts;    /* since the supervisor started */
    struct slot *adopter; /* who accepts from this slot's sockets while it is down, or NULL */
    int slab_fd;
    const struct metrics *metrics;
    int records_fd;
    const struct records *records;
    int sessions_fd; /* the same for all; the supervisor's */
    struct backoff backoff;

    enum vote vote;
    unsigned vote_deaths;     /* in this rollout */
    int64_t vote_asked_ms;    /* monotonic */
    int64_t vote_deadline_ms; /* monotonic */
    int64_t build_ms;         /* how long the last answer to PREPARE took */

    struct watch watch;
    struct timer restart;
    struct handover_inbox *inbox; /* shared by all */
    struct loop *loop;
    const struct slot_events *events;
    void *context;
};

/* Returns 0, or -1 with errno. */
NODISCARD int slot_init(struct slot *slot, unsigned number, struct loop *loop, struct handover_inbox *inbox,
                        const struct slot_events *events, void *context);
/* The process must have gone. */
void slot_clear(struct slot *slot);
bool slot_is_up(const struct slot *slot);
/* Up, and with a generation in force. */
bool slot_is_serving(const struct slot *slot);

/* Start a process and send it what it boots with.
 *   listeners  listening sockets; borrows
 * Returns 0, or -1 with errno; then nothing runs. */
NODISCARD int slot_start(struct slot *slot, const struct summary *summary, const struct sinks *sinks,
                         const int *listeners, size_t listener_count);
/* Have on_restart called after the back-off. Returns the wait in milliseconds. */
int64_t slot_restart_later(struct slot *slot);
/* Send a message. A worker that does not read is killed, since nothing else would help. */
void slot_send(struct slot *slot, enum handover_kind kind, uint64_t number, struct slice body, const int *fds,
               size_t fd_count);
void slot_prepare(struct slot *slot, const struct edition *edition);
void slot_kill(struct slot *slot);
/* SIGCHLD came: on_down, if it was this one. */
void slot_reap(struct slot *slot);

#endif
