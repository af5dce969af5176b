#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "postern/base/clock.h"
#include "postern/base/file.h"
#include "postern/supervisor/control.h"

static int connect_to(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return err_set_at(err, path, 0, "too long for a socket");
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int error = errno;
    fd_close(&fd);
    if (error == ENOENT || error == ECONNREFUSED)
        return err_set_at(err, path, 0,
                          "no gateway listens there; is it running, with this [control] socket?");
    if (error == EACCES)
        return err_set_at(err, path, 0,
                          "permission denied; only the user that runs the gateway may command it");
    return err_set_errno(err, path, error, "cannot connect");
}

/* As read(2); what comes beside the bytes is kept in *enclosure. */
static ssize_t receive_some(int fd, char *space, size_t size, int *enclosure)
{
    int came = -1;
    size_t count = 1;
    ssize_t length = message_receive(fd, space, size, &came, &count);
    if (length >= 0 && count == 1) {
        fd_close(enclosure);
        *enclosure = came;
    }
    return length;
}

static int receive_line(int fd, const char *path, int wait_ms, struct buffer *answer, int *enclosure,
                        struct err *err)
{
    int64_t end_ms = clock_monotonic_ms(clock_system()) + wait_ms;
    for (;;) {
        int64_t left_ms = end_ms - clock_monotonic_ms(clock_system());
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) == 0)
            return err_set_at(err, path, 0, "no answer within %d s", wait_ms / 1000);
        char *space = buffer_reserve(answer, 4096);
        ssize_t count = space == NULL ? -1 : receive_some(fd, space, 4096, enclosure);
        if (count <= 0)
            return err_set_at(err, path, 0, "the gateway ended the conversation; its log may say why");
        buffer_commit(answer, (size_t)count);
        struct slice view = buffer_view(answer);
        size_t line = slice_find(view, '\n');
        if (line < view.length) {
            buffer_drop_tail(answer, view.length - line);
            return 0;
        }
    }
}

int control_ask(const char *socket, const char *command, const char *extra, int wait_ms,
                struct buffer *answer, struct err *err)
{
    int enclosure;
    int result = control_ask_fd(socket, command, extra, wait_ms, answer, &enclosure, err);
    fd_close(&enclosure);
    return result;
}

int control_ask_fd(const char *socket, const char *command, const char *extra, int wait_ms,
                   struct buffer *answer, int *enclosure, struct err *err)
{
    *enclosure = -1;
    char request[CONTROL_REQUEST_MAX];
    buffer_init(answer, CONTROL_ANSWER_MAX);
    int length = snprintf(request, sizeof(request), "{\"version\":%d,\"command\":\"%s\"%s}\n",
                          CONTROL_VERSION, command, extra);
    if (length < 0 || (size_t)length >= sizeof(request))
        return err_set(err, "request too long");
    int fd = connect_to(socket, err);
    if (fd < 0)
        return -1;
    int result = -1;
    if (fd_write_all(fd, request, (size_t)length) != 0)
        err_set_errno(err, socket, errno, "cannot write");
    else
        result = receive_line(fd, socket, wait_ms, answer, enclosure, err);
    fd_close(&fd);
    if (result != 0) {
        buffer_clear(answer);
        fd_close(enclosure);
    }
    return result;
}
