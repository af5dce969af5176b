#include "file_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern/base/memory.h"
#include "postern/generation/input_list.h"

static void on_due(void *context);
static void on_poll(void *context);
static void on_events(void *context, unsigned ready);

void file_watch_init(struct file_watch *watch, struct loop *loop,
                     void (*on_change)(void *context, const char *what), void *context)
{
    *watch = (struct file_watch){.loop = loop, .on_change = on_change, .context = context};
    watch->tree.fd = -1;
    settle_init(&watch->settle);
    timer_init(&watch->due, loop, on_due, watch);
    timer_init(&watch->poll, loop, on_poll, watch);
}

static void forget_files(struct file_watch *watch)
{
    for (size_t i = 0; i < watch->file_count; i++)
        free(watch->files[i].path);
    free(watch->files);
    watch->files = NULL;
    watch->file_count = 0;
}

static void close_tree(struct file_watch *watch)
{
    watch_stop(&watch->events);
    watch_tree_clear(&watch->tree);
}

void file_watch_clear(struct file_watch *watch)
{
    if (watch->loop == NULL)
        return;
    close_tree(watch);
    forget_files(watch);
    timer_clear(&watch->due);
    timer_clear(&watch->poll);
}

static void arm_due(struct file_watch *watch)
{
    int64_t due_ms = settle_due_ms(&watch->settle);
    int64_t now_ms = clock_monotonic_ms(loop_clock(watch->loop));
    if (due_ms == SETTLE_NEVER)
        timer_disarm(&watch->due);
    else
        timer_arm(&watch->due, due_ms > now_ms ? due_ms - now_ms : 0);
}

/*   by_stamp  no event told of it, so quiet is when stamps stay as they are */
static void note(struct file_watch *watch, enum settle_event event, const char *how, bool by_stamp)
{
    int64_t now_ms = clock_monotonic_ms(loop_clock(watch->loop));
    if (watch->how == NULL)
        watch->noticed_ms = now_ms;
    if (watch->how == NULL || event != SETTLE_OTHER)
        watch->how = how;
    watch->is_by_stamp = by_stamp;
    settle_note(&watch->settle, event, now_ms);
    arm_due(watch);
}

/* Look at every file. Returns whether any is another than when it was looked at last. */
static bool look(struct file_watch *watch)
{
    bool has_moved = false;
    for (size_t i = 0; i < watch->file_count; i++) {
        struct watched_file *file = &watch->files[i];
        struct stamp now = stamp_of_path(file->path);
        has_moved = has_moved || !stamp_equal(&now, &file->last);
        file->last = now;
    }
    return has_moved;
}

bool file_watch_has_changed(const struct file_watch *watch)
{
    for (size_t i = 0; i < watch->file_count; i++)
        if (!stamp_equal(&watch->files[i].seen, &watch->files[i].last))
            return true;
    return false;
}

/* The first that has changed, and how many more. False if none has. */
static bool describe_change(const struct file_watch *watch, char *out, size_t size)
{
    const struct watched_file *first = NULL;
    size_t more = 0;
    char others[48] = "";
    for (size_t i = 0; i < watch->file_count; i++) {
        const struct watched_file *file = &watch->files[i];
        if (stamp_equal(&file->seen, &file->last))
            continue;
        more += first != NULL;
        first = first == NULL ? file : first;
    }
    if (first == NULL)
        return false;
    if (more > 0)
        snprintf(others, sizeof(others), " and %zu more", more);
    snprintf(out, size, "%s%s changed (%s)", first->path, others,
             first->last.error != 0 ? strerror(first->last.error) : watch->how);
    return true;
}

static void on_due(void *context)
{
    struct file_watch *watch = context;
    char what[FILE_WATCH_WHAT_SIZE];
    if (!settle_take(&watch->settle, clock_monotonic_ms(loop_clock(watch->loop)))) {
        arm_due(watch);
        return;
    }
    bool has_moved = look(watch);
    if (has_moved && watch->is_by_stamp) {
        note(watch, SETTLE_OTHER, watch->how, true);
        return;
    }
    bool has_changed = describe_change(watch, what, sizeof(what));
    if (!has_changed)
        log_line(watch->log, LEVEL_DEBUG, "files were touched (%s), none has changed", watch->how);
    watch->how = NULL;
    if (has_changed)
        watch->on_change(watch->context, what);
}

static void follow(struct file_watch *watch)
{
    const char **paths = xcalloc(watch->file_count + 1, sizeof(*paths));
    for (size_t i = 0; i < watch->file_count; i++)
        paths[i] = watch->files[i].path;
    watch_tree_follow(&watch->tree, paths, watch->file_count);
    free(paths);
}

static bool is_blind(const struct file_watch *watch)
{
    return watch->tree.fd < 0 || watch->tree.unwatched > 0;
}

/* Said once, and again only after all could be watched for a while. */
static void tell_blind(struct file_watch *watch)
{
    const struct watch_tree *tree = &watch->tree;
    if (!is_blind(watch) || watch->has_told_blind) {
        watch->has_told_blind = is_blind(watch);
        return;
    }
    watch->has_told_blind = true;
    if (tree->fd < 0)
        log_line(
            watch->log, LEVEL_WARNING,
            "no inotify (%s): files are looked at every %d ms instead; raise fs.inotify.max_user_instances",
            strerror(watch->inotify_error), FILE_WATCH_ALONE_MS);
    else if (tree->unwatched_error == ENOSPC)
        log_line(watch->log, LEVEL_WARNING,
                 "no inotify watches left: files are looked at every %d ms instead; raise "
                 "fs.inotify.max_user_watches",
                 FILE_WATCH_ALONE_MS);
    else
        log_line(watch->log, LEVEL_WARNING,
                 "cannot watch directory %s (%s): files are looked at every %d ms instead",
                 tree->unwatched_path, strerror(tree->unwatched_error), FILE_WATCH_ALONE_MS);
}

static int64_t poll_every_ms(const struct file_watch *watch)
{
    bool is_alone = watch->wants_inotify && is_blind(watch) && watch->poll_ms > FILE_WATCH_ALONE_MS;
    return is_alone ? FILE_WATCH_ALONE_MS : watch->poll_ms;
}

static void on_poll(void *context)
{
    struct file_watch *watch = context;
    /* What could not be watched perhaps can now. */
    if (watch->wants_inotify && watch->tree.unwatched > 0) {
        follow(watch);
        tell_blind(watch);
    }
    timer_arm(&watch->poll, poll_every_ms(watch));
    if (settle_due_ms(&watch->settle) != SETTLE_NEVER)
        return;
    (void)look(watch);
    if (file_watch_has_changed(watch))
        note(watch, SETTLE_OTHER, "seen by the poll", true);
}

static void on_events(void *context, unsigned ready)
{
    struct file_watch *watch = context;
    struct watch_news news;
    (void)ready;
    watch_tree_read(&watch->tree, &news);
    if (news.has_overflown)
        log_line(watch->log, LEVEL_WARNING,
                 "too many file events at once, some were lost: looking at all files");
    if (news.must_walk) {
        follow(watch);
        tell_blind(watch);
    }
    if (news.has_event)
        note(watch, news.event, news.how, false);
}

static void open_tree(struct file_watch *watch)
{
    if (watch->tree.fd >= 0 || !watch->wants_inotify)
        return;
    if (watch_tree_init(&watch->tree) == 0 &&
        watch_start(&watch->events, watch->loop, watch->tree.fd, WATCH_READ, on_events, watch) == 0)
        return;
    watch->inotify_error = errno;
    close_tree(watch);
}

/* Both sides of the list are the caller's order: the configuration comes first. */
static void take_files(struct file_watch *watch, struct slice inputs)
{
    struct input_item item;
    char directory[PATH_MAX] = "/";
    int count = input_list_count(inputs);
    forget_files(watch);
    watch->files = xcalloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*watch->files));
    if (getcwd(directory, sizeof(directory)) == NULL)
        directory[0] = '\0'; /* gone; then a relative path leads nowhere, for the loader as well */
    while (count > 0 && input_list_next(&inputs, &item) == 1) {
        struct watched_file *file = &watch->files[watch->file_count];
        int length = item.path[0] == '/' ? asprintf(&file->path, "%s", item.path)
                                         : asprintf(&file->path, "%s/%s", directory, item.path);
        if (length < 0)
            continue;
        file->seen = file->last = item.stamp;
        watch->file_count++;
    }
}

void file_watch_set(struct file_watch *watch, struct slice inputs, const struct file_watch_options *options)
{
    watch->poll_ms = options->poll_ms;
    watch->wants_inotify = options->use && options->inotify;
    watch->log = options->log;
    if (!watch->wants_inotify)
        close_tree(watch);
    take_files(watch, inputs);
    if (!options->use) {
        forget_files(watch);
        settle_init(&watch->settle);
        timer_disarm(&watch->due);
        timer_disarm(&watch->poll);
        return;
    }
    open_tree(watch);
    follow(watch);
    if (watch->wants_inotify)
        tell_blind(watch);
    timer_arm(&watch->poll, poll_every_ms(watch));
    /* What changed while it was being loaded, and before it was watched. */
    (void)look(watch);
    if (file_watch_has_changed(watch) && settle_due_ms(&watch->settle) == SETTLE_NEVER)
        note(watch, SETTLE_OTHER, "while it was loaded", true);
}

void file_watch_load_begins(struct file_watch *watch)
{
    (void)look(watch);
    for (size_t i = 0; i < watch->file_count; i++)
        watch->files[i].seen = watch->files[i].last;
}

const char *file_watch_describe(const struct file_watch *watch, char *out, size_t size)
{
    if (watch->file_count == 0)
        snprintf(out, size, "off");
    else if (watch->wants_inotify && !is_blind(watch))
        snprintf(out, size, "%zu files by inotify in %zu directories", watch->file_count,
                 watch->tree.directory_count);
    else
        snprintf(out, size, "%zu files by poll every %lld ms", watch->file_count,
                 (long long)poll_every_ms(watch));
    return out;
}
