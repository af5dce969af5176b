#include "rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "layout.h"

bool pki_rotation_is_prepared(const char *directory)
{
    return pki_is_there(directory, PKI_OTHER_FOLDER "/root/" PKI_NEXT_FILE) ||
           pki_is_there(directory, PKI_OTHER_FOLDER "/intermediate/" PKI_NEXT_FILE);
}

static int exchange(const char *directory, const char *name, const char *other, struct err *err)
{
    char *left = pki_path(directory, name), *right = pki_path(directory, other);
    int result = 0;
    if (renameat2(AT_FDCWD, left, AT_FDCWD, right, RENAME_EXCHANGE) < 0)
        result = err_set_errno(err, left, errno, "cannot exchange it with the one in other/");
    free(left);
    free(right);
    return result;
}

static void remove_mark(const char *directory, const char *name)
{
    char *path = pki_path(directory, name);
    (void)unlink(path);
    free(path);
}

int pki_rotation_finish_exchange(const char *directory, struct err *err)
{
    if (!pki_is_there(directory, PKI_OTHER_FOLDER))
        return 0;
    bool is_in_use = pki_is_there(directory, "intermediate/" PKI_NEXT_FILE);
    if (is_in_use && pki_is_there(directory, PKI_OTHER_FOLDER "/root/" PKI_NEXT_FILE) &&
        exchange(directory, "root", PKI_OTHER_FOLDER "/root", err) < 0)
        return -1;
    char *other = pki_path(directory, PKI_OTHER_FOLDER);
    int result = pki_sync_directory(directory, err) < 0 ? -1 : pki_sync_directory(other, err);
    free(other);
    if (result < 0)
        return -1;
    /* The Root's first: the Intermediate's says that there is something to finish. */
    remove_mark(directory, "root/" PKI_NEXT_FILE);
    remove_mark(directory, "intermediate/" PKI_NEXT_FILE);
    return 0;
}

int pki_rotation_exchange(const char *directory, struct err *err)
{
    const char *name = pki_is_there(directory, PKI_OTHER_FOLDER "/intermediate") ? "intermediate" : "root";
    char *other = pki_path(PKI_OTHER_FOLDER, name);
    int result = exchange(directory, name, other, err);
    free(other);
    return result < 0 ? -1 : pki_rotation_finish_exchange(directory, err);
}
