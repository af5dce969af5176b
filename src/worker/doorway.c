#include "doorway.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"

/* So many clients are accepted in a turn before those that are there are served again. */
enum { ACCEPT_PER_TURN = 16 };

void doorway_init(struct doorway *doorway, struct loop *loop,
                  void (*on_client)(void *, int, const struct address *, const struct address *),
                  void (*on_pause)(void *, int), void *context)
{
    *doorway = (struct doorway){
        .loop = loop, .on_client = on_client, .on_pause = on_pause, .context = context};
}

static void on_accept(void *context, int fd, const struct address *peer)
{
    struct doorway_socket *socket = context;
    socket->doorway->on_client(socket->doorway->context, fd, peer, &socket->local);
}

static void on_pause(void *context, int error_number)
{
    struct doorway_socket *socket = context;
    socket->doorway->on_pause(socket->doorway->context, error_number);
}

static void listen_at(struct doorway_socket *socket)
{
    socket->listener = listener_new(socket->doorway->loop, socket->fd, ACCEPT_PER_TURN, on_accept, on_pause,
                                    socket);
    if (socket->doorway->is_paused)
        listener_pause(socket->listener, true);
}

static void close_socket(struct doorway_socket *socket)
{
    if (socket->listener != NULL)
        listener_free(socket->listener);
    fd_close(&socket->fd);
    free(socket);
}

void doorway_add(struct doorway *doorway, unsigned slot, const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct doorway_socket *socket = xcalloc(1, sizeof(*socket));
        *socket = (struct doorway_socket){.doorway = doorway, .fd = fds[i], .slot = slot};
        socket->local.length = sizeof(socket->local.storage);
        if (doorway->count == DOORWAY_SOCKETS_MAX ||
            getsockname(fds[i], (struct sockaddr *)&socket->local.storage, &socket->local.length) != 0) {
            close_socket(socket);
            continue;
        }
        doorway->sockets[doorway->count++] = socket;
        if (doorway->is_open)
            listen_at(socket);
    }
}

void doorway_drop(struct doorway *doorway, unsigned slot)
{
    size_t kept = 0;
    for (size_t i = 0; i < doorway->count; i++) {
        if (doorway->sockets[i]->slot == slot)
            close_socket(doorway->sockets[i]);
        else
            doorway->sockets[kept++] = doorway->sockets[i];
    }
    doorway->count = kept;
}

void doorway_open(struct doorway *doorway)
{
    if (doorway->is_open)
        return;
    doorway->is_open = true;
    for (size_t i = 0; i < doorway->count; i++)
        listen_at(doorway->sockets[i]);
}

void doorway_pause(struct doorway *doorway, bool pause)
{
    doorway->is_paused = pause;
    for (size_t i = 0; i < doorway->count; i++)
        if (doorway->sockets[i]->listener != NULL)
            listener_pause(doorway->sockets[i]->listener, pause);
}

void doorway_drain(struct doorway *doorway)
{
    for (size_t i = 0; i < doorway->count; i++)
        if (doorway->sockets[i]->listener != NULL)
            listener_drain(doorway->sockets[i]->listener);
    doorway_clear(doorway);
}

void doorway_clear(struct doorway *doorway)
{
    for (size_t i = 0; i < doorway->count; i++)
        close_socket(doorway->sockets[i]);
    doorway->count = 0;
    doorway->is_open = false;
}
