/* Watches the files of a generation and says when one of them has changed. inotify says when to look, and a
 * slow poll is the net below it; what decides is always the stamp of each file (stamp.h) against the one that
 * the last load saw. So a storm of events about other files, or a touch, loads nothing, and nothing that has
 * changed is missed for longer than the poll, whatever the kernel has told.
 *
 * Where there is no inotify, or no watch left for some directory, the poll does it alone, every second. */
#ifndef POSTERN_SUPERVISOR_FILE_WATCH_H
#define POSTERN_SUPERVISOR_FILE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/slice.h"
#include "postern/base/stamp.h"
#include "postern/net/loop.h"
#include "postern/observe/log.h"
#include "watch_settle.h"
#include "watch_tree.h"

#define FILE_WATCH_ALONE_MS  1000 /* poll where inotify does not see everything */
#define FILE_WATCH_WHAT_SIZE 512

struct watched_file {
    char *path;        /* absolute */
    struct stamp seen; /* by the last load */
    struct stamp last; /* when it was looked at last */
};

struct file_watch {
    struct loop *loop;
    struct log *log; /* may be NULL */
    bool wants_inotify;
    int inotify_error; /* why there is none */
    int64_t poll_ms;
    struct watch_tree tree;
    struct watch events;
    struct settle settle;
    struct timer due, poll;
    const char *how;    /* the event that is not looked at yet; static; NULL: none */
    bool is_by_stamp;   /* noticed by no event */
    int64_t noticed_ms; /* monotonic: when the first of them came */
    bool has_told_blind;
    struct watched_file *files;
    size_t file_count;
    void (*on_change)(void *context, const char *what);
    void *context;
};

/*   on_change  a file is not as the last load saw it; what: which and how, for the log. Called from the loop
 *              only, and not again for the same change once a load has begun */
void file_watch_init(struct file_watch *watch, struct loop *loop,
                     void (*on_change)(void *context, const char *what), void *context);
void file_watch_clear(struct file_watch *watch);

struct file_watch_options {
    bool use;        /* else nothing is watched */
    bool inotify;    /* else by poll only */
    int64_t poll_ms; /* between two looks */
    struct log *log; /* keeps; may be NULL */
};
/* Watch these files from now on; those that have changed since the load saw them are noticed.
 *   inputs  input_list.h; borrows */
void file_watch_set(struct file_watch *watch, struct slice inputs, const struct file_watch_options *options);
/* A load begins: what is there now will have been seen, unless the load says better. */
void file_watch_load_begins(struct file_watch *watch);
/* Is any file another than the last load saw? */
bool file_watch_has_changed(const struct file_watch *watch);
/* "5 files by inotify in 7 directories", "5 files by poll every 1000 ms", "off". Returns out. */
const char *file_watch_describe(const struct file_watch *watch, char *out, size_t size);

#endif
