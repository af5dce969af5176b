#include "loading.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/generation/input_list.h"

static const struct slice none = {NULL, 0};

static void answer(struct loading *loading, struct edition *edition, const struct err *err,
                   struct slice inputs)
{
    if (loading->is_answered) {
        edition_free(edition);
        return;
    }
    loading->is_answered = true;
    timer_disarm(&loading->deadline);
    loading->on_done(loading->context, edition, err, inputs);
}

/* The list that comes with a refusal. Its writer has read hostile files. */
struct mapping {
    struct slice bytes;
};

static void unmap(struct mapping *mapping)
{
    void *mapped = (void *)(uintptr_t)mapping->bytes.data; /* munmap(2) does not write */
    if (mapped != NULL)
        munmap(mapped, mapping->bytes.length);
    mapping->bytes = none;
}

static void map_inputs(struct mapping *mapping, int fd)
{
    struct stat status;
    if (!memfd_is_sealed(fd) || fstat(fd, &status) != 0 || status.st_size <= 0)
        return;
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return;
    mapping->bytes = slice_of(mapped, (size_t)status.st_size);
    if (input_list_count(mapping->bytes) <= 0)
        unmap(mapping);
}

static void take_message(struct loading *loading, struct handover *message)
{
    struct err err = {.line = 0};
    struct edition *edition = NULL;
    struct mapping inputs = {.bytes = none};
    if (message->kind == HANDOVER_REJECTED) {
        handover_error(message, &err);
        if (message->fd_count == 1)
            map_inputs(&inputs, message->fds[0]);
    } else if (message->kind == HANDOVER_LOADED && message->fd_count == 1) {
        bool has_keys = message->body.length != 0 || loading->keys == NULL;
        edition = edition_new(message->fds[0], has_keys ? message->body : secret_view(loading->keys), &err);
        message->fds[0] = -1;
        if (edition != NULL)
            edition->has_ticket_secret = !has_keys; /* those of the edition in force have it */
        if (edition != NULL && edition->number != loading->number) {
            edition_free(edition);
            edition = NULL;
            err_set(&err, "the loader gave another generation than was asked for");
        }
    } else {
        err_set(&err, "the loader answered nonsense");
    }
    /* Before anybody acts on the answer: the keys are in the inbox. */
    handover_close(&loading->inbox, message);
    answer(loading, edition, &err,
           edition != NULL ? pack_section(&edition->pack, PACK_INPUTS, 0) : inputs.bytes);
    unmap(&inputs);
}

static void on_message(void *context, unsigned ready)
{
    struct loading *loading = context;
    struct handover message;
    (void)ready;
    int result = handover_receive(loading->channel, &loading->inbox, &message);
    if (result == 1)
        take_message(loading, &message);
    else if (result == 0 || errno != EAGAIN)
        watch_stop(&loading->watch); /* why it ended is known when it is reaped */
}

static void on_deadline(void *context)
{
    struct loading *loading = context;
    struct err err = {.line = 0};
    kill(loading->pid, SIGKILL);
    err_set(&err, "loading took longer than %d s and was ended", LOADING_DEADLINE_MS / 1000);
    answer(loading, NULL, &err, none);
}

int loading_init(struct loading *loading, struct loop *loop,
                 void (*on_done)(void *, struct edition *, const struct err *, struct slice), void *context)
{
    *loading = (struct loading){.loop = loop, .channel = -1, .on_done = on_done, .context = context};
    timer_init(&loading->deadline, loop, on_deadline, loading);
    return handover_inbox_init(&loading->inbox);
}

static void release(struct loading *loading)
{
    watch_stop(&loading->watch);
    timer_disarm(&loading->deadline);
    fd_close(&loading->channel);
    loading->pid = 0;
}

void loading_clear(struct loading *loading)
{
    if (loading->loop == NULL)
        return;
    loading_cancel(loading);
    if (loading->pid != 0)
        (void)waitpid(loading->pid, NULL, 0);
    release(loading);
    timer_clear(&loading->deadline);
    handover_inbox_clear(&loading->inbox);
}

bool loading_is_answered(const struct loading *loading)
{
    return loading->is_answered;
}

bool loading_is_running(const struct loading *loading)
{
    return loading->pid != 0;
}

static int start(struct loading *loading, enum handover_kind kind, struct slice body, uint64_t number,
                 int running_fd, struct err *err)
{
    loading->is_answered = false;
    loading->number = number;
    pid_t pid = process_spawn("internal-loader", &loading->channel);
    if (pid < 0)
        return err_set_errno(err, NULL, errno, "cannot start the loader");
    loading->pid = pid;
    if (handover_send(loading->channel, kind, number, body, &running_fd, running_fd >= 0) != 0 ||
        watch_start(&loading->watch, loading->loop, loading->channel, WATCH_READ, on_message, loading) != 0) {
        loading_cancel(loading);
        return err_set_errno(err, NULL, errno, "cannot speak to the loader");
    }
    timer_arm(&loading->deadline, LOADING_DEADLINE_MS);
    return 0;
}

int loading_start(struct loading *loading, const char *config_path, uint64_t number, int running_fd,
                  struct err *err)
{
    loading->keys = NULL;
    return start(loading, HANDOVER_LOAD, slice_text(config_path), number, running_fd, err);
}

int loading_deny(struct loading *loading, struct slice change, uint64_t number, const struct edition *current,
                 struct err *err)
{
    loading->keys = &current->keys;
    return start(loading, HANDOVER_DENY, change, number, current->pack_fd, err);
}

void loading_cancel(struct loading *loading)
{
    loading->is_answered = true;
    timer_disarm(&loading->deadline);
    watch_stop(&loading->watch);
    if (loading->pid != 0)
        kill(loading->pid, SIGKILL);
}

void loading_reap(struct loading *loading)
{
    int status;
    struct err err = {.line = 0};
    if (loading->pid == 0 || waitpid(loading->pid, &status, WNOHANG) != loading->pid)
        return;
    /* Its answer may still wait to be read. */
    if (!loading->is_answered)
        on_message(loading, WATCH_READ);
    release(loading);
    if (WIFSIGNALED(status))
        err_set(&err, "the loader died by signal %d (%s); an input file may be hostile", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else
        err_set(&err, "the loader left with status %d and no answer", WEXITSTATUS(status));
    answer(loading, NULL, &err, none);
}
