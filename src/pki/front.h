/* A front: the process of ours that meets strangers on behalf of another that holds what is worth something.
 * It has no user of its own, no files and no authority's key; it reads HTTP and DER, and tells the process
 * behind it what was asked. What each role may ask for is decided by the channel that the question comes by,
 * never by the question: a front that has been taken over can do what its role can do, and no more.
 *
 * Messages are parcels, over the channel of process_spawn(): first an item FRONT_KIND, then those named with
 * each kind. */
#ifndef POSTERN_SRC_PKI_FRONT_H
#define POSTERN_SRC_PKI_FRONT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "postern/base/attributes.h"
#include "postern/base/buffer.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"

#define FRONT_COMMAND       "internal-pki-front"
#define FRONT_MESSAGE_MAX   (160u * 1024)
#define FRONT_LISTENERS_MAX 8
#define FRONT_PEERS_MAX     4

enum front_role {
    FRONT_PUBLISH = 1, /* CRLs, certificates, OCSP */
    FRONT_GATEWAY,     /* EST behind a gateway, which has authenticated the client */
    FRONT_ENROL,       /* EST for those who have a token, under TLS of its own */
};

enum front_kind {
    FRONT_BOOT = 1,    /* to it: FRONT_ORDERS, FRONT_CHAIN, FRONT_KEY; descriptors: listeners */
    FRONT_PUBLICATION, /* to it: FRONT_SIGNER of each authority; descriptor: publication.h */
    FRONT_READY,       /* from it: accepting */
    FRONT_ASK,         /* from it: FRONT_NUMBER and what est.h names */
    FRONT_ANSWER,      /* to it: FRONT_NUMBER, FRONT_STATUS, FRONT_CONTENT */
};

enum front_item {
    FRONT_KIND = 1, /* uint32_t */
    FRONT_ORDERS,   /* struct front_orders */
    FRONT_CHAIN,    /* PEM, of the TLS server */
    FRONT_KEY,      /* PEM */
    FRONT_NUMBER,   /* uint64_t */
    FRONT_STATUS,   /* uint32_t, of HTTP */
    FRONT_CONTENT,  /* of an answer: DER of certificates, or a line for people */
    FRONT_REQUEST,  /* a certification request, DER */
    FRONT_SERIAL,   /* what a gateway says of its client */
    FRONT_FINGERPRINT,
    FRONT_TOKEN,
    FRONT_PEER,        /* text: who asked, for the audit log */
    FRONT_SIGNER = 32, /* of authority 0; of 1 that with 1 added. PEM, with its key */
};

struct front_orders {
    uint32_t role;
    uint32_t drop_user, uid, gid;
    uint32_t peer_count;             /* 0: whoever may connect */
    uint32_t peers[FRONT_PEERS_MAX]; /* users that may, at a unix socket */
    uint32_t max_age_s;              /* of published files at most; 0: until nextUpdate */
};

/* A message, with room for its items. Cleanse it with front_message_clear(). */
NODISCARD bool front_message_begin(struct buffer *message, enum front_kind kind);
NODISCARD bool front_message_put_number(struct buffer *message, enum front_item item, uint64_t number);
/* Returns 0, or -1 with errno. */
NODISCARD int front_message_send(int channel, const struct buffer *message, const int *fds, size_t count);
void front_message_clear(struct buffer *message);
/* What a message is, and 0 if it is none. */
enum front_kind front_message_kind(struct slice message);
/* 0 if it is not there. */
uint64_t front_message_number(struct slice message, enum front_item item);

/* Behind it: a front that runs. */
struct front {
    enum front_role role;
    pid_t pid;
    int channel; /* close-on-exec, non-blocking; -1: none */
};

struct front_plan {
    struct front_orders orders;
    const int *listeners; /* borrows */
    size_t listener_count;
    struct slice chain, key; /* of the TLS server, or empty */
};

/* Start one, give it its publication, and wait until it accepts. Returns 0, or -1 with err. */
NODISCARD int front_start(struct front *front, const struct front_plan *plan, const char *directory,
                          struct err *err);
/* Pack what the profile shows now, and send it. Returns 0, or -1 with err. */
NODISCARD int front_publish(const struct front *front, const char *directory, struct err *err);
/* End it and wait for its end. */
void front_stop(struct front *front);

#endif
