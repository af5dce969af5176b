/* What the server itself spends, with --server-pid: CPU and memory of a process and all that descend from it,
 * read from /proc. It is only looked at; nothing is sent to it. Processes and threads must outlive the run:
 * what ends takes its CPU with it. */
#ifndef POSTERN_BENCH_SERVER_H
#define POSTERN_BENCH_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"

/* The processor time of the tree, in nanoseconds. clock_getcpuclockid(3).
 * Returns -1 with err if there is no such process, or it may not be read. */
NODISCARD int server_read_cpu(pid_t root, int64_t *cpu_ns, struct err *err);
/* Its memory in KiB: proportional set sizes, so that shared pages count once. proc_pid_smaps, smaps_rollup.
 * 0 if it may not be read. */
uint64_t server_read_memory(pid_t root);

#endif
