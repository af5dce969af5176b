/* The proxy of one worker: all its sessions, upstream pools and limits. The worker gives it connections and
 * generations; the proxy does the rest: TLS handshake, verdict, identity, HTTP both ways, answers, log lines.
 * Single-threaded, no globals: a test can run one in its own process with memory or socketpair streams. */
#ifndef POSTERN_PROXY_PROXY_H
#define POSTERN_PROXY_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/base/attributes.h"
#include "postern/generation/generation.h"
#include "postern/net/loop.h"
#include "postern/net/resolver.h"
#include "postern/net/stream.h"
#include "postern/observe/access_log.h"
#include "postern/observe/log.h"
#include "postern/observe/metrics.h"
#include "postern/observe/records.h"
#include "postern/observe/seen.h"

struct proxy;

/* What a generation did to open connections. */
struct proxy_swept {
    uint64_t generation;
    uint64_t cut;
    uint64_t put_off; /* to the end of their exchange, by on_revoke = finish_exchange */
};

/* All keep: they outlive the proxy. */
struct proxy_environment {
    struct loop *loop;
    struct resolver *resolver;
    struct log *log;
    struct access_log *access_log;
    struct metrics *metrics;
    struct records *records; /* or NULL */
    /* Called when the last session has gone after proxy_drain(). */
    void (*on_drained)(void *context);
    /* Called when a limit of connections is reached (true) and when there is room again (false), so that the
     * worker can pause its listeners. */
    void (*on_full)(void *context, bool full);
    /* Called when every connection that was open when a generation came into force has been asked about it.
     * May be NULL. */
    void (*on_swept)(void *context, const struct proxy_swept *swept);
    /* An admitted client whose path has not been told for hours. False: not now, try again. May be NULL. */
    bool (*on_seen)(void *context, const struct seen *seen);
    void *context;
    /* Most clients at once, below what the configuration says; 0: only that counts. */
    unsigned connections_max;
};

struct proxy *proxy_new(const struct proxy_environment *environment);
/* Ends all sessions at once. */
void proxy_free(struct proxy *proxy);

/* The generation in force from now on: new handshakes use it; open connections are asked again (swept) in
 * slices of a few milliseconds between turns of the loop. Takes a reference of its own. The first one comes
 * before the first connection. */
void proxy_set_generation(struct proxy *proxy, struct generation *generation);
/* A client's connection; takes fd. Refuses it by closing when a limit is reached. */
void proxy_accept(struct proxy *proxy, int fd, const struct address *peer, const struct address *local);
/* Idle sessions are closed, exchanges in flight finish, and their responses say "Connection: close". */
void proxy_drain(struct proxy *proxy);
/* End all sessions now. */
void proxy_stop(struct proxy *proxy);
size_t proxy_sessions(const struct proxy *proxy);

#endif
