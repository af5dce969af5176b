#include "demo_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"
#include "postern/base/clock.h"
#include "postern/base/file.h"

enum {
    OUTPUT_MAX = 256 * 1024,
    COMMAND_MS = 60000,
    STREAM_LINES = 3,      /* to see that it runs */
    STREAM_END_MS = 20000, /* on the slowest of machines; a second is the promise */
    GATEWAY_MS = 5000,
};

/* A command of the story that runs. */
struct running {
    pid_t pid;
    int output; /* -1: none */
    struct buffer out;
};

/* Run by /bin/sh, both outputs into one pipe. Returns the PID, or -1 with errno. */
static pid_t start_shell(const char *text, int *output)
{
    int ends[2];
    pid_t pid = -1;
    char shell[] = "sh", option[] = "-c", script[sizeof(((struct demo_command *)0)->text)];
    char *arguments[] = {shell, option, script, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    snprintf(script, sizeof(script), "%s", text);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = 0;
    if ((error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)) == 0 &&
        (error = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
        (error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK)) == 0)
        error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    fd_close(&ends[1]);
    *output = ends[0];
    errno = error;
    return error == 0 ? pid : -1;
}

/* Read what there is until the command closes its output, it has said so many lines, or time is up. Returns
 * true unless time was up. */
static bool follow(struct running *running, unsigned lines, int wait_ms)
{
    int64_t end_ms = clock_monotonic_ms(clock_system()) + wait_ms;
    for (;;) {
        int64_t left_ms = end_ms - clock_monotonic_ms(clock_system());
        struct pollfd wait = {.fd = running->output, .events = POLLIN};
        char *space = buffer_reserve(&running->out, 1);
        if (left_ms <= 0 || space == NULL)
            return false;
        int ready = poll(&wait, 1, (int)left_ms);
        ssize_t count = ready <= 0 ? -1 : read(running->output, space, buffer_reserved(&running->out));
        if (count < 0 && (ready == 0 || errno != EINTR))
            return false;
        if (count == 0)
            return true;
        for (ssize_t i = 0; i < count; i++)
            lines -= space[i] == '\n' && lines > 0;
        buffer_commit(&running->out, count > 0 ? (size_t)count : 0);
        if (lines == 0)
            return true;
    }
}

static bool begin(struct running *running, const char *text)
{
    buffer_init(&running->out, OUTPUT_MAX);
    running->pid = start_shell(text, &running->output);
    return running->pid > 0;
}

/* Returns the exit status of the command, or -1. It is not waited for if it has not closed its output. */
static int end(struct running *running, bool is_over)
{
    int status = 0;
    if (running->pid > 0 && !is_over)
        kill(running->pid, SIGKILL);
    if (running->pid <= 0 || waitpid(running->pid, &status, 0) != running->pid)
        status = -1;
    fd_close(&running->output);
    running->pid = 0;
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool holds(struct slice text, const char *wanted)
{
    return memmem(text.data != NULL ? text.data : "", text.length, wanted, strlen(wanted)) != NULL;
}

static bool tell(const struct demo_command *command, int number, bool ok, const char *how, struct slice out)
{
    printf("\n%s %d. %s (%s)\n%.*s", ok ? "ok    " : "FAILED", number, command->title, how, SLICE_ARG(out));
    fflush(stdout);
    return ok;
}

static bool check_to_its_end(const struct demo_command *command, int number)
{
    struct running running = {.output = -1};
    char how[32];
    bool is_over = begin(&running, command->text) && follow(&running, UINT32_MAX, COMMAND_MS);
    int status = end(&running, is_over);
    bool ok = status >= 0 && (status == 0) == command->succeeds &&
              holds(buffer_view(&running.out), command->wanted);
    snprintf(how, sizeof(how), "exit status %d", status);
    tell(command, number, ok, how, buffer_view(&running.out));
    buffer_clear(&running.out);
    return ok;
}

static bool check_beginning(const struct demo_command *command, int number, struct running *stream)
{
    bool ok = begin(stream, command->text) && follow(stream, STREAM_LINES, COMMAND_MS) &&
              holds(buffer_view(&stream->out), command->wanted);
    return tell(command, number, ok, "it runs", buffer_view(&stream->out));
}

/* The gateway has said why, on standard output with all else. */
static bool hear(struct demo_gateway *gateway)
{
    struct pollfd wait = {.fd = gateway->errors, .events = POLLIN};
    while (!gateway->has_cut)
        if (poll(&wait, 1, GATEWAY_MS) != 1 || demo_gateway_read(gateway) <= 0)
            return false;
    return true;
}

/* Timed from before the command began to the end of the stream as its reader saw it. */
static bool check_what_it_ends(const struct demo_command *command, int number, struct running *stream,
                               struct demo_gateway *gateway)
{
    int64_t begun_ms = clock_monotonic_ms(clock_system());
    bool ok = check_to_its_end(command, number), is_over = follow(stream, UINT32_MAX, STREAM_END_MS);
    int64_t took_ms = clock_monotonic_ms(clock_system()) - begun_ms;
    int status = end(stream, is_over);
    ok = ok && is_over && status > 0;
    if (is_over)
        printf("The story stopped %" PRId64
               " ms after the command began, curl's exit status is %d%s. The gateway says:\n",
               took_ms, status, took_ms < 1000 ? "" : " (over a second: is the machine busy?)");
    else
        printf("The story goes on.\n");
    ok = hear(gateway) && ok;
    fflush(stdout);
    return ok;
}

int demo_check(const struct demo_story *story, struct demo_gateway *gateway)
{
    struct running stream = {.output = -1};
    bool ok = true;
    gateway->said = stdout;
    for (int i = 0; i < story->count; i++) {
        const struct demo_command *command = &story->commands[i];
        bool went_well = command->runs_on          ? check_beginning(command, i + 1, &stream)
                         : command->ends_the_other ? check_what_it_ends(command, i + 1, &stream, gateway)
                                                   : check_to_its_end(command, i + 1);
        ok = went_well && ok;
    }
    (void)end(&stream, false);
    buffer_clear(&stream.out);
    gateway->said = stderr;
    printf("\n%s\n", ok ? "all did what they should" : "something is wrong");
    return ok ? STATUS_DONE : STATUS_FAILED;
}
