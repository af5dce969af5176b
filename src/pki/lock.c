#include "lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "tree.h"

#define LOCK_FILE ".lock"

int pki_lock(const char *directory, int *fd, struct err *err)
{
    int result = 0;
    char *path = pki_path(directory, LOCK_FILE);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        result = err_set_errno(err, path, errno, "cannot lock the profile");
    while (result == 0 && flock(*fd, LOCK_EX) < 0)
        if (errno != EINTR)
            result = err_set_errno(err, path, errno, "cannot lock the profile");
    if (result < 0)
        fd_close(fd);
    free(path);
    return result;
}

static void sweep_one(const char *folder)
{
    char *path = pki_path(folder, LOCK_FILE);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        pki_remove_tree(folder);
    else if (fd < 0)
        (void)rmdir(
            folder); /* killed before its first file; the maker of one that is alive says that it is gone */
    fd_close(&fd);
    free(path);
}

void pki_lock_sweep(const char *target)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    size_t length = strlen(name);
    char *parent = slash ? xstrndup(target, (size_t)(slash - target) + 1) : xstrdup(".");
    DIR *directory = opendir(parent);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        const char *rest = entry->d_name + length;
        if (strncmp(entry->d_name, name, length) != 0 ||
            strncmp(rest, FILE_BESIDE, sizeof FILE_BESIDE - 1) != 0 ||
            strlen(rest) != sizeof PKI_LOCK_BESIDE - 1)
            continue;
        char *folder = pki_path(parent, entry->d_name);
        sweep_one(folder);
        free(folder);
    }
    if (directory)
        closedir(directory);
    free(parent);
}
