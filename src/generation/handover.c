#include "postern/generation/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "postern/base/assert.h"

struct header {
    uint32_t kind, body_length;
    uint64_t number;
};

#define MESSAGE_MAX (sizeof(struct header) + HANDOVER_BODY_MAX)

int handover_inbox_init(struct handover_inbox *inbox)
{
    return secret_init(&inbox->memory, MESSAGE_MAX);
}

void handover_inbox_clear(struct handover_inbox *inbox)
{
    secret_clear(&inbox->memory);
}

int handover_send(int socket, enum handover_kind kind, uint64_t number, struct slice body, const int *fds,
                  size_t fd_count)
{
    struct header header = {(uint32_t)kind, (uint32_t)body.length, number};
    struct secret message;
    ASSERT(body.length <= HANDOVER_BODY_MAX && fd_count <= HANDOVER_FDS_MAX);
    if (secret_init(&message, sizeof(header) + body.length) != 0)
        return -1;
    memcpy(message.data, &header, sizeof(header));
    if (body.length != 0)
        memcpy(message.data + sizeof(header), body.data, body.length);
    int result = message_send(socket, message.data, sizeof(header) + body.length, fds, fd_count);
    int error = errno;
    secret_clear(&message);
    errno = error;
    return result;
}

int handover_receive(int socket, struct handover_inbox *inbox, struct handover *out)
{
    struct header header;
    *out = (struct handover){.fd_count = HANDOVER_FDS_MAX};
    ssize_t length = message_receive(socket, inbox->memory.data, MESSAGE_MAX, out->fds, &out->fd_count);
    if (length < 0 && errno != EMSGSIZE && errno != ECONNRESET) {
        out->fd_count = 0;
        return -1;
    }
    if (length < (ssize_t)sizeof(header)) {
        if (length < 0)
            out->fd_count = 0;
        handover_close(inbox, out);
        return 0;
    }
    memcpy(&header, inbox->memory.data, sizeof(header));
    out->kind = (enum handover_kind)header.kind;
    out->number = header.number;
    out->body = slice_of(inbox->memory.data + sizeof(header), header.body_length);
    if (header.kind == 0 || header.kind >= HANDOVER_KIND_END ||
        header.body_length != (size_t)length - sizeof(header)) {
        handover_close(inbox, out);
        return 0;
    }
    return 1;
}

void handover_close(struct handover_inbox *inbox, struct handover *message)
{
    for (size_t i = 0; i < message->fd_count; i++)
        fd_close(&message->fds[i]);
    message->fd_count = 0;
    message->body = slice_of(NULL, 0);
    secret_cleanse(&inbox->memory);
}

void handover_error(const struct handover *message, struct err *err)
{
    err_clear(err);
    if (message->body.length != sizeof(*err)) {
        err_set(err, "no reason was given");
        return;
    }
    memcpy(err, message->body.data, sizeof(*err));
    err->path[sizeof(err->path) - 1] = '\0';
    err->text[sizeof(err->text) - 1] = '\0';
}
