/* One load: the loader child, its deadline, and its answer. At most one runs at a time. */
#ifndef POSTERN_SUPERVISOR_LOADING_H
#define POSTERN_SUPERVISOR_LOADING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "edition.h"
#include "postern/generation/handover.h"
#include "postern/net/loop.h"

#define LOADING_DEADLINE_MS 60000

struct loading {
    struct loop *loop;
    pid_t pid; /* 0: none */
    int channel;
    bool is_answered; /* on_done has been called */
    uint64_t number;
    const struct secret *keys; /* to go with a pack that comes without; NULL: none */
    struct watch watch;
    struct timer deadline;
    struct handover_inbox inbox;
    /* Takes the edition; NULL: err says why. inputs: the files that were looked at (input_list.h), borrowed;
     * data NULL if there was no verdict. Called once for each start that returned 0. */
    void (*on_done)(void *context, struct edition *edition, const struct err *err, struct slice inputs);
    void *context;
};

NODISCARD int loading_init(struct loading *loading, struct loop *loop,
                           void (*on_done)(void *, struct edition *, const struct err *, struct slice),
                           void *context);
/* Kills a loader that still runs. */
void loading_clear(struct loading *loading);
/* True until the loader has answered and has been reaped. */
bool loading_is_running(const struct loading *loading);
/* Has it given its answer, so that only its end is waited for? */
bool loading_is_answered(const struct loading *loading);
/*   running_fd  pack of the generation in force, or -1
 * Returns 0, or -1 with err. */
NODISCARD int loading_start(struct loading *loading, const char *config_path, uint64_t number, int running_fd,
                            struct err *err);
/* The same for a change of the deny list: the running generation but for that, so with its keys.
 *   change   generation/deny.h; borrows
 *   current  borrows until the loader has answered */
NODISCARD int loading_deny(struct loading *loading, struct slice change, uint64_t number,
                           const struct edition *current, struct err *err);
/* Forget its answer and end it. */
void loading_cancel(struct loading *loading);
/* SIGCHLD came. */
void loading_reap(struct loading *loading);

#endif
