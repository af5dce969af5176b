/* The configuration: one INI file, parsed from its bytes to one immutable struct. Nothing else is opened
 * here: the loader checks the files that it names, and a worker parses again the very bytes that the loader
 * checked. Paths are resolved relative to the file that names them. Each value that can turn out wrong later,
 * against a file or another value, keeps its line, and config_error() says so in the form that people know.
 * Owner: whoever parsed it (the generation). Any thread may read it. Everything in it lives as long as it.
 * Limits: the file CONFIG_FILE_MAX bytes, a line CONFIG_LINE_MAX, a section's name CONFIG_SECTION_MAX. */
#ifndef POSTERN_CONFIG_CONFIG_H
#define POSTERN_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/base/arena.h"
#include "postern/base/attributes.h"
#include "postern/base/err.h"
#include "postern/base/slice.h"
#include "postern/config/presets.h"
#include "postern/config/template.h"

#define CONFIG_FILE_MAX    (1024 * 1024)
#define CONFIG_LINE_MAX    8192
#define CONFIG_SECTION_MAX 200

/* line: where the value stands; of a default, where the section begins; 1 if there is no such section. */
struct config_path {
    const char *path; /* resolved; NULL where the key is optional and absent */
    unsigned line;
};

struct config_paths {
    const struct config_path *items;
    size_t count;
};

struct config_text {
    const char *text; /* NULL where the key is optional and absent */
    unsigned line;
};

struct config_texts {
    const struct config_text *items;
    size_t count;
};

enum config_ca_names { CONFIG_CA_NAMES_AUTO, CONFIG_CA_NAMES_YES, CONFIG_CA_NAMES_NO };
enum config_missing { CONFIG_MISSING_REFUSE, CONFIG_MISSING_ALLOW };
enum config_crl_profile { CONFIG_CRL_STRICT, CONFIG_CRL_LEGACY };
enum config_on_refusal { CONFIG_REFUSE_BY_ALERT, CONFIG_REFUSE_BY_PAGE };
enum config_on_revoke { CONFIG_REVOKE_CUT, CONFIG_REVOKE_FINISH_EXCHANGE };
enum config_host { CONFIG_HOST_PRESERVE, CONFIG_HOST_UPSTREAM, CONFIG_HOST_NAME };
enum config_watch { CONFIG_WATCH_INOTIFY, CONFIG_WATCH_POLL, CONFIG_WATCH_OFF };
enum config_log_format { CONFIG_LOG_JSON, CONFIG_LOG_TEXT };
enum config_log_level { CONFIG_LEVEL_ERROR, CONFIG_LEVEL_WARNING, CONFIG_LEVEL_INFO, CONFIG_LEVEL_DEBUG };

struct config_listener {
    unsigned line;                 /* of the section, as in all below */
    struct config_texts addresses; /* "127.0.0.1:8443", "[::1]:0": net's address_parse() takes them */
    unsigned workers;              /* 0: one per core */
    unsigned backlog;              /* listen(2) */
    struct config_text user;       /* that workers run as when started by root */
};

struct config_tls_pair {
    struct config_path certificate, private_key;
};

struct config_tls {
    unsigned line;
    const struct config_tls_pair *pairs; /* at least one; the n-th certificate with the n-th key */
    size_t pair_count;
    unsigned min_version, max_version; /* 0x0303 for TLS 1.2, 0x0304 for TLS 1.3 */
    struct config_text ciphers;        /* TLS 1.2, OpenSSL's names joined by ':' */
    struct config_text groups;         /* OpenSSL's names joined by ':' */
    bool session_tickets;
    struct config_path ticket_secret; /* path NULL: one made at the start */
    int64_t ticket_lifetime_ms;       /* at most ticket_rotation_ms */
    int64_t ticket_max_age_ms;        /* since the last full handshake */
    int64_t ticket_rotation_ms;       /* of keys */
};

struct config_client_auth {
    unsigned line;
    struct config_path trust;
    struct config_path crl;               /* file or directory; path NULL: revocation is not checked */
    struct config_path deny;              /* path NULL: only the list of `postern deny` */
    struct config_texts publishes_no_crl; /* crl_publishes_none: DNs as RFC 2253 text, as written */
    enum config_missing crl_missing;
    int64_t crl_grace_s; /* crl_expired: 0 refuse, else how long past nextUpdate a CRL still serves */
    enum config_crl_profile crl_profile;
    unsigned max_depth; /* intermediates */
    bool require_eku, partial_chain;
    enum config_ca_names ca_names;
    enum config_on_refusal on_refusal;
    enum config_on_revoke on_revoke;
};

struct config_field {
    const char *name; /* "X-..." as it is sent */
    struct template value;
    unsigned line;
};

struct config_identity {
    unsigned line;
    bool presets[PRESET_COUNT];
    bool has_no_preset; /* preset = none */
    bool xfcc_cert, xfcc_chain, client_cert_chain;
    const struct config_field *fields; /* X-... = template; wins over a preset's field of the same name */
    size_t field_count;
};

struct config_server {
    const char *text; /* as written: "127.0.0.1:11434", "[::1]:80", "app.internal:80", "unix:/run/app.sock" */
    const char *host; /* name or numeric address without brackets; NULL for a unix socket */
    const char *unix_path; /* resolved; NULL for a host */
    uint16_t port;         /* 0 for a unix socket */
    bool is_numeric;       /* host needs no resolver */
    unsigned line;
};

struct config_backend {
    unsigned line;
    const char *name;
    const struct config_server *servers; /* at least one; taken in turn */
    size_t server_count;
    enum config_host host;
    const char *host_name; /* of CONFIG_HOST_NAME: the Host to send */
    unsigned connections;  /* most at once in one worker */
    size_t index;          /* in config.backends */
};

struct config_route {
    unsigned line;
    struct slice path; /* "/" or "/a/b" without a trailing '/' */
    const struct config_backend *backend;
    struct config_text backend_name; /* as the route names it */
    size_t index;                    /* in config.routes */
};

struct config_limits {
    unsigned line;
    size_t head_size_bytes;           /* request line and field section: 431 */
    unsigned field_count;             /* 431 */
    size_t target_size_bytes;         /* 414 */
    unsigned connections;             /* clients at once, in one worker */
    unsigned connections_per_address; /* in one worker, see address_client_key(); 0: no limit */
    size_t connection_memory_bytes;   /* most that one connection buffers, both ways together */
    unsigned requests_per_connection; /* then it is closed after the answer; 0: no limit */
};

struct config_timeouts {
    unsigned line;
    int64_t handshake_ms;  /* accept to the end of the TLS handshake */
    int64_t head_ms;       /* first byte of a request to the end of its head */
    int64_t idle_ms;       /* between requests */
    int64_t connect_ms;    /* lookup and connection to an upstream */
    int64_t first_byte_ms; /* request sent to the head of the response */
    int64_t stall_ms;      /* a side that is waited for moves no byte */
    int64_t tunnel_ms;     /* an upgraded connection with no byte either way */
    int64_t drain_ms;      /* to finish exchanges at a stop */
};

struct config_reload {
    unsigned line;
    enum config_watch watch;
    int64_t poll_ms;
};

struct config_log {
    unsigned line;
    struct config_path access;     /* a file; "stdout" for standard output, NULL for off */
    struct config_path events;     /* a file; "stderr" for standard error */
    enum config_log_format format; /* of the access log */
    enum config_log_level level;   /* of events */
};

struct config {
    const char *path; /* of the file, as given */
    struct config_listener listener;
    struct config_tls tls;
    struct config_client_auth client_auth;
    struct config_identity identity;
    const struct config_route *routes; /* the longest path first */
    size_t route_count;
    const struct config_backend *backends; /* in the order of the file */
    size_t backend_count;
    struct config_limits limits;
    struct config_timeouts timeouts;
    struct config_reload reload;
    struct config_log log;
    struct config_path control_socket;  /* [control] socket */
    struct config_path state_directory; /* [state] directory */

    struct owned_names *owned; /* of config_owned_name() */
    struct arena arena;        /* holds everything above */
};

/* Parse and check everything that can be checked without opening another file.
 *   path   of the file, for messages and as the base of relative paths; copied
 *   bytes  of the file; borrows
 * Returns a configuration (free with config_free()), or NULL with the first error in err, whose
 * config_error() form is "FILE:LINE: [section] key: what is wrong; what would be right". */
NODISCARD struct config *config_parse(const char *path, struct slice bytes, struct err *err);
/* NULL is nothing. */
void config_free(struct config *config);

/* Say that a value is wrong after all: "FILE:LINE: [section] key: ..." by err_format().
 *   section  with its argument: "tls", "backend app"
 *   key      NULL: of the section as a whole
 *   line     of the value, from the struct that holds it
 *   format   "what is wrong; what would be right"
 * Always returns -1. */
int config_error(struct err *err, const struct config *config, const char *section, const char *key,
                 unsigned line, const char *format, ...) PRINTF_LIKE(6, 7);

/* The first key whose change needs a new start, since the processes that hold its effect live on: false if
 * there is none. The place of the new value is in err, with a text for people. */
bool config_needs_restart(const struct config *running, const struct config *next, struct err *err);

#endif
