#include "watch_walk.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/base/memory.h"

enum { LINKS_MAX = 40 }; /* as the kernel has it */

static enum walk_kind look(void *context, const char *path, char *target, size_t size)
{
    struct stat status;
    (void)context;
    if (lstat(path, &status) != 0)
        return WALK_MISSING;
    if (S_ISDIR(status.st_mode))
        return WALK_DIRECTORY;
    if (!S_ISLNK(status.st_mode))
        return WALK_FILE;
    ssize_t length = readlink(path, target, size - 1);
    target[length < 0 ? 0 : length] = '\0';
    return length <= 0 ? WALK_MISSING : WALK_LINK;
}

const struct walk_files walk_real_files = {.look = look};

void hops_init(struct hops *hops)
{
    *hops = (struct hops){.count = 0};
}

static void hop_clear(struct hop *hop)
{
    free(hop->directory);
    free(hop->name);
}

void hops_clear(struct hops *hops)
{
    for (size_t i = 0; i < hops->count; i++)
        hop_clear(&hops->items[i]);
    free(hops->items);
    hops_init(hops);
}

static void add(struct hops *hops, const char *directory, const char *name, bool is_last)
{
    if (hops->count == hops->capacity) {
        hops->capacity = hops->capacity == 0 ? 32 : 2 * hops->capacity;
        hops->items = xreallocarray(hops->items, hops->capacity, sizeof(*hops->items));
    }
    hops->items[hops->count++] = (struct hop){xstrdup(directory), xstrdup(name), is_last};
}

/* A walk under way: where we are, and what is left to go. */
struct walk {
    char directory[PATH_MAX], name[NAME_MAX + 1];
    char rest[2 * PATH_MAX];
    size_t at; /* into rest */
    unsigned links;
};

static void skip_slashes(struct walk *walk)
{
    walk->at += strspn(walk->rest + walk->at, "/");
}

static bool at_end(const struct walk *walk)
{
    return walk->rest[walk->at] == '\0';
}

/* The next name off the rest. False at the end, or if it is too long for any file system. */
static bool take_name(struct walk *walk)
{
    skip_slashes(walk);
    size_t length = strcspn(walk->rest + walk->at, "/");
    if (length == 0 || length > NAME_MAX)
        return false;
    memcpy(walk->name, walk->rest + walk->at, length);
    walk->name[length] = '\0';
    walk->at += length;
    skip_slashes(walk);
    return true;
}

static void go_up(struct walk *walk)
{
    char *slash = strrchr(walk->directory, '/');
    slash[slash == walk->directory ? 1 : 0] = '\0';
}

static bool join(char *out, size_t size, const char *directory, const char *name)
{
    int length = snprintf(out, size, "%s%s%s", directory, directory[1] == '\0' ? "" : "/", name);
    return length > 0 && (size_t)length < size;
}

/* A link stands for its content, which is followed from where the link lies. */
static bool follow(struct walk *walk, const char *target)
{
    char rest[sizeof(walk->rest)];
    int length = snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest + walk->at);
    if (++walk->links > LINKS_MAX || length < 0 || (size_t)length >= sizeof(rest))
        return false;
    memcpy(walk->rest, rest, (size_t)length + 1);
    walk->at = 0;
    if (target[0] == '/')
        memcpy(walk->directory, "/", 2);
    return true;
}

/* One name. Returns whether the way goes on. */
static bool step(struct hops *hops, struct walk *walk, const struct walk_files *files)
{
    char here[PATH_MAX], target[PATH_MAX];
    bool is_last = at_end(walk);
    if (strcmp(walk->name, ".") == 0)
        return true;
    if (strcmp(walk->name, "..") == 0) {
        go_up(walk);
        return true;
    }
    if (!join(here, sizeof(here), walk->directory, walk->name))
        return false;
    add(hops, walk->directory, walk->name, is_last);
    switch (files->look(files->context, here, target, sizeof(target))) {
    case WALK_LINK:
        return follow(walk, target);
    case WALK_DIRECTORY:
        memcpy(walk->directory, here, strlen(here) + 1);
        return true;
    case WALK_FILE:
    case WALK_MISSING:
        break;
    }
    walk->directory[0] = '\0';
    return false;
}

void hops_walk(struct hops *hops, const char *path, const struct walk_files *files)
{
    struct walk walk = {.directory = "/"};
    int length = snprintf(walk.rest, sizeof(walk.rest), "%s", path);
    if (path[0] != '/' || length < 0 || (size_t)length >= sizeof(walk.rest))
        return;
    bool goes_on = true;
    while (goes_on && take_name(&walk))
        goes_on = step(hops, &walk, files);
    /* It ends in a directory, whose names are what is read. */
    if (goes_on && at_end(&walk))
        add(hops, walk.directory, "", true);
}

static int compare(const void *left, const void *right)
{
    const struct hop *a = left, *b = right;
    int order = strcmp(a->directory, b->directory);
    return order != 0 ? order : strcmp(a->name, b->name);
}

void hops_sort(struct hops *hops)
{
    size_t kept = 0;
    if (hops->count > 0)
        qsort(hops->items, hops->count, sizeof(*hops->items), compare);
    for (size_t i = 0; i < hops->count; i++) {
        if (kept > 0 && compare(&hops->items[kept - 1], &hops->items[i]) == 0) {
            hops->items[kept - 1].is_last |= hops->items[i].is_last;
            hop_clear(&hops->items[i]);
        } else {
            hops->items[kept++] = hops->items[i];
        }
    }
    hops->count = kept;
}

bool hops_equal(const struct hops *left, const struct hops *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (compare(&left->items[i], &right->items[i]) != 0 ||
            left->items[i].is_last != right->items[i].is_last)
            return false;
    return true;
}
