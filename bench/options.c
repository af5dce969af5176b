#include "options.h"

#include <stddef.h>
#include <string.h>

#include "postern/base/slice.h"

enum kind { KIND_TEXT, KIND_COUNT, KIND_AMOUNT, KIND_SPAN, KIND_FLAG, KIND_HEADER, KIND_THRESHOLD };

static const struct row {
    const char *name, *argument;
    enum kind kind;
    size_t offset;
    uint64_t maximum; /* of a count; of a span in seconds */
    const char *help;
} rows[] = {
    {"--cert", "FILE", KIND_TEXT, offsetof(struct options, cert), 0,
     "client certificate, PEM, then its intermediates"},
    {"--key", "FILE", KIND_TEXT, offsetof(struct options, key), 0, "its private key, PEM"},
    {"--p12", "FILE", KIND_TEXT, offsetof(struct options, p12), 0,
     "client certificate, intermediates and key, PKCS#12"},
    {"--passphrase-file", "FILE", KIND_TEXT, offsetof(struct options, passphrase_file), 0,
     "its first line opens --p12 and encrypted keys"},
    {"--certs", "DIR|FILE", KIND_TEXT, offsetof(struct options, certs), 0,
     "many clients, in turn: a folder of certificates and keys,\n"
     "                           or certificates for --key, PEM"},
    {"--ca", "FILE", KIND_TEXT, offsetof(struct options, ca), 0,
     "trust anchors for the server (default: the system's)"},
    {"--insecure", NULL, KIND_FLAG, offsetof(struct options, insecure), 0,
     "do not check the server's certificate"},
    {"--server-name", "NAME", KIND_TEXT, offsetof(struct options, server_name), 0,
     "name to ask for and check (default: the URL's)"},
    {"--connect", "HOST:PORT", KIND_TEXT, offsetof(struct options, connect), 0,
     "connect there instead of to the URL's host"},
    {"--connections", "N", KIND_COUNT, offsetof(struct options, connections), OPTIONS_CONNECTIONS_MAX,
     "connections at the same time (default 16)"},
    {"--threads", "N", KIND_COUNT, offsetof(struct options, threads), OPTIONS_THREADS_MAX,
     "threads, each with its own loop (default 1)"},
    {"--duration", "TIME", KIND_SPAN, offsetof(struct options, duration_ns), 86400,
     "how long to measure, 500ms, 10s, 2m (default 10s)"},
    {"--requests", "N", KIND_COUNT, offsetof(struct options, requests), UINT64_C(1) << 40,
     "end after N operations, without --duration at whatever time"},
    {"--rate", "N", KIND_COUNT, offsetof(struct options, rate), 10000000,
     "open loop: begin N operations a second, whatever becomes of them;\n"
     "                           latencies count from the intended start"},
    {"--warmup", "TIME", KIND_SPAN, offsetof(struct options, warmup_ns), 3600,
     "run so long before measuring (default 1s; none with --requests)"},
    {"--timeout", "TIME", KIND_SPAN, offsetof(struct options, timeout_ns), 3600,
     "for connecting, for each handshake, between bytes (default 10s)"},
    {"--tls", "VERSION", KIND_TEXT, offsetof(struct options, tls), 0,
     "1.2 or 1.3 (default: the best of both)"},
    {"--groups", "LIST", KIND_TEXT, offsetof(struct options, groups), 0,
     "key exchange groups in order, X25519:P-256"},
    {"--ciphers", "LIST", KIND_TEXT, offsetof(struct options, ciphers), 0,
     "of TLS 1.2 in OpenSSL's syntax, or suites of TLS 1.3 (TLS_...)"},
    {"--sigalgs", "LIST", KIND_TEXT, offsetof(struct options, sigalgs), 0,
     "signature algorithms, ecdsa_secp256r1_sha256:..."},
    {"--resume", NULL, KIND_FLAG, offsetof(struct options, resume), 0,
     "resume the session of the connection before"},
    {"--per-connection", "N", KIND_COUNT, offsetof(struct options, per_connection), 1000000000,
     "request, mixed: close after N requests (default mixed 10)"},
    {"--bare", NULL, KIND_FLAG, offsetof(struct options, bare), 0,
     "handshake, idle: send no request, only close_notify"},
    {"--method", "NAME", KIND_TEXT, offsetof(struct options, method), 0,
     "of requests (default GET, with --body POST)"},
    {"--header", "LINE", KIND_HEADER, offsetof(struct options, headers), 0,
     "a field for each request, 'Name: value'; repeatable"},
    {"--body", "TEXT|@FILE", KIND_TEXT, offsetof(struct options, body), 0, "content for each request"},
    {"--server-pid", "PID", KIND_COUNT, offsetof(struct options, server_pid), INT32_MAX,
     "tell CPU and memory of that process and its children too"},
    {"--json", "FILE|-", KIND_TEXT, offsetof(struct options, json), 0, "write the result as JSON"},
    {"--csv", "FILE|-", KIND_TEXT, offsetof(struct options, csv), 0, "write the result as CSV"},
    {"--fail-if", "LIMIT", KIND_THRESHOLD, offsetof(struct options, thresholds), 0,
     "exit with 4 if 'p99>10ms', 'rate<500', 'errors>0' ...; repeatable"},
    {"--label", "TEXT", KIND_TEXT, offsetof(struct options, label), 0,
     "who is measured, for comparing and plots"},
    {"--scenario", "TEXT", KIND_TEXT, offsetof(struct options, scenario), 0,
     "what is measured: results of one stand side by side"},
    {"--note", "TEXT", KIND_TEXT, offsetof(struct options, note), 0, "a remark for who reads the result"},
    {"--crl-entries", "N", KIND_AMOUNT, offsetof(struct options, crl_entries), INT64_C(1) << 40,
     "how many entries the server's CRLs have, for plots"},
    {"--quiet", NULL, KIND_FLAG, offsetof(struct options, quiet), 0, "no progress on standard error"},
    {"--help", NULL, KIND_FLAG, offsetof(struct options, help), 0, "this text"},
    {"--version", NULL, KIND_FLAG, offsetof(struct options, version), 0, "the version"},
};

static const struct {
    const char *name, *help;
} modes[MODE_COUNT] = {
    [MODE_HANDSHAKE] = {"handshake", "a new connection, a handshake and a request each time"},
    [MODE_REQUEST] = {"request", "requests on connections that are kept alive"},
    [MODE_STREAM] = {"stream", "long responses: throughput, time to the first byte, gaps"},
    [MODE_IDLE] = {"idle", "open connections and hold them"},
    [MODE_MIXED] = {"mixed", "a few requests on a connection, then a new one; every other resumes"},
};

const char *mode_name(enum bench_mode mode)
{
    return modes[mode].name;
}

bool options_resume(const struct options *options)
{
    return options->resume || options->mode == MODE_MIXED;
}

void options_print_help(FILE *out)
{
    fputs("Usage: postern-bench MODE https://HOST[:PORT][/PATH] [OPTION]...\n"
          "       postern-bench report RESULT.json... > page.html\n"
          "       postern-bench report --svg DIR RESULT.json...\n"
          "       postern-bench --compare A.json B.json\n"
          "Load-test an mTLS endpoint. It talks to that URL and to nothing else.\n\nModes:\n",
          out);
    for (size_t i = 0; i < MODE_COUNT; i++)
        fprintf(out, "  %-24s %s\n", modes[i].name, modes[i].help);
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char left[32];
        snprintf(left, sizeof(left), "%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        fprintf(out, "  %-24s %s\n", left, rows[i].help);
    }
    fputs(
        "\nExit status: 0 measured; 1 nothing succeeded, or it could not start; 2 usage; 3 measured, but "
        "the\n"
        "client was the bottleneck, so the rate says nothing about the server; 4 a --fail-if was crossed.\n",
        out);
}

static int parse_span(const char *text, uint64_t maximum_s, int64_t *out)
{
    static const struct {
        const char *suffix;
        int64_t ns;
    } units[] = {{"ms", 1000000}, {"us", 1000}, {"s", 1000000000}, {"m", 60 * INT64_C(1000000000)}};
    struct slice span = slice_text(text);
    for (size_t i = 0; i < LENGTH_OF(units); i++) {
        struct slice suffix = slice_text(units[i].suffix);
        uint64_t number = 0, most = maximum_s * UINT64_C(1000000000) / (uint64_t)units[i].ns;
        if (!slice_ends_with(span, suffix))
            continue;
        if (!slice_to_u64(slice_before(span, span.length - suffix.length), most, &number))
            return -1;
        *out = (int64_t)number * units[i].ns;
        return 0;
    }
    return -1;
}

static int add_header(struct options *out, const char *value, struct err *err)
{
    const char *colon = strchr(value, ':');
    if (!colon || colon == value)
        return err_set(err, "--header %s: has no name and colon; write 'Name: value'", value);
    if (out->header_count == OPTIONS_HEADERS_MAX)
        return err_set(err, "--header: more than %d", OPTIONS_HEADERS_MAX);
    out->headers[out->header_count++] = value;
    return 0;
}

static int add_threshold(struct options *out, const char *value, struct err *err)
{
    if (out->threshold_count == THRESHOLDS_MAX)
        return err_set(err, "--fail-if: more than %d", THRESHOLDS_MAX);
    return threshold_parse(&out->thresholds[out->threshold_count++], value, err);
}

static int set(struct options *out, const struct row *row, const char *value, struct err *err)
{
    void *member = (char *)out + row->offset;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)member = value;
        return 0;
    case KIND_FLAG:
        *(bool *)member = true;
        return 0;
    case KIND_HEADER:
        return add_header(out, value, err);
    case KIND_THRESHOLD:
        return add_threshold(out, value, err);
    case KIND_COUNT:
        if (!slice_to_u64(slice_text(value), row->maximum, member) || *(uint64_t *)member == 0)
            return err_set(err, "%s %s: is not a number from 1 to %llu", row->name, value,
                           (unsigned long long)row->maximum);
        return 0;
    case KIND_AMOUNT:
        if (!slice_to_u64(slice_text(value), row->maximum, member))
            return err_set(err, "%s %s: is not a number up to %llu", row->name, value,
                           (unsigned long long)row->maximum);
        return 0;
    case KIND_SPAN:
        if (parse_span(value, row->maximum, member) != 0)
            return err_set(err, "%s %s: is not a time such as 500ms, 10s or 2m, at most %llus", row->name,
                           value, (unsigned long long)row->maximum);
        return 0;
    }
    return 0;
}

static const struct row *find(const char *name, size_t length)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

/* One option at argv[*at], "--name value" or "--name=value". */
static int parse_option(struct options *out, int argc, char *argv[], int *at, struct err *err)
{
    const char *name = argv[*at], *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct row *row = find(name, length);
    if (!row)
        return err_set(err, "%.*s: unknown option; see --help", (int)length, name);
    if (row->kind == KIND_FLAG)
        return equals ? err_set(err, "%s: takes no value", row->name) : set(out, row, NULL, err);
    if (equals)
        return set(out, row, equals + 1, err);
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
        return err_set(err, "%s: needs a value, %s", row->name, row->argument);
    return set(out, row, argv[++*at], err);
}

static int parse_word(struct options *out, const char *word, unsigned place, struct err *err)
{
    if (place == 1) {
        out->url = word;
        return 0;
    }
    if (place > 1)
        return err_set(err, "%s: one argument too many; there is one URL", word);
    for (out->mode = 0; out->mode < MODE_COUNT; out->mode++) {
        if (strcmp(modes[out->mode].name, word) == 0)
            return 0;
    }
    return err_set(err, "%s: unknown mode; there are handshake, request, stream, idle, mixed", word);
}

static int check(const struct options *out, struct err *err)
{
    bool connection_only = out->mode == MODE_HANDSHAKE || out->mode == MODE_IDLE;
    if (!out->url)
        return err_set(err, "a mode and a URL are needed; see --help");
    if (!out->cert != !out->key)
        return err_set(err, "--cert and --key belong together");
    if (out->p12 && out->cert)
        return err_set(err, "--p12: stands for --cert and --key; give one or the other");
    if (out->rate > 0 && out->mode == MODE_IDLE)
        return err_set(err, "--rate: idle connections have no operations");
    if (out->per_connection > 0 && out->mode != MODE_REQUEST && out->mode != MODE_MIXED)
        return err_set(err, "--per-connection: is for request and mixed");
    if (out->tls && strcmp(out->tls, "1.2") != 0 && strcmp(out->tls, "1.3") != 0)
        return err_set(err, "--tls %s: is neither 1.2 nor 1.3", out->tls);
    if (out->threads > out->connections)
        return err_set(err, "--threads %llu: more threads than connections",
                       (unsigned long long)out->threads);
    if (out->bare && !connection_only)
        return err_set(err, "--bare: is for handshake and idle; %s is about requests", mode_name(out->mode));
    if (out->requests > 0 && out->mode == MODE_IDLE)
        return err_set(err, "--requests: idle connections send none; use --connections and --duration");
    if (out->requests > 0 && out->requests < out->connections)
        return err_set(err, "--requests %llu: fewer than connections; lower --connections too",
                       (unsigned long long)out->requests);
    return 0;
}

/* What was not given; the span of measuring depends on whether a number of operations was. */
static void set_defaults(struct options *out, bool has_warmup)
{
    const int64_t second = 1000000000;
    if (out->connections == 0)
        out->connections = out->requests > 0 && out->requests < 16 ? out->requests : 16;
    if (out->threads == 0)
        out->threads = 1;
    if (out->duration_ns == 0 && out->requests == 0)
        out->duration_ns = 10 * second;
    if (out->timeout_ns == 0)
        out->timeout_ns = 10 * second;
    if (out->requests > 0 || out->mode == MODE_IDLE)
        out->warmup_ns = 0;
    else if (!has_warmup)
        out->warmup_ns = second;
    if (out->per_connection == 0 && out->mode == MODE_MIXED)
        out->per_connection = 10;
    if (!out->method)
        out->method = out->body ? "POST" : "GET";
}

int options_parse(struct options *out, int argc, char *argv[], struct err *err)
{
    unsigned words = 0;
    *out = (struct options){.warmup_ns = -1, .crl_entries = -1};
    for (int at = 1; at < argc; at++) {
        bool is_option = argv[at][0] == '-' && argv[at][1] != '\0';
        int result = is_option ? parse_option(out, argc, argv, &at, err)
                               : parse_word(out, argv[at], words++, err);
        if (result != 0)
            return -1;
    }
    if (out->help || out->version)
        return 0;
    set_defaults(out, out->warmup_ns >= 0);
    return check(out, err);
}
