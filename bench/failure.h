/* Why an operation failed, and how often. A cause is a kind and a detail: which alert, which status, which
 * errno. The list of causes is bounded: what comes after the last place is counted together as "other". */
#ifndef POSTERN_BENCH_FAILURE_H
#define POSTERN_BENCH_FAILURE_H

#include <stdint.h>

#define FAILURE_CAUSES_MAX 48
#define FAILURE_LABEL_SIZE 96

/* X(enumerator, label, meaning of detail) */
#define FAILURE_KINDS(X)                                                                                     \
    X(FAILURE_CONNECT, "connect", ERRNO)                                                                     \
    X(FAILURE_CONNECT_TIMEOUT, "connect timeout", NONE)                                                      \
    X(FAILURE_HANDSHAKE_CLOSED, "closed in handshake", NONE)                                                 \
    X(FAILURE_HANDSHAKE_TIMEOUT, "handshake timeout", NONE)                                                  \
    X(FAILURE_ALERT, "alert", ALERT)                                                                         \
    X(FAILURE_SERVER_CERTIFICATE, "server certificate refused", VERIFY)                                      \
    X(FAILURE_TLS, "TLS error", TLS)                                                                         \
    X(FAILURE_IO, "connection", ERRNO)                                                                       \
    X(FAILURE_CLOSED, "closed before the response", NONE)                                                    \
    X(FAILURE_TRUNCATED, "response cut off", NONE)                                                           \
    X(FAILURE_RESPONSE_TIMEOUT, "response timeout", NONE)                                                    \
    X(FAILURE_BAD_RESPONSE, "bad response", HTTP)                                                            \
    X(FAILURE_STATUS, "status", NUMBER)                                                                      \
    X(FAILURE_HELD_LOST, "idle connection ended by the server", NONE)                                        \
    X(FAILURE_OTHER, "other", NONE)

enum failure_kind {
#define FAILURE_ENUMERATOR(enumerator, label, detail) enumerator,
    FAILURE_KINDS(FAILURE_ENUMERATOR)
#undef FAILURE_ENUMERATOR
        FAILURE_KIND_COUNT
};

struct failure {
    enum failure_kind kind;
    int detail; /* errno, TLS alert, X509_V_ERR_..., OpenSSL reason, enum http_result or HTTP status; or 0 */
};

struct failure_count {
    struct failure failure;
    uint64_t count;
};

/* Zeroed: empty. Nothing to clear. */
struct failures {
    struct failure_count causes[FAILURE_CAUSES_MAX];
    unsigned cause_count;
    uint64_t total;
};

/* "alert certificate_revoked", "status 503", "connect: Connection refused". Returns out. */
const char *failure_label(struct failure failure, char out[FAILURE_LABEL_SIZE]);
/* "certificate_revoked" of 44, as RFC 8446 §6 names it; NULL of a number that it does not know. */
const char *alert_name(int alert);
void failures_add(struct failures *failures, struct failure failure, uint64_t count);
void failures_merge(struct failures *failures, const struct failures *from);
/* The most frequent first. */
void failures_sort(struct failures *failures);

#endif
