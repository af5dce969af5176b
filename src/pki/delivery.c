#include "delivery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"
#include "postern/base/file.h"

static bool is_ours(const char *file)
{
    const char *dot = strrchr(file, '.');
    return strcmp(file, "cert.pem") == 0 || strcmp(file, "fullchain.pem") == 0 ||
           strcmp(file, "key.pem") == 0 ||
           (dot && (strcmp(dot, ".p12") == 0 || strncmp(dot, FILE_BESIDE, sizeof FILE_BESIDE - 1) == 0));
}

/* Empty a folder and remove it; what is not ours goes to where, unless that is NULL or has it already. */
static void remove_folder(const char *folder, const char *where)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *target = where && !is_ours(entry->d_name) ? pki_path(where, entry->d_name) : NULL;
        if (!target || renameat2(dirfd(directory), entry->d_name, AT_FDCWD, target, RENAME_NOREPLACE) < 0)
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
        free(target);
    }
    closedir(directory);
    (void)rmdir(folder);
}

/* Better now than when the certificate counts. */
static int check_target(const char *target, struct err *err)
{
    struct stat status;
    if (lstat(target, &status) < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, target, errno, "cannot put a new folder there");
    return S_ISDIR(status.st_mode) ? 0 : err_set_at(err, target, 0, "is no folder; move it away");
}

int pki_delivery_begin(struct pki_delivery *delivery, const char *profile, const char *kind, const char *name,
                       struct err *err)
{
    char staged[NAME_MAX + 1];
    int length = snprintf(staged, sizeof staged, ".%s.new", name);
    if (length < 0 || (size_t)length >= sizeof staged)
        return err_set(err, "the name is too long for a folder");
    delivery->parent = pki_path(profile, kind);
    delivery->staged = pki_path(delivery->parent, staged);
    delivery->target = pki_path(delivery->parent, name);
    if (pki_need_directory(delivery->parent, err) < 0 || check_target(delivery->target, err) < 0)
        return -1;
    remove_folder(delivery->staged, delivery->target); /* of an act that was killed */
    return pki_make_directory(delivery->staged, err);
}

int pki_delivery_put(const struct pki_delivery *delivery, const char *file, const void *data, size_t length,
                     mode_t mode, struct err *err)
{
    char *path = pki_path(delivery->staged, file);
    int result = file_replace(path, data, length, mode, err);
    free(path);
    return result;
}

static int exchange(const struct pki_delivery *delivery)
{
    if (rename(delivery->staged, delivery->target) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return -1;
    return renameat2(AT_FDCWD, delivery->staged, AT_FDCWD, delivery->target, RENAME_EXCHANGE);
}

int pki_delivery_commit(struct pki_delivery *delivery, struct err *err)
{
    if (exchange(delivery) < 0)
        return err_set_errno(err, delivery->target, errno, "cannot put the new folder in place");
    int result = pki_sync_directory(delivery->parent, err);
    remove_folder(delivery->staged, delivery->target);
    return result;
}

void pki_delivery_clear(struct pki_delivery *delivery)
{
    if (delivery->staged)
        remove_folder(delivery->staged, NULL);
    free(delivery->parent);
    free(delivery->staged);
    free(delivery->target);
    *delivery = (struct pki_delivery){0};
}
