#include "inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "postern/base/clock.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/generation/keys.h"

enum { ATTEMPTS = 20, ATTEMPT_MS = 50 };

void inputs_init(struct inputs *inputs)
{
    *inputs = (struct inputs){.count = 0};
}

void inputs_clear(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->items[i].path);
        free(inputs->items[i].bytes);
    }
    free(inputs->items);
    inputs_init(inputs);
}

static struct input *add(struct inputs *inputs, const char *path)
{
    if (inputs->count == inputs->capacity) {
        inputs->capacity = inputs->capacity == 0 ? 16 : 2 * inputs->capacity;
        inputs->items = xreallocarray(inputs->items, inputs->capacity, sizeof(*inputs->items));
    }
    struct input *input = &inputs->items[inputs->count++];
    *input = (struct input){.path = xstrdup(path), .stamp = stamp_of_path(path)};
    return input;
}

void inputs_note(struct inputs *inputs, const char *path)
{
    add(inputs, path);
}

static int open_regular(const char *path, size_t limit, struct stat *status, struct err *err)
{
    /* Not blocking: a FIFO must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        int error = errno;
        err_set(err, "cannot read %s: %s; %s", path, strerror(error),
                error == ENOENT   ? "give the path of a file that is there"
                : error == EACCES ? "let the user that starts postern read it"
                                  : "give a readable file");
        return -1;
    }
    if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode))
        err_set(err, "%s is not a regular file; give a file", path);
    else if ((uintmax_t)status->st_size > limit)
        err_set(err, "%s is longer than %zu bytes; give a smaller file", path, limit);
    else
        return fd;
    fd_close(&fd);
    return -1;
}

static bool is_same(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino &&
           left->st_size == right->st_size && left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
           left->st_mtim.tv_nsec == right->st_mtim.tv_nsec && left->st_ctim.tv_sec == right->st_ctim.tv_sec &&
           left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

/* Read what fstat() promised, and nothing must have changed by then, neither the file nor whom the path
 * means. Returns 1 if something has. */
static int read_whole(int fd, const char *path, char *out, const struct stat *before, struct err *err)
{
    struct stat after;
    char beyond;
    if (fd_read_all(fd, out, (size_t)before->st_size) != 0) {
        if (errno == 0)
            return 1; /* it became shorter */
        return err_set(err, "cannot read %s: %s; give a readable file", path, strerror(errno));
    }
    if (read(fd, &beyond, 1) != 0 || fstat(fd, &after) != 0 || !is_same(before, &after))
        return 1;
    return stat(path, &after) != 0 || !is_same(before, &after) ? 1 : 0;
}

static void pause_for(int64_t milliseconds)
{
    const struct timespec pause = {0, (long)milliseconds * 1000000L};
    nanosleep(&pause, NULL);
}

/* What is written twice within one tick has one stamp for both. So nothing is read within the tick in which
 * it was changed: a change that comes later is seen. */
static void outwait_tick(const struct stamp *stamp)
{
    int64_t age_ms = clock_wall_ms(clock_system()) - stamp->ctime_ns / 1000000;
    if (age_ms >= 0 && age_ms < STAMP_TICK_MS)
        pause_for(STAMP_TICK_MS - age_ms);
}

static int read_once(const char *path, size_t limit, struct input *input, struct err *err)
{
    struct stat status;
    /* If it cannot be read, what made it so is what was seen. */
    input->stamp = stamp_of_path(path);
    outwait_tick(&input->stamp);
    int fd = open_regular(path, limit, &status, err);
    if (fd < 0)
        return -1;
    /* A byte more, so that an empty file has an address too. */
    char *bytes = memory_large((size_t)status.st_size + 1);
    int result = bytes == NULL ? err_set(err, "no memory for %s", path)
                               : read_whole(fd, path, bytes, &status, err);
    fd_close(&fd);
    if (result == 0) {
        input->bytes = bytes;
        input->length = (size_t)status.st_size;
        input->mode = status.st_mode & 0777;
        input->stamp = stamp_of_status(&status);
    } else {
        free(bytes);
    }
    return result;
}

struct slice inputs_read(struct inputs *inputs, const char *path, size_t limit, struct err *err)
{
    const struct slice none = {NULL, 0};
    if (inputs->count >= INPUT_LIST_MAX) {
        err_set(err, "more than %u files; give fewer", INPUT_LIST_MAX);
        return none;
    }
    struct input *input = add(inputs, path);
    int result = read_once(path, limit, input, err);
    for (int i = 1; i < ATTEMPTS && result > 0; i++) {
        pause_for(ATTEMPT_MS);
        result = read_once(path, limit, input, err);
    }
    if (result > 0)
        err_set(err, "%s changes while it is read; replace it by rename", path);
    if (result != 0)
        return none;
    struct slice bytes = slice_of(input->bytes, input->length);
    if (trust_digest(&bytes, 1, input->digest) != 0) {
        err_set(err, "no memory for %s", path);
        return none;
    }
    return bytes;
}

static int read_key_once(struct input *input, char *out, size_t *length, mode_t *mode, struct err *err)
{
    const char *path = input->path;
    struct stat status;
    input->stamp = stamp_of_path(path);
    outwait_tick(&input->stamp);
    int fd = open_regular(path, KEY_SIZE_MAX, &status, err);
    if (fd < 0)
        return -1;
    int result = -1;
    if ((status.st_mode & 007) != 0)
        err_set(err, "%s may be read or changed by everybody (mode %03o); chmod 600", path,
                (unsigned)(status.st_mode & 0777));
    else
        result = read_whole(fd, path, out, &status, err);
    fd_close(&fd);
    *length = (size_t)status.st_size;
    *mode = status.st_mode & 0777;
    if (result == 0)
        input->stamp = stamp_of_status(&status);
    return result;
}

int inputs_read_key(struct inputs *inputs, const char *path, struct secret *keys, mode_t *mode,
                    struct err *err)
{
    size_t length = 0;
    char *space = keys_reserve(keys);
    if (space == NULL || inputs->count >= INPUT_LIST_MAX)
        return err_set(err, "more than %u keys; give fewer", KEYS_MAX);
    struct input *input = add(inputs, path);
    int result = read_key_once(input, space, &length, mode, err);
    for (int i = 1; i < ATTEMPTS && result > 0; i++) {
        pause_for(ATTEMPT_MS);
        result = read_key_once(input, space, &length, mode, err);
    }
    if (result > 0)
        return err_set(err, "%s changes while it is read; replace it by rename", path);
    if (result != 0)
        return -1;
    struct slice bytes = slice_of(space, length);
    if (trust_digest(&bytes, 1, input->digest) != 0)
        return err_set(err, "no memory for %s", path);
    keys_commit(keys, length);
    return 0;
}

int inputs_digest(const struct inputs *inputs, unsigned char out[TRUST_DIGEST_SIZE])
{
    struct slice *parts = xcalloc(inputs->count + 1, sizeof(*parts));
    for (size_t i = 0; i < inputs->count; i++)
        parts[i] = slice_of((const char *)inputs->items[i].digest, TRUST_DIGEST_SIZE);
    int result = trust_digest(parts, inputs->count, out);
    free(parts);
    return result;
}

bool inputs_write_list(const struct inputs *inputs, struct buffer *out)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (!input_list_append(out, inputs->items[i].path, &inputs->items[i].stamp))
            return false;
    return true;
}
