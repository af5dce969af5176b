/* Processes of this program: starting another one, and what each does for its own safety before anything
 * else. A child is the same binary started again with a hidden subcommand, never a bare fork: it shares no
 * memory, no descriptor and no environment with its parent but what is handed over. */
#ifndef POSTERN_BASE_PROCESS_H
#define POSTERN_BASE_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "postern/base/attributes.h"

/* Where a child finds its end of the socketpair to its parent. */
#define PROCESS_CHANNEL_FD 3

/* No core dumps, not dumpable (nobody of the same user can attach or read /proc/PID/mem): prctl(2)
 * PR_SET_DUMPABLE, RLIMIT_CORE 0. And SIGPIPE is ignored. Called first in each process. */
void process_harden(void);

/* The path of this program's binary, to start it again. */
void process_binary(char out[PATH_MAX]);

/* Start `postern SUBCOMMAND` with a socketpair (SOCK_SEQPACKET) to it.
 *   subcommand  "internal-worker"
 *   channel     gives our end, close-on-exec and non-blocking
 * The child has standard input and output on /dev/null, our standard error, the channel as descriptor
 * PROCESS_CHANNEL_FD, and an environment without anything that could change what libraries do.
 * Returns the PID, or -1 with errno. */
NODISCARD pid_t process_spawn(const char *subcommand, int *channel);

/* In a child: is descriptor PROCESS_CHANNEL_FD such a channel? False if a person typed the hidden subcommand.
 * Marks it close-on-exec. */
NODISCARD bool process_take_channel(void);

/* Have the kernel send this signal when the parent goes. To be called after any change of user, which clears
 * it. False if the parent has gone already. prctl(2) PR_SET_PDEATHSIG. */
NODISCARD bool process_follow_parent(int signal);

#endif
