#include "postern/base/stamp.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* FNV-1a. Names are summed up, so that the order in which a directory tells them does not matter. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

static struct stamp stamp_of_nothing(int error)
{
    return (struct stamp){.error = error};
}

static struct stamp stamp_of_directory(const char *path, const struct stat *status)
{
    struct stamp stamp = {.device = (uint64_t)status->st_dev,
                          .inode = (uint64_t)status->st_ino,
                          .type = (uint32_t)status->st_mode};
    DIR *directory = opendir(path);
    const struct dirent *entry;
    if (directory == NULL)
        return stamp_of_nothing(errno);
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            stamp.size += hash_name(entry->d_name);
    closedir(directory);
    return stamp;
}

struct stamp stamp_of_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return stamp_of_nothing(errno);
    return S_ISDIR(status.st_mode) ? stamp_of_directory(path, &status) : stamp_of_status(&status);
}

struct stamp stamp_of_status(const struct stat *status)
{
    return (struct stamp){.device = (uint64_t)status->st_dev,
                          .inode = (uint64_t)status->st_ino,
                          .size = (uint64_t)status->st_size,
                          .mtime_ns = nanoseconds(&status->st_mtim),
                          .ctime_ns = nanoseconds(&status->st_ctim),
                          .type = (uint32_t)status->st_mode};
}

bool stamp_equal(const struct stamp *left, const struct stamp *right)
{
    return left->device == right->device && left->inode == right->inode && left->size == right->size &&
           left->mtime_ns == right->mtime_ns && left->ctime_ns == right->ctime_ns &&
           left->error == right->error && left->type == right->type;
}
