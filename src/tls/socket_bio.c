#include "socket_bio.h"

#include <errno.h>
#include <sys/socket.h>

#include "postern/base/assert.h"

static int bio_read(BIO *bio, char *data, size_t size, size_t *count)
{
    struct tls_socket *socket = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!socket->readable) {
        BIO_set_retry_read(bio);
        return 0;
    }
    ssize_t length;
    do {
        length = recv(socket->fd, data, size, 0);
    } while (length < 0 && errno == EINTR);
    if (length > 0) {
        socket->readable = (size_t)length == size || socket->peer_closed;
        *count = (size_t)length;
        return 1;
    }
    if (length == 0) {
        socket->ended = true;
    } else if (errno == EAGAIN) {
        socket->readable = false;
        BIO_set_retry_read(bio);
    } else {
        socket->error_number = errno;
    }
    return 0;
}

static int bio_write(BIO *bio, const char *data, size_t length, size_t *count)
{
    struct tls_socket *socket = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent;
    do {
        sent = send(socket->fd, data, length, MSG_NOSIGNAL | (socket->more ? MSG_MORE : 0));
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        *count = (size_t)sent;
        return 1;
    }
    if (errno == EAGAIN)
        BIO_set_retry_write(bio);
    else
        socket->error_number = errno;
    return 0;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const struct tls_socket *socket = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_EOF:
        return socket->ended;
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
        return 1;
    default:
        return 0;
    }
}

BIO_METHOD *socket_bio_method_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postern socket");
    ASSERT(method != NULL);
    ASSERT(BIO_meth_set_read_ex(method, bio_read) == 1 && BIO_meth_set_write_ex(method, bio_write) == 1 &&
           BIO_meth_set_ctrl(method, bio_control) == 1);
    return method;
}

BIO *socket_bio_new(BIO_METHOD *method, struct tls_socket *socket)
{
    BIO *bio = BIO_new(method);
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, socket);
    BIO_set_init(bio, 1);
    return bio;
}
