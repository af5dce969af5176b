/* What supervisor, loader and workers say to each other: messages with descriptors over a socketpair
 * (SOCK_SEQPACKET), so that one arrives whole or not at all. A message is a header and a body; what each
 * kind's body and descriptors are stands beside it. Both ends are one binary.
 *
 *   supervisor -> loader: LOAD or DENY                 loader -> supervisor: LOADED or REJECTED, then the end
 *   supervisor -> worker: BOOT once, then PREPARE and COMMIT for each generation, the rest at any time
 *   worker -> supervisor: PREPARED or FAILED for each PREPARE; COMMITTED for each COMMIT, and SWEPT some time
 *                         later, unless another COMMIT came between
 *                         SEEN at any time
 *
 * A PREPARE that is followed by another was called off: the worker forgets the first. */
#ifndef POSTERN_GENERATION_HANDOVER_H
#define POSTERN_GENERATION_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/file.h"
#include "postern/base/secret.h"
#include "postern/base/slice.h"
#include "postern/generation/keys.h"
#include "postern/generation/summary.h"

enum handover_kind {
    HANDOVER_LOAD = 1,  /* number to give; body: path of the configuration; fds: the running pack, or none */
    HANDOVER_LOADED,    /* number; body: keys.h, empty after a DENY: they are as before; fds: the new pack */
    HANDOVER_REJECTED,  /* number; body: struct err; fds: input_list.h in sealed memory, or none */
    HANDOVER_DENY,      /* number to give; body: generation/deny.h; fds: the running pack */
    HANDOVER_BOOT,      /* body: struct handover_boot; fds: HANDOVER_FD_*, then the listening sockets */
    HANDOVER_PREPARE,   /* number; body: keys.h; fds: the pack */
    HANDOVER_PREPARED,  /* number: it can be put in force at once */
    HANDOVER_FAILED,    /* number; body: struct err */
    HANDOVER_COMMIT,    /* number, of the one prepared last: from now on */
    HANDOVER_COMMITTED, /* number: in force */
    HANDOVER_SWEPT,     /* number: its open connections have been asked about it; body: handover_swept */
    HANDOVER_LOGS,      /* fds: event log, access log (the latter only if there is one) */
    HANDOVER_ADOPT,     /* number: a slot that is down; fds: its listening sockets */
    HANDOVER_RELEASE,   /* number: the slot is up again */
    HANDOVER_DRAIN,     /* number: milliseconds; accept what waits, finish, leave */
    HANDOVER_SEEN,      /* body: observe/seen.h, of clients that were admitted */
    HANDOVER_KIND_END
};

enum {
    HANDOVER_FD_SLAB,     /* struct metrics, to be mapped and written */
    HANDOVER_FD_RECORDS,  /* struct records, likewise */
    HANDOVER_FD_SESSIONS, /* HANDOVER_SESSIONS_SIZE bytes, the same for all workers: tls/server.h */
    HANDOVER_FD_EVENTS,   /* event log */
    HANDOVER_FD_RESOLV,   /* text of resolv.conf(5), sealed memory */
    HANDOVER_FD_HOSTS,    /* text of hosts(5), sealed memory */
    HANDOVER_FD_ACCESS,   /* access log; there only if has_access_log */
    HANDOVER_FD_LISTENERS_MAX = SUMMARY_ADDRESSES_MAX
};

/* Of which as much is in use as there are sessions, a kibibyte each. */
#define HANDOVER_SESSIONS_SIZE ((size_t)16 * 1024 * 1024)

struct handover_boot {
    uint32_t slot;
    uint32_t listener_count;
    uint32_t has_access_log, access_is_json;
    uint32_t level;       /* of the event log */
    uint32_t descriptors; /* RLIMIT_NOFILE to have */
    uint32_t drop_user;   /* change to uid and gid, without supplementary groups */
    uint32_t uid, gid;
};

struct handover_swept {
    uint64_t cut, put_off; /* connections: proxy/proxy.h */
};

#define HANDOVER_BODY_MAX (KEYS_SIZE_MAX > sizeof(struct err) ? KEYS_SIZE_MAX : sizeof(struct err))
#define HANDOVER_FDS_MAX  (HANDOVER_FD_ACCESS + 1 + SUMMARY_ADDRESSES_MAX)

struct handover {
    enum handover_kind kind;
    uint64_t number;
    struct slice body; /* into the inbox, until it receives again or is cleansed */
    int fds[HANDOVER_FDS_MAX];
    size_t fd_count;
};

/* Where messages arrive: locked memory, since keys come in them. */
struct handover_inbox {
    struct secret memory;
};
NODISCARD int handover_inbox_init(struct handover_inbox *inbox);
void handover_inbox_clear(struct handover_inbox *inbox);

/*   body  at most HANDOVER_BODY_MAX bytes; all is borrowed
 * Returns 0, or -1 with errno; EAGAIN on a non-blocking socket whose peer does not read. */
NODISCARD int handover_send(int socket, enum handover_kind kind, uint64_t number, struct slice body,
                            const int *fds, size_t fd_count);
/* Returns 1 with a message, whose descriptors are the caller's: handover_close() those not taken; 0 at the
 * end (the peer has gone, or spoke nonsense); -1 with errno, EAGAIN if nothing is there. */
NODISCARD int handover_receive(int socket, struct handover_inbox *inbox, struct handover *out);
/* Close the descriptors that were not taken (set to -1), and overwrite the inbox. */
void handover_close(struct handover_inbox *inbox, struct handover *message);
/* The error in a REJECTED or FAILED. */
void handover_error(const struct handover *message, struct err *err);

#endif
