/* The way to a file, as the kernel goes it: each name that is looked up, in each directory, symbolic links
 * followed one by one. Whoever is told of every change of one of these names knows when a path has come to
 * mean something else: the file replaced, a link at any level turned, a directory above moved away.
 *
 * A step that is missing is the last one: when it comes, the way goes on. Pure but for what it is told of the
 * file system. path_resolution(7). */
#ifndef POSTERN_SUPERVISOR_WATCH_WALK_H
#define POSTERN_SUPERVISOR_WATCH_WALK_H

#include <stdbool.h>
#include <stddef.h>

enum walk_kind { WALK_MISSING, WALK_FILE, WALK_DIRECTORY, WALK_LINK };

/* What stands at a path, whose last name is not followed; a link's content is put into target (with NUL). */
struct walk_files {
    enum walk_kind (*look)(void *context, const char *path, char *target, size_t size);
    void *context;
};
/* The real ones. lstat(2), readlink(2). */
extern const struct walk_files walk_real_files;

struct hop {
    char *directory; /* "/" or without a slash at its end; no link in it */
    char *name;      /* in it; "": any visible name, the directory itself being what is read */
    bool is_last;    /* the content matters too, not only what the name means */
};

struct hops {
    struct hop *items;
    size_t count, capacity;
};

void hops_init(struct hops *hops);
void hops_clear(struct hops *hops);
/* Add the way to a path.
 *   path  absolute; borrows */
void hops_walk(struct hops *hops, const char *path, const struct walk_files *files);
/* Sort by directory and name, each once. */
void hops_sort(struct hops *hops);
bool hops_equal(const struct hops *left, const struct hops *right);

#endif
