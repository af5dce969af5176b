/* The command line, checked. Rows of one table: the parser and --help read the same. */
#ifndef POSTERN_BENCH_OPTIONS_H
#define POSTERN_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "threshold.h"

#define OPTIONS_HEADERS_MAX     32
#define OPTIONS_CONNECTIONS_MAX 100000
#define OPTIONS_THREADS_MAX     64

enum bench_mode { MODE_HANDSHAKE, MODE_REQUEST, MODE_STREAM, MODE_IDLE, MODE_MIXED, MODE_COUNT };

/* Zero means not given. Strings are borrowed from argv. */
struct options {
    enum bench_mode mode;
    const char *url;
    const char *cert, *key, *certs, *p12, *passphrase_file, *ca, *server_name, *connect;
    const char *tls, *groups, *ciphers, *sigalgs;
    const char *method, *body;
    const char *json, *csv; /* files, "-" for standard output */
    const char *label, *scenario, *note;
    int64_t crl_entries; /* -1: not given */
    uint64_t server_pid;
    const char *headers[OPTIONS_HEADERS_MAX];
    unsigned header_count;
    uint64_t connections, threads, requests;
    uint64_t rate;           /* operations a second; 0: a closed loop */
    uint64_t per_connection; /* requests, then it is closed; 0: as long as it lasts */
    struct threshold thresholds[THRESHOLDS_MAX];
    unsigned threshold_count;
    int64_t duration_ns, warmup_ns, timeout_ns;
    bool resume, bare, insecure, quiet, help, version;
};

/* Fill out with defaults and what argv says. Returns 0, or -1 with err. With --help or --version the rest is
 * not asked for. */
NODISCARD int options_parse(struct options *out, int argc, char *argv[], struct err *err);
void options_print_help(FILE *out);
/* True if sessions are kept, to be resumed by connections that come later. */
bool options_resume(const struct options *options);
/* "handshake" and so on. */
const char *mode_name(enum bench_mode mode);

#endif
