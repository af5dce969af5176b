/* The worker as a process: from the first message to worker_run(). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/confine.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/generation/handover.h"
#include "postern/worker/worker.h"

/* Before there is a log. */
static int fail(const char *what)
{
    fprintf(stderr, "postern worker: %s: %s\n", what, strerror(errno));
    return 1;
}

static struct slice map_text(int fd)
{
    struct stat status;
    if (!memfd_is_sealed(fd) || fstat(fd, &status) != 0 || status.st_size == 0)
        return slice_of("", 0);
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    return mapped == MAP_FAILED ? slice_of("", 0) : slice_of(mapped, (size_t)status.st_size);
}

static bool boot_is_sound(const struct handover *message, struct handover_boot *order)
{
    if (message->kind != HANDOVER_BOOT || message->body.length != sizeof(*order))
        return false;
    memcpy(order, message->body.data, sizeof(*order));
    size_t logs = order->has_access_log != 0 ? HANDOVER_FD_ACCESS + 1 : HANDOVER_FD_ACCESS;
    return order->listener_count <= SUMMARY_ADDRESSES_MAX && order->level <= LEVEL_ERROR &&
           message->fd_count == logs + order->listener_count;
}

/* Everything else that needs a privilege, then never again one. Dumpable is set anew since a change of user
 * may reset it, and so is what to do when the parent dies. */
static int confine(void *context, char *told, size_t size)
{
    const struct handover_boot *order = context;
    if (order->drop_user != 0 && confine_user(order->uid, order->gid) != 0)
        return fail("cannot change user");
    process_harden();
    if (!process_follow_parent(SIGTERM))
        return fail("the supervisor has gone");
    return confine_files(told, size) == 0 ? 0 : fail("cannot give up privileges");
}

static int boot(int channel, struct handover *message)
{
    struct handover_boot order;
    if (!boot_is_sound(message, &order))
        return 1;
    size_t first = order.has_access_log != 0 ? HANDOVER_FD_ACCESS + 1 : HANDOVER_FD_ACCESS;
    void *slab = mmap(NULL, sizeof(struct metrics), PROT_READ | PROT_WRITE, MAP_SHARED,
                      message->fds[HANDOVER_FD_SLAB], 0);
    void *records = mmap(NULL, sizeof(struct records), PROT_READ | PROT_WRITE, MAP_SHARED,
                         message->fds[HANDOVER_FD_RECORDS], 0);
    void *sessions = mmap(NULL, HANDOVER_SESSIONS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                          message->fds[HANDOVER_FD_SESSIONS], 0);
    if (slab == MAP_FAILED || records == MAP_FAILED || sessions == MAP_FAILED ||
        fd_set_nonblocking(channel) != 0)
        return fail("cannot map counters and sessions");
    confine_descriptors(order.descriptors);
    struct worker_boot start = {
        .slot = order.slot,
        .channel = channel,
        .listeners = message->fds + first,
        .listener_count = order.listener_count,
        .events_fd = message->fds[HANDOVER_FD_EVENTS],
        .access_fd = order.has_access_log != 0 ? message->fds[HANDOVER_FD_ACCESS] : -1,
        .access_format = order.access_is_json != 0 ? LOG_JSON : LOG_TEXT,
        .level = (enum log_level)order.level,
        .metrics = slab,
        .records = records,
        .sessions = sessions,
        .resolv_conf = map_text(message->fds[HANDOVER_FD_RESOLV]),
        .hosts = map_text(message->fds[HANDOVER_FD_HOSTS]),
        .clock = clock_system(),
        .connections_max = confine_clients(),
        .confine = confine,
        .context = &order,
    };
    fd_close(&message->fds[HANDOVER_FD_SLAB]);
    fd_close(&message->fds[HANDOVER_FD_RECORDS]);
    fd_close(&message->fds[HANDOVER_FD_SESSIONS]);
    fd_close(&message->fds[HANDOVER_FD_RESOLV]);
    fd_close(&message->fds[HANDOVER_FD_HOSTS]);
    return worker_run(&start);
}

int worker_main(int channel)
{
    struct handover_inbox inbox;
    struct handover message;
    process_harden();
    (void)prctl(PR_SET_NAME, "postern-worker", 0, 0, 0);
    if (handover_inbox_init(&inbox) != 0)
        return fail("no memory");
    int result = handover_receive(channel, &inbox, &message) == 1 ? boot(channel, &message) : 1;
    handover_inbox_clear(&inbox);
    return result;
}
