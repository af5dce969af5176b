#include "sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/file.h"

void sinks_init(struct sinks *sinks)
{
    *sinks = (struct sinks){-1, -1};
}

/* Not blocking, yet without making the descriptor so that others (a shell, a terminal) share: pipes and
 * terminals are opened anew. A file never blocks, and has one offset that we share with those others; a
 * socket (the journal's) cannot be opened, and is shared with nobody who reads. Nor can a pipe of another
 * user's, as after su or in some containers: then we share all the same, since who stops reading our log must
 * not stop a revocation. */
static int open_standard(int standard)
{
    char path[32];
    struct stat status;
    if (fstat(standard, &status) != 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", standard);
    int fd = -1;
    if (!S_ISREG(status.st_mode) && !S_ISSOCK(status.st_mode))
        fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0)
        return fd;
    fd = fcntl(standard, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd >= 0 && !S_ISREG(status.st_mode) && fd_set_nonblocking(fd) != 0)
        fd_close(&fd);
    return fd;
}

static int open_sink(const char *path)
{
    if (strcmp(path, "stdout") == 0)
        return open_standard(STDOUT_FILENO);
    if (strcmp(path, "stderr") == 0)
        return open_standard(STDERR_FILENO);
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640);
}

int sinks_open(struct sinks *sinks, const struct summary *summary, const char *config_path, struct err *err)
{
    struct sinks opened = {-1, -1};
    opened.events = open_sink(summary->event_log);
    if (opened.events < 0)
        return err_set_at(err, config_path, summary->events_line,
                          "[log] events: cannot open %s: %s; give a file that can be written",
                          summary->event_log, strerror(errno));
    if (summary->access_log[0] != '\0') {
        opened.access = open_sink(summary->access_log);
        if (opened.access < 0) {
            err_set_at(err, config_path, summary->access_line,
                       "[log] access: cannot open %s: %s; give a file that can be written, stdout or off",
                       summary->access_log, strerror(errno));
            fd_close(&opened.events);
            return -1;
        }
    }
    sinks_close(sinks);
    *sinks = opened;
    return 0;
}

void sinks_close(struct sinks *sinks)
{
    fd_close(&sinks->events);
    fd_close(&sinks->access);
}
