#include "demo_gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "options.h"
#include "postern/base/file.h"
#include "postern/base/process.h"

enum { LINE_MAX_BYTES = 16384 };

static int spawn(struct demo_gateway *gateway, const char *config, int errors)
{
    char name[] = "postern", subcommand[] = "internal-demo-gateway", option[] = "--config", path[PATH_MAX];
    char binary[PATH_MAX];
    char *arguments[] = {name, subcommand, option, path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    snprintf(path, sizeof(path), "%s", config);
    process_binary(binary);
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    if ((error = posix_spawnattr_init(&attributes)) == 0) {
        /* A group of its own: Ctrl-C is for us, and we tell it. */
        if ((error = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)) == 0 &&
            (error = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
            (error = posix_spawnattr_setpgroup(&attributes, 0)) == 0 &&
            (error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP)) ==
                0)
            error = posix_spawn(&gateway->pid, binary, &actions, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int demo_gateway_start(struct demo_gateway *gateway, const char *config, struct err *err)
{
    int ends[2];
    *gateway = (struct demo_gateway){.errors = -1, .said = stderr};
    buffer_init(&gateway->line, LINE_MAX_BYTES);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, NULL, errno, "cannot make a pipe");
    int error = spawn(gateway, config, ends[1]);
    fd_close(&ends[1]);
    gateway->errors = ends[0];
    if (error != 0) {
        gateway->pid = 0;
        return err_set_errno(err, NULL, error, "cannot start the gateway");
    }
    return 0;
}

static void take_line(struct demo_gateway *gateway, struct slice line)
{
    static const char ready[] = "ready: generation 1, ", cut[] = " is cut off: ";
    if (gateway->address[0] == '\0' && slice_starts_with(line, slice_text(ready)))
        snprintf(gateway->address, sizeof(gateway->address), "%.*s",
                 SLICE_ARG(slice_after(line, sizeof(ready) - 1)));
    else
        fprintf(gateway->said, "%.*s\n", SLICE_ARG(line));
    gateway->has_cut |= memmem(line.data, line.length, cut, sizeof(cut) - 1) != NULL;
}

int demo_gateway_read(struct demo_gateway *gateway)
{
    char *space = buffer_reserve(&gateway->line, 1);
    if (space == NULL) {
        buffer_clear(&gateway->line); /* no line of ours is that long */
        return 1;
    }
    ssize_t count = read(gateway->errors, space, buffer_reserved(&gateway->line));
    if (count <= 0)
        return count < 0 && errno == EINTR ? 1 : (int)count;
    buffer_commit(&gateway->line, (size_t)count);
    for (;;) {
        struct slice view = buffer_view(&gateway->line);
        size_t end = slice_find(view, '\n');
        if (end == view.length)
            return 1;
        take_line(gateway, slice_before(view, end));
        buffer_consume(&gateway->line, end + 1);
    }
}

int demo_gateway_stop(struct demo_gateway *gateway)
{
    int status = 0;
    if (gateway->pid != 0) {
        kill(gateway->pid, SIGTERM);
        while (demo_gateway_read(gateway) > 0)
            continue;
        while (waitpid(gateway->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    gateway->pid = 0;
    fd_close(&gateway->errors);
    buffer_clear(&gateway->line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int cli_internal_demo_gateway(int argc, char **argv)
{
    char serve[] = "serve";
    if (!process_follow_parent(SIGTERM))
        return STATUS_FAILED;
    argv[0] = serve;
    return cli_serve(argc, argv);
}
