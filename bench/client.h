/* One connection of load, from connect() to close, again and again: a state machine over a non-blocking
 * socket. Each step does what can be done now and returns; the lane steps it again on an event, a deadline or
 * its next turn. Embedded in its lane's array. */
#ifndef POSTERN_BENCH_CLIENT_H
#define POSTERN_BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "lane.h"
#include "postern/base/list.h"
#include "response.h"

enum client_state {
    CLIENT_RESTING, /* no connection; the next step opens one */
    CLIENT_CONNECTING,
    CLIENT_HANDSHAKING,
    CLIENT_READY, /* between two requests; the next begins when it is due */
    CLIENT_SENDING,
    CLIENT_RECEIVING,
    CLIENT_CLOSING, /* --bare: close_notify is sent; the server's end is its consent */
    CLIENT_HOLDING, /* idle */
    CLIENT_FINISHED,
    CLIENT_STATE_COUNT
};

struct client {
    struct lane *lane;
    enum client_state state;
    int fd;
    SSL *ssl;
    SSL_SESSION *session; /* to resume, with --resume */
    struct response response;
    size_t sent;          /* bytes of the request */
    unsigned answered;    /* responses on this connection */
    bool owes;            /* an operation has begun and not ended */
    bool is_opening;      /* counted in lane->opening */
    bool is_settled;      /* counted in shared->settled */
    int64_t due_ns;       /* what the operation's latency is counted from */
    uint64_t connections; /* that were opened so far */
    int64_t opened_ns, asked_ns, content_ns;
    struct list wait, ready; /* the lane's */
    int64_t wait_until_ns;
};

void client_init(struct client *client, struct lane *lane);
void client_clear(struct client *client);
/* Go on as far as possible. */
void client_step(struct client *client);
/* The server did not do what was expected in time. */
void client_expire(struct client *client);
/* Takes a session that the server gave this client. */
void client_keep_session(struct client *client, SSL_SESSION *session);

#endif
