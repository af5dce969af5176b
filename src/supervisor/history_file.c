#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history_table.h"
#include "postern/base/file.h"
#include "postern/base/slice.h"

/* Head and records. False without memory. */
static bool write_all(const struct history *history, struct buffer *out)
{
    buffer_init(out, sizeof(SEEN_MAGIC) - 1 + history->bytes);
    bool fits = buffer_append_text(out, SEEN_MAGIC);
    for (size_t i = 0; fits && i < history->capacity; i++)
        if (history->places[i] != NULL)
            fits = seen_append(out, &history->places[i]->seen);
    return fits;
}

int history_snapshot(const struct history *history)
{
    struct buffer bytes;
    int fd = -1;
    if (write_all(history, &bytes))
        fd = memfd_new("postern-clients", 0);
    else
        errno = ENOMEM;
    struct slice view = buffer_view(&bytes);
    if (fd >= 0 && (fd_write_all(fd, view.data, view.length) != 0 || memfd_seal(fd) != 0))
        fd_close(&fd);
    buffer_clear(&bytes);
    return fd;
}

int history_load(struct history *history, const char *path, int64_t now_s, struct err *err)
{
    struct buffer bytes;
    struct slice records;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (file_read(path, sizeof(SEEN_MAGIC) - 1 + HISTORY_BYTES_MAX, &bytes, NULL, err) != 0)
        return -1;
    bool is_ours = seen_open(buffer_view(&bytes), &records);
    if (is_ours)
        history_take(history, records);
    history->is_new = false;
    history_prune(history, now_s);
    buffer_clear(&bytes);
    return is_ours ? 0 : err_set_at(err, path, 0, "not a list of clients; it is begun anew");
}

static int write_beside(const char *path, struct slice bytes, struct err *err)
{
    /* What an older process left half written is in nobody's way. */
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result = fd < 0 || fd_write_all(fd, bytes.data, bytes.length) != 0
                     ? err_set_errno(err, path, errno, "cannot be written")
                     : 0;
    fd_close(&fd);
    return result;
}

int history_save(const struct history *history, const char *path, struct err *err)
{
    struct buffer bytes;
    char beside[4096 + 8];
    int result = -1;
    snprintf(beside, sizeof(beside), "%s.new", path);
    if (!write_all(history, &bytes))
        err_set_at(err, path, 0, "no memory to write it");
    else if (write_beside(beside, buffer_view(&bytes), err) == 0)
        result = rename(beside, path) == 0 ? 0 : err_set_errno(err, path, errno, "cannot be replaced");
    buffer_clear(&bytes);
    return result;
}
