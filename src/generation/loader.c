/* The loader process: lives for one load. It reads files that may be hostile, so it can do nothing but read,
 * and may crash: then a reload failed, and that is all. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/clock.h"
#include "postern/base/confine.h"
#include "postern/base/process.h"
#include "postern/generation/deny.h"
#include "postern/generation/handover.h"
#include "postern/generation/load.h"

/* The answer to a DENY: its keys are those that the supervisor has. */
static int answer_deny(int channel, const struct handover *order)
{
    struct err err = {.line = 0};
    int running = order->fd_count > 0 ? order->fds[0] : -1, result;
    int pack_fd = generation_deny(order->body, order->number, running, clock_system(), &err);
    if (pack_fd >= 0)
        result = handover_send(channel, HANDOVER_LOADED, order->number, slice_of(NULL, 0), &pack_fd, 1);
    else
        result = handover_send(channel, HANDOVER_REJECTED, order->number,
                               slice_of((const char *)&err, sizeof(err)), NULL, 0);
    fd_close(&pack_fd);
    return result;
}

/* The files, for who watches them. -1 if there is no memory: then they are those of the load before. */
static int inputs_memory(const struct buffer *inputs)
{
    struct slice bytes = buffer_view(inputs);
    int fd = memfd_new("postern-inputs", 0);
    if (fd >= 0 && (fd_write_all(fd, bytes.data, bytes.length) != 0 || memfd_seal(fd) != 0))
        fd_close(&fd);
    return fd;
}

static int reject(int channel, const struct handover *order, const struct buffer *inputs,
                  const struct err *err)
{
    int fd = inputs_memory(inputs);
    int result = handover_send(channel, HANDOVER_REJECTED, order->number,
                               slice_of((const char *)err, sizeof(*err)), &fd, fd >= 0);
    fd_close(&fd);
    return result;
}

static int answer(int channel, const struct handover *message)
{
    struct secret keys;
    struct buffer inputs;
    struct err err = {.line = 0};
    char *path = strndup(message->body.data, message->body.length);
    if (path == NULL || keys_init(&keys) != 0)
        return -1;
    const struct load_order order = {.config_path = path,
                                     .number = message->number,
                                     .running_fd = message->fd_count > 0 ? message->fds[0] : -1,
                                     .clock = clock_system()};
    int pack_fd = generation_load_order(&order, &keys, &inputs, &err);
    int result = pack_fd >= 0 ? handover_send(channel, HANDOVER_LOADED, message->number, secret_view(&keys),
                                              &pack_fd, 1)
                              : reject(channel, message, &inputs, &err);
    free(path);
    buffer_clear(&inputs);
    secret_clear(&keys);
    fd_close(&pack_fd);
    return result;
}

int loader_main(int channel)
{
    struct handover_inbox inbox;
    struct handover order;
    process_harden();
    if (!process_follow_parent(SIGKILL) || handover_inbox_init(&inbox) != 0)
        return 1;
    int result = 1;
    if (handover_receive(channel, &inbox, &order) == 1) {
        /* The kept list is written by who makes it, from what the loader before has understood. */
        if (order.kind == HANDOVER_LOAD)
            result = confine_reader() == 0 && answer(channel, &order) == 0 ? 0 : 1;
        else if (order.kind == HANDOVER_DENY)
            result = answer_deny(channel, &order) == 0 ? 0 : 1;
        handover_close(&inbox, &order);
    }
    handover_inbox_clear(&inbox);
    return result;
}
