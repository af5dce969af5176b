#include "watch_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "postern/base/file.h"
#include "postern/base/memory.h"

#define MASK_NAMES                                                                                           \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define MASK_CONTENT (MASK_NAMES | IN_MODIFY | IN_CLOSE_WRITE)

enum { WALKS_MAX = 5, READ_SIZE = 64 * 1024 };

int watch_tree_init(struct watch_tree *tree)
{
    *tree = (struct watch_tree){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
                                .add_watch = inotify_add_watch};
    hops_init(&tree->hops);
    return tree->fd >= 0 ? 0 : -1;
}

void watch_tree_clear(struct watch_tree *tree)
{
    hops_clear(&tree->hops);
    free(tree->directories);
    tree->directories = NULL;
    tree->directory_count = 0;
    fd_close(&tree->fd);
}

static void tell_unwatched(struct watch_tree *tree, const char *path, int error)
{
    if (tree->unwatched++ > 0)
        return;
    tree->unwatched_error = error;
    snprintf(tree->unwatched_path, sizeof(tree->unwatched_path), "%s", path);
}

static void watch_directory(struct watch_tree *tree, struct watched_directory *directory)
{
    const struct hop *hops = tree->hops.items + directory->first;
    uint32_t mask = MASK_NAMES | IN_ONLYDIR | IN_DONT_FOLLOW;
    for (size_t i = 0; i < directory->count; i++)
        if (hops[i].is_last)
            mask |= MASK_CONTENT;
    /* Adding it once more only sets the mask; the same directory keeps its number. */
    directory->wd = tree->add_watch(tree->fd, hops->directory, mask);
    /* One that has just gone is missed in the next walk. */
    if (directory->wd < 0 && errno != ENOENT && errno != ENOTDIR)
        tell_unwatched(tree, hops->directory, errno);
}

static bool is_watched(const struct watch_tree *tree, int wd)
{
    for (size_t i = 0; i < tree->directory_count; i++)
        if (tree->directories[i].wd == wd)
            return true;
    return false;
}

static void walk(struct watch_tree *tree, const char *const *paths, size_t count)
{
    hops_init(&tree->hops);
    for (size_t i = 0; i < count; i++)
        hops_walk(&tree->hops, paths[i], &walk_real_files);
    hops_sort(&tree->hops);
}

static void watch_all(struct watch_tree *tree)
{
    const struct hops *hops = &tree->hops;
    tree->directories = xcalloc(hops->count + 1, sizeof(*tree->directories));
    tree->directory_count = 0;
    tree->unwatched = 0;
    for (size_t i = 0; i < hops->count;) {
        struct watched_directory *directory = &tree->directories[tree->directory_count++];
        *directory = (struct watched_directory){.first = i};
        for (; i < hops->count &&
               strcmp(hops->items[i].directory, hops->items[directory->first].directory) == 0;
             i++)
            directory->count++;
        watch_directory(tree, directory);
    }
}

/* One walk; returns whether the ways are now other ones than those that were watched before. */
static bool follow_once(struct watch_tree *tree, const char *const *paths, size_t count)
{
    struct hops older = tree->hops;
    struct watched_directory *directories = tree->directories;
    size_t directory_count = tree->directory_count;
    walk(tree, paths, count);
    bool is_other = !hops_equal(&older, &tree->hops);
    watch_all(tree);
    for (size_t i = 0; i < directory_count; i++)
        if (directories[i].wd >= 0 && !is_watched(tree, directories[i].wd))
            (void)inotify_rm_watch(tree->fd, directories[i].wd);
    free(directories);
    hops_clear(&older);
    return is_other;
}

void watch_tree_follow(struct watch_tree *tree, const char *const *paths, size_t count)
{
    if (tree->fd < 0)
        return;
    /* What turned between a look and its watch is seen by the next walk. */
    for (int i = 0; i < WALKS_MAX && follow_once(tree, paths, count); i++)
        ;
}

static bool is_wanted(const struct watch_tree *tree, int wd, const char *name, bool *is_last)
{
    bool is_found = false;
    for (size_t i = 0; i < tree->directory_count; i++) {
        const struct watched_directory *directory = &tree->directories[i];
        for (size_t k = 0; directory->wd == wd && k < directory->count; k++) {
            const struct hop *hop = &tree->hops.items[directory->first + k];
            if (strcmp(hop->name, name) != 0 && (hop->name[0] != '\0' || name[0] == '.'))
                continue;
            is_found = true;
            *is_last = *is_last || hop->is_last;
        }
    }
    return is_found;
}

static void note(struct watch_news *news, enum settle_event event, const char *how)
{
    if (!news->has_event || event < news->event) {
        news->event = event;
        news->how = how;
    }
    news->has_event = true;
}

static void judge(const struct watch_tree *tree, const struct inotify_event *event, struct watch_news *news)
{
    bool is_last = false;
    if (event->mask & IN_Q_OVERFLOW) {
        news->has_overflown = news->must_walk = true;
        note(news, SETTLE_OTHER, "events were lost");
        return;
    }
    if (!is_watched(tree, event->wd))
        return; /* of a watch that has been given up meanwhile */
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
        news->must_walk = true;
        note(news, SETTLE_OTHER, "its directory went");
        return;
    }
    if (event->len == 0 || !is_wanted(tree, event->wd, event->name, &is_last))
        return;
    if (!(event->mask & (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)))
        news->must_walk = true;
    if (event->mask & IN_MOVED_TO)
        note(news, SETTLE_FINAL, "renamed into place");
    else if (event->mask & IN_CLOSE_WRITE)
        note(news, SETTLE_CLOSED, "written");
    else
        note(news, SETTLE_OTHER,
             event->mask & (IN_DELETE | IN_MOVED_FROM) ? "removed"
             : event->mask & IN_CREATE                 ? "created"
             : event->mask & IN_ATTRIB                 ? "given other permissions"
                                                       : "being written");
}

void watch_tree_read(struct watch_tree *tree, struct watch_news *news)
{
    _Alignas(struct inotify_event) char bytes[READ_SIZE];
    *news = (struct watch_news){.has_event = false};
    for (;;) {
        ssize_t length = tree->fd < 0 ? -1 : read(tree->fd, bytes, sizeof(bytes));
        if (length <= 0)
            return;
        for (size_t at = 0; at + sizeof(struct inotify_event) <= (size_t)length;) {
            const struct inotify_event *event = (const void *)(bytes + at);
            judge(tree, event, news);
            at += sizeof(*event) + event->len;
        }
    }
}
