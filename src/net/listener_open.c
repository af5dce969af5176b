#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/assert.h"
#include "postern/base/file.h"
#include "postern/net/listener.h"

static const struct sockaddr *name_of(const struct address *address)
{
    return (const struct sockaddr *)(const void *)&address->storage;
}

static int set_option(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof(on));
}

/* A bound socket that is not listening yet. Returns a descriptor, or -1 with errno. */
static int bound_socket(const struct address *address, bool shared)
{
    int family = address->storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if ((family != AF_UNIX && set_option(fd, SOL_SOCKET, SO_REUSEADDR) != 0) ||
        (family == AF_INET6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 0) ||
        (shared && set_option(fd, SOL_SOCKET, SO_REUSEPORT) != 0) ||
        bind(fd, name_of(address), address->length) != 0) {
        int error_number = errno;
        fd_close(&fd);
        errno = error_number;
    }
    return fd;
}

/* Remove the socket of a process that is gone: connecting to it is refused. What answers, or is no socket,
 * stays, and makes bind(2) fail. */
static void remove_stale_unix(const struct address *address)
{
    const char *path = ((const struct sockaddr_un *)(const void *)&address->storage)->sun_path;
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, name_of(address), address->length) != 0 && errno == ECONNREFUSED)
        (void)unlink(path);
    fd_close(&fd);
}

/* The first socket. It is bound without SO_REUSEPORT, which fails if anybody else has the address, and
 * shares it only then: so there is no moment at which another could take it. */
static int open_first(const struct address *address, bool shared, struct address *bound)
{
    int fd = bound_socket(address, false);
    if (fd < 0)
        return -1;
    bound->length = sizeof(bound->storage);
    if ((shared && set_option(fd, SOL_SOCKET, SO_REUSEPORT) != 0) ||
        getsockname(fd, (struct sockaddr *)(void *)&bound->storage, &bound->length) != 0) {
        int error_number = errno;
        fd_close(&fd);
        errno = error_number;
    }
    return fd;
}

static int open_all(const struct address *address, int backlog, int *fds, unsigned count,
                    struct address *bound)
{
    bool is_unix = address_is_unix(address);
    if (is_unix)
        remove_stale_unix(address);
    for (unsigned i = 0; i < count; i++) {
        if (i == 0)
            fds[i] = open_first(address, !is_unix && count > 1, bound);
        else if (is_unix)
            fds[i] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
        else
            fds[i] = bound_socket(bound, true);
        if (fds[i] < 0)
            return -1;
    }
    /* All are bound before any listens, so that no connection falls to a half of them. */
    for (unsigned i = 0; i < count; i++)
        if (listen(fds[i], backlog) != 0)
            return -1;
    return 0;
}

static int tell(const char *address, int error_number, struct err *err)
{
    if (error_number == EADDRINUSE)
        return err_set(err,
                       "%s is in use by another process; stop it, or choose another address "
                       "(ss -ltnp shows who listens)",
                       address);
    if (error_number == EADDRNOTAVAIL)
        return err_set(err,
                       "%s is no address of this machine; give one that is (ip -brief address shows them), "
                       "or 0.0.0.0 for all",
                       address);
    if (error_number == EACCES)
        return err_set(err,
                       "%s may not be listened on by this user; start as root (workers are not), with "
                       "CAP_NET_BIND_SERVICE, or on a port from 1024 up",
                       address);
    return err_set_errno(err, NULL, error_number, "cannot listen on %s", address);
}

int listener_open(const struct address *address, int backlog, int *fds, unsigned count, struct address *bound,
                  struct err *err)
{
    ASSERT(count > 0);
    char text[ADDRESS_TEXT_SIZE];
    for (unsigned i = 0; i < count; i++)
        fds[i] = -1;
    *bound = (struct address){0};
    if (open_all(address, backlog, fds, count, bound) == 0)
        return 0;
    int error_number = errno;
    for (unsigned i = 0; i < count; i++)
        fd_close(&fds[i]);
    address_format(address, text);
    return tell(text, error_number, err);
}
