/* Files and descriptors, for the processes that may touch them: supervisor, loader, pki and the commands. */
#ifndef POSTERN_BASE_FILE_H
#define POSTERN_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"

/* The whole of a regular file, read once. A file over limit bytes is an error.
 *   out     is cleared and initialised with the limit; takes the bytes; buffer_clear() frees them
 *   status  fstat(2) of the opened file, or NULL
 * Returns 0, or -1 with err naming the path. */
NODISCARD int file_read(const char *path, size_t limit, struct buffer *out, struct stat *status,
                        struct err *err);
/* Replace path by these bytes so that a reader sees the old file or the new one, never a part, also after a
 * crash: written beside it, fsync(2), renamed, and the directory synced. Returns 0, or -1 with err. */
NODISCARD int file_replace(const char *path, const void *data, size_t length, mode_t mode, struct err *err);
/* file_replace() in two steps, so that several files are on the disk before the first of them is replaced. */
struct file_staged {
    char *path, *beside; /* NULL: nothing is staged */
};
/* Write beside path, and fsync(2). Returns 0, or -1 with err: then nothing is left.
 *   out  commit or discard it */
NODISCARD int file_stage(struct file_staged *out, const char *path, const void *data, size_t length,
                         mode_t mode, struct err *err);
/* Rename, and sync the directory. Returns 0, or -1 with err; discard it then. */
NODISCARD int file_commit(struct file_staged *staged, struct err *err);
/* Remove what was not committed; nothing if there is nothing. */
void file_discard(struct file_staged *staged);
/* What stands between a file's name and six letters in the name of the one beside it. */
#define FILE_BESIDE ".new-"
/* Remove what killed processes have left beside the files of a directory. Only for who holds a lock under
 * which alone files are replaced there: another's that is just being written would go too. */
void file_sweep(const char *directory);
/* Write all, over short writes and EINTR. Returns 0, or -1 with errno. */
NODISCARD int fd_write_all(int fd, const void *data, size_t length);
/* Read exactly length bytes. Returns 0, or -1 with errno (0 at an early end). */
NODISCARD int fd_read_all(int fd, void *data, size_t length);
NODISCARD int fd_set_nonblocking(int fd);
/* Close unless -1, and set to -1. */
void fd_close(int *fd);

/* Anonymous memory for other processes to map: made, filled, sealed against all change. memfd_create(2).
 * Returns a close-on-exec descriptor, or -1 with errno. */
NODISCARD int memfd_new(const char *name, size_t size);
NODISCARD int memfd_seal(int fd);
/* For memory that several write: only its size is settled, since who touches what another has cut off dies by
 * SIGBUS. Returns 0, or -1 with errno. */
NODISCARD int memfd_fix_size(int fd);
/* True only if the descriptor is a memfd that can no longer be written, shrunk or grown. */
NODISCARD bool memfd_is_sealed(int fd);

#define FD_PASS_MAX 64

/* One message over a unix SOCK_SEQPACKET socket, with descriptors. unix(7), SCM_RIGHTS.
 * Send: returns 0, or -1 with errno (EAGAIN on a full non-blocking socket).
 * Receive: returns the message's length, 0 at the end, -1 with errno (EMSGSIZE if it or its descriptors did
 * not fit: they are closed then). fd_count is the room in fds on entry, and how many came on return; they are
 * close-on-exec, and the caller's. */
NODISCARD int message_send(int socket, const void *data, size_t length, const int *fds, size_t fd_count);
NODISCARD ssize_t message_receive(int socket, void *data, size_t size, int *fds, size_t *fd_count);

/* path, or if it is relative, beside the file base_file. Gives; free with free(). */
char *path_beside(const char *base_file, const char *path);

#endif
