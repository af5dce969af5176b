#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "postern/base/buffer.h"
#include "postern/base/file.h"
#include "postern/base/list.h"
#include "postern/base/memory.h"

struct control {
    struct loop *loop;
    int fd;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct watch watch;
    struct list clients;
    unsigned client_count;
    void (*on_request)(void *, struct control_client *, struct slice);
    void *context;
};

struct control_client {
    struct list link;
    struct control *control;
    int fd;
    int enclosure; /* goes with the first byte of the answer; -1: none */
    struct watch watch;
    struct timer patience;
    struct buffer in, out;
    bool is_asked; /* the request has been given to the owner */
    uint64_t waits_for;
};

static void drop(struct control_client *client)
{
    watch_stop(&client->watch);
    timer_clear(&client->patience);
    fd_close(&client->fd);
    fd_close(&client->enclosure);
    buffer_clear(&client->in);
    buffer_clear(&client->out);
    list_remove(&client->link);
    client->control->client_count--;
    free(client);
}

static void on_impatient(void *context)
{
    drop(context);
}

static ssize_t send_some(struct control_client *client, struct slice rest)
{
    if (client->enclosure < 0)
        return send(client->fd, rest.data, rest.length, MSG_NOSIGNAL);
    if (message_send(client->fd, rest.data, 1, &client->enclosure, 1) != 0)
        return -1;
    fd_close(&client->enclosure);
    return 1;
}

static void send_rest(struct control_client *client)
{
    while (!buffer_is_empty(&client->out)) {
        ssize_t count = send_some(client, buffer_view(&client->out));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return;
        if (count < 0)
            break;
        buffer_consume(&client->out, (size_t)count);
    }
    drop(client);
}

/* False when the client has been dropped. */
static bool receive_request(struct control_client *client)
{
    for (;;) {
        char *space = buffer_reserve(&client->in, 1);
        ssize_t count = space == NULL ? 0 : recv(client->fd, space, buffer_reserved(&client->in), 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return true;
        if (count == 0 && space != NULL && client->is_asked)
            return true; /* it has nothing more to say, and still listens */
        if (count <= 0) {
            /* Over the limit, or gone. */
            drop(client);
            return false;
        }
        if (client->is_asked)
            continue;
        buffer_commit(&client->in, (size_t)count);
        struct slice view = buffer_view(&client->in);
        size_t end = slice_find(view, '\n');
        if (end < view.length) {
            client->is_asked = true;
            timer_disarm(&client->patience);
            client->control->on_request(client->control->context, client, slice_before(view, end));
            return false; /* it may have been answered, and be gone */
        }
    }
}

static void on_ready(void *context, unsigned ready)
{
    struct control_client *client = context;
    if ((ready & WATCH_READ) != 0 && !receive_request(client))
        return;
    if ((ready & WATCH_WRITE) != 0 && !buffer_is_empty(&client->out))
        send_rest(client);
}

static void on_connect(void *context, unsigned ready)
{
    struct control *control = context;
    (void)ready;
    int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (control->client_count >= CONTROL_CLIENTS_MAX) {
        fd_close(&fd);
        return;
    }
    struct control_client *client = xcalloc(1, sizeof(*client));
    client->control = control;
    client->fd = fd;
    client->enclosure = -1;
    buffer_init(&client->in, CONTROL_REQUEST_MAX);
    buffer_init(&client->out, CONTROL_ANSWER_MAX + 1);
    timer_init(&client->patience, control->loop, on_impatient, client);
    timer_arm(&client->patience, CONTROL_PATIENCE_MS);
    list_append(&control->clients, &client->link);
    control->client_count++;
    if (watch_start(&client->watch, control->loop, fd, WATCH_READ | WATCH_WRITE | WATCH_EDGE, on_ready,
                    client) != 0)
        drop(client);
}

/* Is there somebody behind this socket? */
static bool is_answered_at(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* A full queue is an answer too. */
    bool answered = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                                errno == EAGAIN || errno == EACCES);
    fd_close(&fd);
    return answered;
}

static int make_place(const struct sockaddr_un *address, struct err *err)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return err_set(err, "%s is there and is no socket; give another path", address->sun_path);
    if (is_answered_at(address))
        return err_set(err, "%s belongs to a gateway that is running; stop it, or give each its own",
                       address->sun_path);
    if (unlink(address->sun_path) != 0)
        return err_set(err, "cannot replace %s: %s", address->sun_path, strerror(errno));
    return 0;
}

static void make_directory(const char *path)
{
    char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return;
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    (void)mkdir(directory, 0755); /* bind(2) says what is wrong if it is */
}

static int listen_at(struct control *control, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, control->path, strlen(control->path) + 1);
    if (make_place(&address, err) != 0)
        return -1;
    make_directory(control->path);
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0177);
    int result = control->fd < 0 ? -1 : bind(control->fd, (const struct sockaddr *)&address, sizeof(address));
    umask(before);
    if (result == 0 && listen(control->fd, 16) == 0 &&
        watch_start(&control->watch, control->loop, control->fd, WATCH_READ, on_connect, control) == 0)
        return 0;
    err_set(err, "cannot listen at %s: %s; give a path in a directory that can be written", control->path,
            strerror(errno));
    if (result == 0)
        unlink(control->path);
    fd_close(&control->fd);
    return -1;
}

struct control *control_open(struct loop *loop, const char *path,
                             void (*on_request)(void *, struct control_client *, struct slice), void *context,
                             struct err *err)
{
    struct control *control = xcalloc(1, sizeof(*control));
    *control = (struct control){.loop = loop, .fd = -1, .on_request = on_request, .context = context};
    list_init(&control->clients);
    if (strlen(path) >= sizeof(control->path)) {
        err_set(err, "%s is too long for a socket", path);
    } else {
        memcpy(control->path, path, strlen(path) + 1);
        if (listen_at(control, err) == 0)
            return control;
    }
    free(control);
    return NULL;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    LIST_EACH_SAFE(link, &control->clients)
        drop(LIST_ENTRY(link, struct control_client, link));
    watch_stop(&control->watch);
    unlink(control->path);
    fd_close(&control->fd);
    free(control);
}

void control_answer(struct control_client *client, struct slice line)
{
    control_answer_with(client, line, -1);
}

void control_answer_with(struct control_client *client, struct slice line, int fd)
{
    client->enclosure = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    client->waits_for = 0;
    timer_arm(&client->patience, CONTROL_PATIENCE_MS);
    if (buffer_append_slice(&client->out, line) && buffer_append_text(&client->out, "\n"))
        send_rest(client);
    else
        drop(client);
}

void control_client_wait(struct control_client *client, uint64_t what)
{
    client->waits_for = what;
}

void control_each_waiting(struct control *control, uint64_t first, uint64_t last,
                          void (*each)(void *, struct control_client *), void *context)
{
    if (control == NULL)
        return;
    LIST_EACH_SAFE(link, &control->clients) {
        struct control_client *client = LIST_ENTRY(link, struct control_client, link);
        if (client->waits_for != 0 && client->waits_for >= first && client->waits_for <= last)
            each(context, client);
    }
}
