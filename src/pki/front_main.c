/* A front as a process: from its orders to its loop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "front.h"
#include "ocsp_http.h"
#include "postern/base/confine.h"
#include "postern/base/file.h"
#include "postern/base/process.h"
#include "postern/base/secret.h"
#include "postern/net/stream.h"
#include "postern/pki/parcel.h"
#include "postern/pki/serve.h"
#include "publication.h"
#include "shelf.h"

#define DESCRIPTORS (WEB_CONNECTIONS_DEFAULT + 64)

struct front_process {
    int channel;
    struct front_orders orders;
    struct secret inbox;
    struct loop *loop;
    struct watch watch;
    struct web_server *server;
    struct shelf shelf;
    struct ocsp_responder *ocsp;
};

static int fail(const char *what)
{
    fprintf(stderr, "postern pki: the front: %s: %s\n", what, strerror(errno));
    return 1;
}

static const char index_text[] =
    "/root.crl\n/intermediate.crl\n/crl-bundle.pem\n/root.cer\n/intermediate.cer\n"
    "/client-ca-bundle.pem\n/ca.p7c\n/ocsp\n/health\n";

static void publish(struct front_process *process, uint64_t number, const struct web_request *request)
{
    int64_t now_s = loop_wall_s(process->loop);
    bool is_get = slice_equal_text(request->method, "GET") || slice_equal_text(request->method, "HEAD");
    struct web_answer text = {.status = 200, .media_type = "text/plain; charset=utf-8"};
    if (shelf_answer(&process->shelf, process->server, number, request, now_s) ||
        ocsp_http_answer(process->ocsp, process->server, number, request, now_s))
        return;
    if (is_get && slice_equal_text(request->path, "/"))
        text.content = slice_text(index_text);
    else if (is_get && slice_equal_text(request->path, "/health"))
        text.content = SLICE_LITERAL("ok\n");
    if (text.content.length > 0)
        web_server_answer(process->server, number, &text);
    else
        web_server_refuse(process->server, number, 404, "nothing is published here; \"/\" lists what is",
                          slice_of("", 0));
}

static void on_request(void *context, uint64_t number, const struct web_request *request)
{
    publish(context, number, request);
}

static bool may_connect(const struct front_orders *orders, int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (orders->peer_count == 0)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    for (uint32_t i = 0; i < orders->peer_count && i < FRONT_PEERS_MAX; i++)
        if (orders->peers[i] == peer.uid)
            return true;
    return false;
}

static struct stream *on_open(void *context, struct loop *loop, int fd)
{
    struct front_process *process = context;
    if (may_connect(&process->orders, fd))
        return stream_plain_new(loop, fd);
    fd_close(&fd);
    return NULL;
}

static void take_publication(struct front_process *process, struct slice message, int fd)
{
    struct ocsp_authority authorities[PUBLICATION_AUTHORITIES];
    struct err err = {0};
    struct publication *publication = publication_open(fd);
    if (publication == NULL)
        return;
    for (uint32_t i = 0; i < PUBLICATION_AUTHORITIES; i++)
        authorities[i] = (struct ocsp_authority){publication->authorities[i].certificate,
                                                 publication->authorities[i].statuses,
                                                 parcel_find(message, FRONT_SIGNER + i)};
    if (ocsp_responder_set(process->ocsp, authorities, PUBLICATION_AUTHORITIES, &err) < 0)
        fprintf(stderr, "postern pki serve: %s; \"postern pki cron\" makes a new one\n", err.text);
    /* Last: it lets go of the publication that the responder looked at until now. */
    shelf_set(&process->shelf, publication);
}

static void take_message(struct front_process *process, struct slice message, int *fds, size_t fd_count)
{
    if (front_message_kind(message) == FRONT_PUBLICATION && fd_count == 1) {
        take_publication(process, message, fds[0]);
        return;
    }
    for (size_t i = 0; i < fd_count; i++)
        fd_close(&fds[i]);
}

/* Returns 1, or 0 if nothing waits, or -1 if whoever started us has gone. */
static int receive(struct front_process *process)
{
    int fds[FRONT_LISTENERS_MAX];
    size_t fd_count = FRONT_LISTENERS_MAX;
    ssize_t length = message_receive(process->channel, process->inbox.data, process->inbox.size, fds,
                                     &fd_count);
    if (length <= 0)
        return length < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    take_message(process, slice_of(process->inbox.data, (size_t)length), fds, fd_count);
    secret_cleanse(&process->inbox);
    return 1;
}

static void on_channel(void *context, unsigned ready)
{
    struct front_process *process = context;
    int got;
    (void)ready;
    while ((got = receive(process)) > 0)
        continue;
    if (got < 0)
        loop_stop(process->loop);
}

static int confine(const struct front_orders *orders)
{
    char told[128];
    confine_descriptors(DESCRIPTORS);
    if (orders->drop_user != 0 && confine_user(orders->uid, orders->gid) != 0)
        return fail("cannot change user");
    process_harden();
    if (!process_follow_parent(SIGTERM))
        return fail("who started it has gone");
    if (confine_files(told, sizeof told) != 0)
        return fail("cannot give up privileges");
    fprintf(stderr, "postern pki: the front is confined: %s%s\n",
            orders->drop_user != 0 ? "a user without rights, " : "", told);
    return 0;
}

static int announce(const struct front_process *process)
{
    struct buffer message;
    int result = front_message_begin(&message, FRONT_READY)
                     ? front_message_send(process->channel, &message, NULL, 0)
                     : -1;
    front_message_clear(&message);
    return result;
}

static int run(struct front_process *process, int *listeners, size_t count)
{
    const struct web_server_options options = {
        .loop = process->loop,
        .content_max = PKI_OCSP_REQUEST_MAX,
        .open = on_open,
        .on_request = on_request,
        .context = process,
    };
    /* The first publication, before anybody can ask. */
    if (receive(process) != 1 || process->shelf.publication == NULL)
        return fail("nothing to publish came");
    if (confine(&process->orders) != 0)
        return 1;
    process->server = web_server_new(&options);
    for (size_t i = 0; i < count; i++)
        web_server_listen(process->server, listeners[i]);
    if (fd_set_nonblocking(process->channel) != 0 ||
        watch_start(&process->watch, process->loop, process->channel, WATCH_READ, on_channel, process) != 0 ||
        announce(process) != 0)
        return fail("cannot watch its channel");
    return loop_run(process->loop) == 0 ? 0 : 1;
}

static int boot(struct front_process *process)
{
    int fds[FRONT_LISTENERS_MAX];
    size_t count = FRONT_LISTENERS_MAX;
    ssize_t length = message_receive(process->channel, process->inbox.data, process->inbox.size, fds, &count);
    struct slice message = slice_of(process->inbox.data, length > 0 ? (size_t)length : 0);
    struct slice orders = parcel_find(message, FRONT_ORDERS);
    if (front_message_kind(message) != FRONT_BOOT || orders.length != sizeof process->orders || count == 0)
        return fail("no orders came");
    memcpy(&process->orders, orders.data, sizeof process->orders);
    process->shelf.max_age_s = process->orders.max_age_s;
    secret_cleanse(&process->inbox);
    return run(process, fds, count);
}

int pki_front_main(int channel)
{
    struct front_process process = {.channel = channel};
    process_harden();
    (void)prctl(PR_SET_NAME, "postern-front", 0, 0, 0);
    if (secret_init(&process.inbox, FRONT_MESSAGE_MAX) != 0)
        return fail("no memory");
    process.loop = loop_new(clock_system());
    process.ocsp = ocsp_responder_new();
    int status = boot(&process);
    web_server_free(process.server);
    ocsp_responder_free(process.ocsp);
    shelf_clear(&process.shelf);
    watch_stop(&process.watch);
    loop_free(process.loop);
    secret_clear(&process.inbox);
    return status;
}
