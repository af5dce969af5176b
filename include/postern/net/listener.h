/* Listening sockets, and accepting from them without ever spinning: when descriptors run out (EMFILE, ENFILE,
 * ENOBUFS, ENOMEM) accepting pauses for 100 ms. accept4(2). */
#ifndef POSTERN_NET_LISTENER_H
#define POSTERN_NET_LISTENER_H

#include <stdbool.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/net/address.h"
#include "postern/net/loop.h"

/* Open count sockets on one address, for as many workers (SO_REUSEPORT), after a probe without it, so that an
 * address in use is an error. With port 0 the kernel chooses once, and bound tells. Close-on-exec,
 * non-blocking, listening. [::] is IPv6 only (IPV6_V6ONLY), so that it can stand beside 0.0.0.0. A unix
 * socket is bound once and its descriptor duplicated; a stale one, that nobody answers on, is replaced.
 * Returns 0 with fds[0..count), or -1 with err and none open. */
NODISCARD int listener_open(const struct address *address, int backlog, int *fds, unsigned count,
                            struct address *bound, struct err *err);

struct listener;

/* Accept from fd (borrows) until freed. listener_free() and listener_pause() are safe inside on_accept.
 *   on_accept  takes the descriptor; it is non-blocking and close-on-exec, with TCP_NODELAY set
 *   on_pause   accepting pauses, with errno; may be NULL
 * At most max_per_turn connections are accepted in a turn, so that established ones are served between. */
struct listener *listener_new(struct loop *loop, int fd, unsigned max_per_turn,
                              void (*on_accept)(void *, int fd, const struct address *peer),
                              void (*on_pause)(void *, int error_number), void *context);
/* Stop or go on, for a limit of connections that is reached. */
void listener_pause(struct listener *listener, bool pause);
/* Accept what stands in the queue now, however much. For a drain, before closing. */
void listener_drain(struct listener *listener);
void listener_free(struct listener *listener);

#endif
