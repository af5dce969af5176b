#include "front.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layout.h"
#include "postern/base/file.h"
#include "postern/base/memory.h"
#include "postern/base/process.h"
#include "postern/pki/key.h"
#include "postern/pki/ocsp_signer.h"
#include "postern/pki/parcel.h"
#include "postern/pki/profile.h"
#include "publication.h"

#define START_MS (20 * 1000)
#define STOP_MS  3000

static const char *const signer_files[PUBLICATION_AUTHORITIES] = {"ocsp/root.pem", "ocsp/intermediate.pem"};

/* A signer that is missing is no error: that authority is then not answered for. */
static bool put_signers(struct buffer *message, const char *directory)
{
    bool fits = true;
    for (uint32_t i = 0; fits && i < PUBLICATION_AUTHORITIES; i++) {
        struct buffer pem;
        char *path = pki_path(directory, signer_files[i]);
        if (file_read(path, PKI_OCSP_SIGNER_FILE_MAX, &pem, NULL, NULL) == 0) {
            fits = parcel_put(message, FRONT_SIGNER + i, buffer_view(&pem));
            pki_key_pem_clear(&pem);
        }
        free(path);
    }
    return fits;
}

static int wait_for(int channel, short events, int milliseconds)
{
    struct pollfd poll_fd = {.fd = channel, .events = events};
    int ready;
    do
        ready = poll(&poll_fd, 1, milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready > 0 ? 0 : -1;
}

int front_publish(const struct front *front, const char *directory, struct err *err)
{
    struct buffer message;
    bool for_ocsp = front->role == FRONT_PUBLISH;
    int fd = publication_pack(directory, for_ocsp, err);
    if (fd < 0)
        return -1;
    int result = -1;
    if (!front_message_begin(&message, FRONT_PUBLICATION) || (for_ocsp && !put_signers(&message, directory)))
        err_set(err, "the OCSP signers are too large");
    else if (wait_for(front->channel, POLLOUT, STOP_MS) < 0 ||
             front_message_send(front->channel, &message, &fd, 1) < 0)
        err_set_errno(err, NULL, errno, "the front does not take what is to be published");
    else
        result = 0;
    front_message_clear(&message);
    fd_close(&fd);
    return result;
}

static int send_orders(const struct front *front, const struct front_plan *plan, struct err *err)
{
    struct buffer message;
    bool fits = front_message_begin(&message, FRONT_BOOT) &&
                parcel_put(&message, FRONT_ORDERS,
                           slice_of((const char *)&plan->orders, sizeof plan->orders)) &&
                parcel_put(&message, FRONT_CHAIN, plan->chain) && parcel_put(&message, FRONT_KEY, plan->key);
    int result = fits && front_message_send(front->channel, &message, plan->listeners,
                                            plan->listener_count) == 0
                     ? 0
                     : err_set_errno(err, NULL, errno, "cannot instruct the front");
    front_message_clear(&message);
    return result;
}

static int await_ready(const struct front *front, struct err *err)
{
    char message[256];
    size_t fd_count = 0;
    ssize_t length = -1;
    if (wait_for(front->channel, POLLIN, START_MS) == 0)
        length = message_receive(front->channel, message, sizeof message, NULL, &fd_count);
    if (length > 0 && front_message_kind(slice_of(message, (size_t)length)) == FRONT_READY)
        return 0;
    return err_set(err, "the process that faces the network did not start; it says above why");
}

int front_start(struct front *front, const struct front_plan *plan, const char *directory, struct err *err)
{
    *front = (struct front){.role = (enum front_role)plan->orders.role, .channel = -1};
    front->pid = process_spawn(FRONT_COMMAND, &front->channel);
    if (front->pid < 0)
        return err_set_errno(err, NULL, errno, "cannot start a process");
    if (send_orders(front, plan, err) == 0 && front_publish(front, directory, err) == 0 &&
        await_ready(front, err) == 0)
        return 0;
    front_stop(front);
    return -1;
}

void front_stop(struct front *front)
{
    if (front->channel < 0)
        return;
    /* The end of the channel ends it. One that hangs is helped. */
    fd_close(&front->channel);
    for (int waited = 0; waited < STOP_MS; waited += 20) {
        if (waitpid(front->pid, NULL, WNOHANG) != 0)
            return;
        (void)poll(NULL, 0, 20);
    }
    (void)kill(front->pid, SIGKILL);
    (void)waitpid(front->pid, NULL, 0);
}
