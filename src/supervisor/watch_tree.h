/* The directories on the way to the watched files, watched by inotify(7). Files themselves are not: a watch
 * on one dies with the rename that replaces it. What an event says beyond "look again" is only how soon
 * (watch_settle.h); events about other names in the same directories, a log file's for instance, say nothing.
 *
 * Whatever may have turned a way (a link, a directory that went or came) has all ways walked again, and the
 * watches follow. A directory that cannot be watched is counted: its files are left to the poll. */
#ifndef POSTERN_SUPERVISOR_WATCH_TREE_H
#define POSTERN_SUPERVISOR_WATCH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "watch_settle.h"
#include "watch_walk.h"

struct watched_directory {
    int wd;       /* -1: cannot be watched */
    size_t first; /* of its hops */
    size_t count;
};

struct watch_tree {
    int fd; /* -1: none */
    struct hops hops;
    struct watched_directory *directories;
    size_t directory_count;
    size_t unwatched; /* directories */
    int unwatched_error;
    char unwatched_path[256]; /* the first of them */
    /* inotify_add_watch(2); a test may put another. */
    int (*add_watch)(int fd, const char *path, uint32_t mask);
};

/* What an event came to. */
struct watch_news {
    bool has_event;
    enum settle_event event; /* the soonest */
    const char *how;         /* "renamed into place"; static */
    bool must_walk;          /* call watch_tree_follow() */
    bool has_overflown;      /* events were lost */
};

/* Returns 0, or -1 with errno: no inotify. Then nothing is watched, and the rest is harmless. */
NODISCARD int watch_tree_init(struct watch_tree *tree);
void watch_tree_clear(struct watch_tree *tree);
/* Watch the ways to these paths, as they are now, and no others.
 *   paths  absolute; borrows */
void watch_tree_follow(struct watch_tree *tree, const char *const *paths, size_t count);
/* Read what is there, and say what it comes to. Never blocks. */
void watch_tree_read(struct watch_tree *tree, struct watch_news *news);

#endif
