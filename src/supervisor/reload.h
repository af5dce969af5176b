/* From a wish to look again to its outcome, with all that is to be remembered between: why, who waits, since
 * when, and whether it failed before. A load that failed is tried again when a file changes; when the loader
 * gave no verdict (it died, it took too long) soon; and every minute, since clocks are set right and users
 * come to exist without any file of ours changing. */
#ifndef POSTERN_SUPERVISOR_RELOAD_H
#define POSTERN_SUPERVISOR_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "file_watch.h"
#include "postern/base/err.h"
#include "postern/net/loop.h"

#define RELOAD_RETRY_FIRST_MS 250
#define RELOAD_RETRY_LAST_MS  60000

struct supervisor;
struct edition;

struct reload {
    bool is_by_hand;       /* the load that runs, or ran last, was asked for */
    bool again_is_by_hand; /* so is the one that follows */
    int64_t noticed_ms;    /* monotonic: when we learned of what it is for */
    int64_t began_ms;      /* monotonic */
    int64_t took_ms;       /* the loader */
    int64_t retry_ms;      /* the wait before the next; 0: none has failed */
    struct timer retry;
};

void reload_init(struct supervisor *supervisor);
void reload_clear(struct supervisor *supervisor);
/* For file_watch_init(). */
void reload_on_change(void *supervisor, const char *what);
/* A load has ended: these are the files that it looked at, and what it saw of them.
 *   edition  whose options on watching hold; borrows
 *   inputs   input_list.h; borrows */
void reload_watch_inputs(struct supervisor *supervisor, const struct edition *edition, struct slice inputs);
/* Is this what is in force already, so that there is nothing to do? Then all is told that is to be told. */
bool reload_is_idle(struct supervisor *supervisor, const struct edition *edition);
/*   has_verdict  the loader spoke, so that the same files would fail again */
void reload_failed(struct supervisor *supervisor, const struct err *err, bool has_verdict);
/* In force everywhere. */
void reload_succeeded(struct supervisor *supervisor);
/* Whatever was wished for meanwhile. */
void reload_look_once_more(struct supervisor *supervisor);

#endif
