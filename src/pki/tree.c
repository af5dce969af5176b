#include "tree.h"

#include <ftw.h>
#include <stdio.h>

#define OPEN_FOLDERS_MAX 16

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    (void)remove(path);
    return 0;
}

void pki_remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}
