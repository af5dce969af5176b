#include "postern/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int read_opened(int fd, const char *path, size_t limit, struct buffer *out, struct err *err)
{
    for (;;) {
        /* One byte over the limit shows a file that is too long, also one that grows while it is read. */
        size_t room = buffer_room(out);
        size_t wanted = room < 65536 ? room : 65536;
        char *space = buffer_reserve(out, wanted);
        if (space == NULL)
            return err_set_errno(err, path, ENOMEM, "cannot read");
        ssize_t count = read(fd, space, wanted);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return err_set_errno(err, path, errno, "cannot read");
        buffer_commit(out, (size_t)count);
        if (buffer_length(out) > limit)
            return err_set_at(err, path, 0, "longer than %zu bytes; give a smaller file", limit);
        if (count == 0)
            return 0;
    }
}

int file_read(const char *path, size_t limit, struct buffer *out, struct stat *status, struct err *err)
{
    struct stat own_status;
    buffer_init(out, limit < SIZE_MAX ? limit + 1 : limit);
    /* Not blocking: a FIFO must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set_errno(err, path, errno, "cannot open");
    int result = -1;
    if (fstat(fd, &own_status) != 0)
        err_set_errno(err, path, errno, "cannot stat");
    else if (!S_ISREG(own_status.st_mode))
        err_set_at(err, path, 0, "not a regular file");
    else
        result = read_opened(fd, path, limit, out, err);
    fd_close(&fd);
    if (result != 0)
        buffer_clear(out);
    else
        out->limit = limit;
    if (status != NULL && result == 0)
        *status = own_status;
    return result;
}

static int sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL   ? strdup(".")
                      : slash == path ? strdup("/")
                                      : strndup(path, (size_t)(slash - path));
    if (directory == NULL)
        return -1;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    int error_number = errno;
    fd_close(&fd);
    errno = error_number;
    return result;
}

static int write_new(int fd, const void *data, size_t length, mode_t mode)
{
    /* The mode is set before any byte is there, and past the umask. */
    return fchmod(fd, mode) == 0 && fd_write_all(fd, data, length) == 0 && fsync(fd) == 0 ? 0 : -1;
}

static int write_beside(struct file_staged *staged, const void *data, size_t length, mode_t mode,
                        struct err *err)
{
    int fd = mkostemp(staged->beside, O_CLOEXEC);
    int result = 0;
    if (fd < 0)
        return err_set_errno(err, staged->path, errno, "cannot create a file beside it");
    if (write_new(fd, data, length, mode) != 0) {
        result = err_set_errno(err, staged->path, errno, "cannot write");
        unlink(staged->beside);
    }
    fd_close(&fd);
    return result;
}

static void forget(struct file_staged *staged)
{
    free(staged->path);
    free(staged->beside);
    *staged = (struct file_staged){0};
}

int file_stage(struct file_staged *out, const char *path, const void *data, size_t length, mode_t mode,
               struct err *err)
{
    *out = (struct file_staged){.path = strdup(path)};
    if (!out->path || asprintf(&out->beside, "%s" FILE_BESIDE "XXXXXX", path) < 0) {
        free(out->path);
        *out = (struct file_staged){0};
        return err_set_errno(err, path, ENOMEM, "cannot write");
    }
    int result = write_beside(out, data, length, mode, err);
    if (result < 0)
        forget(out);
    return result;
}

int file_commit(struct file_staged *staged, struct err *err)
{
    if (rename(staged->beside, staged->path) != 0)
        return err_set_errno(err, staged->path, errno, "cannot write");
    int result = sync_directory_of(staged->path) == 0
                     ? 0
                     : err_set_errno(err, staged->path, errno, "cannot sync its directory");
    forget(staged);
    return result;
}

void file_discard(struct file_staged *staged)
{
    if (staged->beside)
        (void)unlink(staged->beside);
    forget(staged);
}

int file_replace(const char *path, const void *data, size_t length, mode_t mode, struct err *err)
{
    struct file_staged staged;
    if (file_stage(&staged, path, data, length, mode, err) < 0)
        return -1;
    int result = file_commit(&staged, err);
    file_discard(&staged);
    return result;
}

static bool is_beside(const char *name)
{
    static const size_t length = sizeof FILE_BESIDE "XXXXXX" - 1;
    size_t whole = strlen(name);
    return whole > length && memcmp(name + whole - length, FILE_BESIDE, sizeof FILE_BESIDE - 1) == 0;
}

void file_sweep(const char *directory)
{
    DIR *opened = opendir(directory);
    const struct dirent *entry;
    while (opened && (entry = readdir(opened)) != NULL)
        if (is_beside(entry->d_name))
            (void)unlinkat(dirfd(opened), entry->d_name, 0);
    if (opened)
        closedir(opened);
}

int fd_write_all(int fd, const void *data, size_t length)
{
    const char *rest = data;
    while (length > 0) {
        ssize_t count = write(fd, rest, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        rest += count;
        length -= (size_t)count;
    }
    return 0;
}

int fd_read_all(int fd, void *data, size_t length)
{
    char *rest = data;
    while (length > 0) {
        ssize_t count = read(fd, rest, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count == 0)
            errno = 0;
        if (count <= 0)
            return -1;
        rest += count;
        length -= (size_t)count;
    }
    return 0;
}

int fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void fd_close(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

int memfd_new(const char *name, size_t size)
{
    if (size > INT64_MAX) {
        errno = EFBIG;
        return -1;
    }
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && ftruncate(fd, (off_t)size) != 0) {
        int error_number = errno;
        fd_close(&fd);
        errno = error_number;
    }
    return fd;
}

int memfd_seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, SEALS);
}

int memfd_fix_size(int fd)
{
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);
}

bool memfd_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & SEALS) == SEALS;
}

/* Aligned for the cmsghdr that stands at its beginning. */
union control_space {
    char bytes[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
    struct cmsghdr align;
};

int message_send(int socket, const void *data, size_t length, const int *fds, size_t fd_count)
{
    if (fd_count > FD_PASS_MAX || length == 0) {
        errno = EINVAL; /* a message of no bytes is what the end looks like to the receiver */
        return -1;
    }
    char *bytes = (char *)(uintptr_t)data; /* msghdr has no const; sendmsg(2) does not write */
    struct iovec part = {bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control_space control = {.bytes = {0}};
    if (fd_count != 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

/* All descriptors that came, into all[FD_PASS_MAX]: each must be taken or closed, or it leaks. */
static size_t collect_descriptors(struct msghdr *message, int *all)
{
    size_t count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (here > FD_PASS_MAX - count)
            here = FD_PASS_MAX - count;
        memcpy(all + count, CMSG_DATA(header), here * sizeof(int));
        count += here;
    }
    return count;
}

ssize_t message_receive(int socket, void *data, size_t size, int *fds, size_t *fd_count)
{
    struct iovec part = {data, size};
    union control_space control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    size_t capacity = fd_count != NULL ? *fd_count : 0;
    if (fd_count != NULL)
        *fd_count = 0;
    ssize_t received;
    do
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0)
        return -1;
    int all[FD_PASS_MAX];
    size_t count = collect_descriptors(&message, all);
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || count > capacity) {
        for (size_t i = 0; i < count; i++)
            fd_close(&all[i]);
        errno = EMSGSIZE;
        return -1;
    }
    if (count != 0)
        memcpy(fds, all, count * sizeof(int));
    if (fd_count != NULL)
        *fd_count = count;
    return received;
}

char *path_beside(const char *base_file, const char *path)
{
    const char *slash = strrchr(base_file, '/');
    char *joined = NULL;
    int directory = slash == NULL || path[0] == '/' ? 0 : (int)(slash - base_file) + 1;
    return asprintf(&joined, "%.*s%s", directory, base_file, path) < 0 ? NULL : joined;
}
