#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/base/file.h"
#include "postern/base/process.h"

#define RESOLVER_FILE_MAX (64u * 1024)

static void on_restart(void *context)
{
    struct slot *slot = context;
    slot->events->on_restart(slot->context, slot);
}

/* Memory that the worker writes and we read. NULL with errno. */
static const void *make_shared(const char *name, size_t size, int *fd)
{
    *fd = memfd_new(name, size);
    bool is_made = *fd >= 0 && memfd_fix_size(*fd) == 0;
    void *mapped = is_made ? mmap(NULL, size, PROT_READ, MAP_SHARED, *fd, 0) : MAP_FAILED;
    return mapped == MAP_FAILED ? NULL : mapped;
}

static void unmap(const void *mapped, size_t size)
{
    void *address = (void *)(uintptr_t)mapped; /* ours is read-only, and munmap(2) does not write */
    if (mapped != NULL)
        munmap(address, size);
}

static void release_memory(struct slot *slot)
{
    unmap(slot->metrics, sizeof(struct metrics));
    unmap(slot->records, sizeof(struct records));
    fd_close(&slot->slab_fd);
    fd_close(&slot->records_fd);
    slot->metrics = NULL;
    slot->records = NULL;
}

int slot_init(struct slot *slot, unsigned number, struct loop *loop, struct handover_inbox *inbox,
              const struct slot_events *events, void *context)
{
    *slot = (struct slot){
        .number = number, .channel = -1, .loop = loop, .inbox = inbox, .events = events, .context = context};
    slot->metrics = make_shared("postern-metrics", sizeof(struct metrics), &slot->slab_fd);
    slot->records = make_shared("postern-records", sizeof(struct records), &slot->records_fd);
    if (slot->metrics == NULL || slot->records == NULL) {
        release_memory(slot);
        return -1;
    }
    timer_init(&slot->restart, loop, on_restart, slot);
    return 0;
}

void slot_clear(struct slot *slot)
{
    if (slot->metrics == NULL)
        return;
    watch_stop(&slot->watch);
    timer_clear(&slot->restart);
    fd_close(&slot->channel);
    release_memory(slot);
}

bool slot_is_up(const struct slot *slot)
{
    return slot->pid != 0;
}

bool slot_is_serving(const struct slot *slot)
{
    return slot->pid != 0 && slot->in_force != 0;
}

static void on_message(void *context, unsigned ready)
{
    struct slot *slot = context;
    struct handover message;
    (void)ready;
    while (slot->channel >= 0) {
        int result = handover_receive(slot->channel, slot->inbox, &message);
        if (result < 0 && errno == EAGAIN)
            return;
        if (result != 1) {
            watch_stop(&slot->watch); /* it is about to end; the reaping decides */
            return;
        }
        slot->events->on_message(slot->context, slot, &message);
        handover_close(slot->inbox, &message);
    }
}

/* A file's text as sealed memory; empty if there is no such file. -1 with errno. */
static int text_memory(const char *path)
{
    struct buffer text;
    struct slice bytes = {"", 0};
    bool is_read = file_read(path, RESOLVER_FILE_MAX, &text, NULL, NULL) == 0;
    if (is_read)
        bytes = buffer_view(&text);
    int fd = memfd_new("postern-resolver", 0);
    if (fd >= 0 && (fd_write_all(fd, bytes.data, bytes.length) != 0 || memfd_seal(fd) != 0))
        fd_close(&fd);
    if (is_read)
        buffer_clear(&text);
    return fd;
}

static int send_boot(struct slot *slot, const struct summary *summary, const struct sinks *sinks,
                     const int *listeners, size_t listener_count)
{
    int fds[HANDOVER_FDS_MAX];
    const struct handover_boot boot = {
        .slot = slot->number,
        .listener_count = (uint32_t)listener_count,
        .has_access_log = sinks->access >= 0,
        .access_is_json = summary->access_is_json,
        .level = summary->level,
        .descriptors = summary->descriptors,
        .drop_user = geteuid() == 0,
        .uid = summary->uid,
        .gid = summary->gid,
    };
    size_t count = sinks->access >= 0 ? HANDOVER_FD_ACCESS + 1 : HANDOVER_FD_ACCESS;
    fds[HANDOVER_FD_SLAB] = slot->slab_fd;
    fds[HANDOVER_FD_RECORDS] = slot->records_fd;
    fds[HANDOVER_FD_SESSIONS] = slot->sessions_fd;
    fds[HANDOVER_FD_EVENTS] = sinks->events;
    fds[HANDOVER_FD_RESOLV] = text_memory("/etc/resolv.conf");
    fds[HANDOVER_FD_HOSTS] = text_memory("/etc/hosts");
    fds[HANDOVER_FD_ACCESS] = sinks->access;
    memcpy(fds + count, listeners, listener_count * sizeof(*listeners));
    int result = -1;
    if (fds[HANDOVER_FD_RESOLV] >= 0 && fds[HANDOVER_FD_HOSTS] >= 0)
        result = handover_send(slot->channel, HANDOVER_BOOT, 0, slice_of((const char *)&boot, sizeof(boot)),
                               fds, count + listener_count);
    int error = errno;
    fd_close(&fds[HANDOVER_FD_RESOLV]);
    fd_close(&fds[HANDOVER_FD_HOSTS]);
    errno = error;
    return result;
}

static void release(struct slot *slot)
{
    watch_stop(&slot->watch);
    fd_close(&slot->channel);
    slot->pid = 0;
    slot->in_force = 0;
}

/* Nobody is connected to a worker that is new. The history has taken what was there. Without this the memory
 * says that they are connected still; more harm than that a failure does not do. */
static void forget_visits(struct slot *slot)
{
    (void)fallocate(slot->records_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    offsetof(struct records, visits), sizeof(struct visits));
}

int slot_start(struct slot *slot, const struct summary *summary, const struct sinks *sinks,
               const int *listeners, size_t listener_count)
{
    timer_disarm(&slot->restart);
    forget_visits(slot);
    pid_t pid = process_spawn("internal-worker", &slot->channel);
    if (pid < 0)
        return -1;
    slot->pid = pid;
    slot->started_ms = loop_now_ms(slot->loop);
    if (send_boot(slot, summary, sinks, listeners, listener_count) == 0 &&
        watch_start(&slot->watch, slot->loop, slot->channel, WATCH_READ, on_message, slot) == 0)
        return 0;
    int error = errno;
    kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    release(slot);
    errno = error;
    return -1;
}

int64_t slot_restart_later(struct slot *slot)
{
    int64_t wait_ms = backoff_next(&slot->backoff, loop_now_ms(slot->loop) - slot->started_ms);
    timer_arm(&slot->restart, wait_ms);
    return wait_ms;
}

void slot_send(struct slot *slot, enum handover_kind kind, uint64_t number, struct slice body, const int *fds,
               size_t fd_count)
{
    if (slot->channel >= 0 && handover_send(slot->channel, kind, number, body, fds, fd_count) != 0)
        slot_kill(slot);
}

void slot_prepare(struct slot *slot, const struct edition *edition)
{
    slot->vote_asked_ms = loop_now_ms(slot->loop);
    slot_send(slot, HANDOVER_PREPARE, edition->number, secret_view(&edition->keys), &edition->pack_fd, 1);
}

void slot_kill(struct slot *slot)
{
    if (slot->pid != 0)
        kill(slot->pid, SIGKILL);
}

void slot_reap(struct slot *slot)
{
    int status;
    if (slot->pid == 0 || waitpid(slot->pid, &status, WNOHANG) != slot->pid)
        return;
    release(slot);
    slot->events->on_down(slot->context, slot, status);
}
