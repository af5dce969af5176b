/* The supervisor's state, shared by the files of this room. */
#ifndef POSTERN_SUPERVISOR_STATE_H
#define POSTERN_SUPERVISOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "control.h"
#include "denying.h"
#include "edition.h"
#include "file_watch.h"
#include "history.h"
#include "listening.h"
#include "loading.h"
#include "postern/base/clock.h"
#include "postern/base/err.h"
#include "postern/net/loop.h"
#include "postern/observe/log.h"
#include "reload.h"
#include "rollout.h"
#include "sinks.h"
#include "slot.h"
#include "sweeping.h"

enum phase {
    PHASE_STARTING, /* the first generation is not in force yet: any failure ends us */
    PHASE_SERVING,
    PHASE_DRAINING,
};

enum { SIGNALS = 6 };

struct supervisor {
    const char *config_path;
    const struct clock *clock;
    struct loop *loop;
    struct log *log;
    enum phase phase;
    int status;
    int64_t started_s;
    struct loading loading;
    uint64_t load_sequence; /* of the load that runs or ran last */
    bool look_again;        /* asked for while a load was under way */
    struct reload reload;
    struct file_watch files;
    struct edition *current;
    struct secret ticket_secret; /* of this start, for all workers and generations */
    int sessions_fd;             /* memory that all workers share: tls/server.h */
    struct rollout rollout;
    struct sweeping sweeping;
    struct denying denying;
    struct slot *slots;
    unsigned slot_count;
    struct handover_inbox inbox; /* of the slots */
    struct listening listening;
    struct sinks sinks;
    struct control *control;
    struct signal_watch signals[SIGNALS];
    struct timer drain;
    /* The last reload that failed, after which none succeeded. */
    int64_t failed_at_s; /* 0: none */
    char failure[sizeof(struct err)];
    uint64_t reloads, reloads_failed;
    /* remember.h; NULL before the first generation. */
    struct history *history;
    char *history_path;
    struct timer history_timer;
    bool history_failed; /* said so */
    struct timer health_timer;
};

/* Something may have changed: load, and publish what comes of it. One load at a time; asked while one is
 * under way, another follows. Returns the number of the load that will have seen the change. */
uint64_t supervisor_look_again(struct supervisor *supervisor, const char *why);
/* Something more urgent: end the load that is under way, if it is one; it follows later. */
void supervisor_put_off_load(struct supervisor *supervisor);
/* A load or a rollout came to nothing: at the start we leave, later the old generation stays.
 *   has_verdict  the same files would fail again */
void supervisor_load_failed(struct supervisor *supervisor, const struct err *err, bool has_verdict);
/* Called by the rollout: the next generation is in force everywhere, or has been called off for a reason. */
void supervisor_rolled_out(struct supervisor *supervisor, const struct err *err);
/* Start a worker in a slot, with the generation that it is to prepare. Failure is logged and tried again. */
void supervisor_start_slot(struct supervisor *supervisor, struct slot *slot);
/* See that the sockets of slots that are down are served by others. */
void supervisor_cover_slots(struct supervisor *supervisor);

#endif
