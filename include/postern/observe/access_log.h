/* The access log: one line an exchange, and one a refused connection. Lines are gathered and written when the
 * loop's turn ends or 32 KiB are full, so that a busy worker spends one system call on many; never blocking:
 * what the sink does not take in time is dropped, counted, and the count told. One a worker. */
#ifndef POSTERN_OBSERVE_ACCESS_LOG_H
#define POSTERN_OBSERVE_ACCESS_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/base/attributes.h"
#include "postern/base/clock.h"
#include "postern/base/slice.h"
#include "postern/observe/log.h"

enum access_session { ACCESS_NO_SESSION, ACCESS_FULL, ACCESS_RESUMED };

/* Slices and strings are borrowed for the call and unescaped. Empty or NULL: null in JSON, "-" in text. */
struct access_record {
    int64_t time_ms; /* wall, when the request began */
    const char *request_id;
    const char *client; /* address and port */
    struct slice common_name, serial, subject;
    struct slice method, target, host, user_agent;
    int status;                   /* 0: none was sent */
    int64_t duration_us;          /* from the request's first byte to the response's last */
    int64_t upstream_us;          /* from sending upstream to its response head; -1: none */
    uint64_t bytes_in, bytes_out; /* content */
    const char *verdict;          /* "admitted" | "refused" */
    const char *reason;           /* why refused, or why the exchange ended early; NULL: nothing to tell */
    const char *detail;           /* more for people, or NULL */
    const char *tls_version, *cipher;
    enum access_session session;
    const char *upstream; /* address, or NULL */
    uint64_t generation;
};

struct access_log;

/*   fd  borrows, non-blocking; -1: off */
struct access_log *access_log_new(int fd, enum log_format format);
void access_log_free(struct access_log *log);
void access_log_set_fd(struct access_log *log, int fd);
void access_log_write(struct access_log *log, const struct access_record *record);
/* Write what is gathered. Called by the worker at least once a second and at the end of a busy turn. */
void access_log_flush(struct access_log *log);
/* True if lines wait to be written. */
bool access_log_is_pending(const struct access_log *log);
/* The errno with which the sink refuses lines, a full disk's for one; 0 while it takes them, or is only slow.
 */
int access_log_error(const struct access_log *log);
/* Lines dropped since the start. */
uint64_t access_log_dropped(const struct access_log *log);

#endif
