/* Request ids: 128 random bits as 32 lower-case hex digits, nothing that can be guessed or counted. Random
 * bytes are fetched for many ids at once. getrandom(2). */
#ifndef POSTERN_PROXY_REQUEST_ID_H
#define POSTERN_PROXY_REQUEST_ID_H

#define REQUEST_ID_BYTES 16
#define REQUEST_ID_SIZE  (2 * REQUEST_ID_BYTES + 1)
#define REQUEST_ID_BATCH 64

/* Embedded and zeroed; nothing to clear. */
struct request_ids {
    unsigned left; /* ids not yet given from bytes */
    unsigned char bytes[REQUEST_ID_BATCH * REQUEST_ID_BYTES];
};

void request_id_next(struct request_ids *ids, char out[REQUEST_ID_SIZE]);

#endif
