#include "postern/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/base/file.h"

void process_harden(void)
{
    const struct rlimit none = {0, 0};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

/* The path and not /proc/self/exe itself, so that a child shows under its name, and because under valgrind
 * the link leads to valgrind. A binary that was replaced while we run is started once more from memory:
 * parent and child must speak the same version. */
void process_binary(char out[PATH_MAX])
{
    static const char link[] = "/proc/self/exe", deleted[] = " (deleted)";
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    size_t tail = sizeof(deleted) - 1, end = length > 0 ? (size_t)length : 0;
    out[end] = '\0';
    if (end == 0 || (end > tail && strcmp(out + end - tail, deleted) == 0))
        memcpy(out, link, sizeof(link));
}

static int prepare_actions(posix_spawn_file_actions_t *actions, int child_end)
{
    int error = posix_spawn_file_actions_init(actions);
    if (error != 0)
        return error;
    if ((error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)) != 0 ||
        (error = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0)) != 0 ||
        (error = posix_spawn_file_actions_adddup2(actions, child_end, PROCESS_CHANNEL_FD)) != 0 ||
        /* What our own parent left open is no business of a worker. */
        (error = posix_spawn_file_actions_addclosefrom_np(actions, PROCESS_CHANNEL_FD + 1)) != 0)
        posix_spawn_file_actions_destroy(actions);
    return error;
}

/* Signals blocked or ignored in the parent would stay so in the child. */
static int prepare_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;
    int error = posix_spawnattr_init(attributes);
    if (error != 0)
        return error;
    sigemptyset(&none);
    sigfillset(&defaults);
    /* A group of its own, so that Ctrl-C at a terminal reaches the supervisor alone. */
    if ((error = posix_spawnattr_setsigmask(attributes, &none)) != 0 ||
        (error = posix_spawnattr_setsigdefault(attributes, &defaults)) != 0 ||
        (error = posix_spawnattr_setpgroup(attributes, 0)) != 0 ||
        (error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                          POSIX_SPAWN_SETPGROUP)) != 0)
        posix_spawnattr_destroy(attributes);
    return error;
}

static int spawn(const char *subcommand, int child_end, pid_t *pid)
{
    char binary[PATH_MAX], name[] = "postern", command[64];
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C.UTF-8";
    char *arguments[] = {name, command, NULL}, *environment[] = {path, language, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    snprintf(command, sizeof(command), "%s", subcommand);
    int error = prepare_actions(&actions, child_end);
    if (error != 0)
        return error;
    error = prepare_attributes(&attributes);
    if (error == 0) {
        process_binary(binary);
        error = posix_spawn(pid, binary, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

pid_t process_spawn(const char *subcommand, int *channel)
{
    int ends[2];
    pid_t pid = -1;
    *channel = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    /* dup2() onto itself would leave close-on-exec set. */
    if (ends[1] == PROCESS_CHANNEL_FD) {
        int moved = fcntl(ends[1], F_DUPFD_CLOEXEC, PROCESS_CHANNEL_FD + 1);
        close(ends[1]);
        ends[1] = moved;
    }
    int error = ends[1] < 0 || fd_set_nonblocking(ends[0]) != 0 ? errno : spawn(subcommand, ends[1], &pid);
    fd_close(&ends[1]);
    if (error != 0) {
        fd_close(&ends[0]);
        errno = error;
        return -1;
    }
    *channel = ends[0];
    return pid;
}

bool process_take_channel(void)
{
    int type = 0;
    socklen_t length = sizeof(type);
    return getsockopt(PROCESS_CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_SEQPACKET && fcntl(PROCESS_CHANNEL_FD, F_SETFD, FD_CLOEXEC) == 0;
}

bool process_follow_parent(int signal)
{
    pid_t parent = getppid();
    /* A parent that went before we asked for it is told by the end of the channel. */
    return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) == 0 && getppid() == parent;
}
