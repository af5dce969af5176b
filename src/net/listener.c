#include "postern/net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/base/memory.h"
#include "postern/net/socket.h"

#define EXHAUSTED_PAUSE_MS 100

struct listener {
    struct loop *loop;
    struct watch watch;
    struct timer resume;
    int fd;
    unsigned max_per_turn;
    bool paused;    /* by the owner */
    bool exhausted; /* until the timer fires */
    bool accepting; /* on_accept may be on the stack */
    bool freed;     /* asked for while accepting */
    void (*on_accept)(void *, int fd, const struct address *peer);
    void (*on_pause)(void *, int error_number);
    void *context;
};

static void listener_ready(void *context, unsigned ready);

/* The watch runs exactly when neither reason holds it back. A failure to start it is treated as one more lack
 * of resources: try again later. */
static void follow_reasons(struct listener *listener)
{
    bool should_run = !listener->paused && !listener->exhausted && !listener->freed;
    bool is_running = listener->watch.loop != NULL;
    if (should_run && !is_running) {
        if (watch_start(&listener->watch, listener->loop, listener->fd, WATCH_READ, listener_ready,
                        listener) != 0) {
            listener->exhausted = true;
            timer_arm(&listener->resume, EXHAUSTED_PAUSE_MS);
        }
    } else if (!should_run && is_running) {
        watch_stop(&listener->watch);
    }
}

static void resume_accepting(void *context)
{
    struct listener *listener = context;
    listener->exhausted = false;
    follow_reasons(listener);
}

static void pause_exhausted(struct listener *listener, int error_number)
{
    listener->exhausted = true;
    timer_arm(&listener->resume, EXHAUSTED_PAUSE_MS);
    follow_reasons(listener);
    if (listener->on_pause != NULL)
        listener->on_pause(listener->context, error_number);
}

/* accept(2): errors of the connection that was waiting, to be treated like EAGAIN by retrying. */
static bool is_of_connection(int error_number)
{
    switch (error_number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: /* a firewall rule */
        return true;
    default:
        return false;
    }
}

/* Returns false when there is no more to accept now. */
static bool accept_one(struct listener *listener)
{
    struct address peer = {.length = sizeof(peer.storage)};
    int fd = accept4(listener->fd, (struct sockaddr *)(void *)&peer.storage, &peer.length,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        listener->on_accept(listener->context, fd, &peer);
        return true;
    }
    if (is_of_connection(errno))
        return true;
    if (errno != EAGAIN)
        pause_exhausted(listener, errno);
    return false;
}

static void accept_some(struct listener *listener, unsigned most, bool even_paused)
{
    listener->accepting = true;
    while (most > 0 && !listener->freed && (even_paused || !listener->paused) && accept_one(listener))
        most--;
    listener->accepting = false;
    if (listener->freed)
        listener_free(listener);
}

static void listener_ready(void *context, unsigned ready)
{
    (void)ready;
    struct listener *listener = context;
    accept_some(listener, listener->max_per_turn, false);
}

struct listener *listener_new(struct loop *loop, int fd, unsigned max_per_turn,
                              void (*on_accept)(void *, int fd, const struct address *peer),
                              void (*on_pause)(void *, int error_number), void *context)
{
    struct listener *listener = xcalloc(1, sizeof(*listener));
    listener->loop = loop;
    listener->fd = fd;
    listener->max_per_turn = max_per_turn;
    listener->on_accept = on_accept;
    listener->on_pause = on_pause;
    listener->context = context;
    timer_init(&listener->resume, loop, resume_accepting, listener);
    socket_set_nodelay(fd); /* accepted sockets inherit it, which saves a system call for each */
    follow_reasons(listener);
    return listener;
}

void listener_pause(struct listener *listener, bool pause)
{
    listener->paused = pause;
    follow_reasons(listener);
}

void listener_drain(struct listener *listener)
{
    accept_some(listener, UINT32_MAX, true);
}

void listener_free(struct listener *listener)
{
    if (listener == NULL)
        return;
    listener->freed = true;
    follow_reasons(listener);
    timer_clear(&listener->resume);
    if (!listener->accepting)
        free(listener);
}
