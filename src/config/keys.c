#include <string.h>

#include "key.h"
#include "postern/base/attributes.h"
#include "postern/config/config.h"

#define KIB     1024u
#define MIB     (1024u * KIB)
#define SECOND  UINT64_C(1000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define REPEATS (KEY_REPEATABLE)

/* Mozilla's intermediate set without finite-field Diffie-Hellman, which would need parameters of its own. */
#define CIPHERS                                                                                              \
    "ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 "               \
    "ECDHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERS_DEFAULT                                                                                      \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"               \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

const struct section sections[SECTION_COUNT] = {
    [SECTION_LISTENER] = {"listener", NULL, offsetof(struct config, listener),
                          "Where clients connect, and how many processes serve them.", NULL},
    [SECTION_TLS] = {"tls", NULL, offsetof(struct config, tls), "Who we are towards clients.", NULL},
    [SECTION_CLIENT_AUTH] = {"client_auth", NULL, offsetof(struct config, client_auth),
                             "Whom we admit. A client certificate is always demanded.", NULL},
    [SECTION_IDENTITY] =
        {"identity", NULL, offsetof(struct config, identity),
         "The header fields that tell a backend who is calling. Whatever a client sends under "
         "the name of any of them, or of any preset, is removed first.",
         NULL},
    [SECTION_ROUTE] =
        {"route", "PATH", 0,
         "Which backend serves a path: the longest PATH that is a prefix on whole segments wins; "
         "/api takes /api and /api/x, not /apix. A path without a route is answered with 404.",
         "/"},
    [SECTION_BACKEND] = {"backend", "NAME", 0, "A service behind the gateway.", "app"},
    [SECTION_LIMITS] = {"limits", NULL, offsetof(struct config, limits),
                        "What one client may use. A size is in bytes, or with KiB, MiB or GiB.", NULL},
    [SECTION_TIMEOUTS] = {"timeouts", NULL, offsetof(struct config, timeouts),
                          "How long we wait. A duration has a unit: ms, s, m, h or d.", NULL},
    [SECTION_RELOAD] =
        {"reload", NULL, offsetof(struct config, reload),
         "How changes of files are noticed. A change of any file that is named here, and of this "
         "file, is loaded without being asked for.",
         NULL},
    [SECTION_LOG] = {"log", NULL, offsetof(struct config, log),
                     "What is written down. SIGUSR1 opens the files again, for log rotation.", NULL},
    [SECTION_CONTROL] = {"control", NULL, 0, "How commands reach the running gateway.", NULL},
    [SECTION_STATE] = {"state", NULL, 0, "What must be remembered over a restart.", NULL},
};

#define LISTENER(member)    offsetof(struct config_listener, member)
#define TLS(member)         offsetof(struct config_tls, member)
#define CLIENT_AUTH(member) offsetof(struct config_client_auth, member)
#define IDENTITY(member)    offsetof(struct config_identity, member)
#define ROUTE(member)       offsetof(struct config_route, member)
#define BACKEND(member)     offsetof(struct config_backend, member)
#define LIMITS(member)      offsetof(struct config_limits, member)
#define TIMEOUTS(member)    offsetof(struct config_timeouts, member)
#define RELOAD(member)      offsetof(struct config_reload, member)
#define LOG(member)         offsetof(struct config_log, member)
#define CONFIG(member)      offsetof(struct config, member)

/* section, key, type, flags, default, example, words, minimum, maximum, where, help */
const struct key keys[] = {
    {SECTION_LISTENER, "address", KEY_ADDRESS, KEY_REQUIRED | REPEATS | KEY_RESTART, NULL, "0.0.0.0:8443",
     NULL, 0, 0, LISTENER(addresses),
     "Numeric address and port to listen on, as in 127.0.0.1:8443 or [::]:8443. Port 0 lets the system "
     "choose, "
     "and the port is printed at the start."},
    {SECTION_LISTENER, "workers", KEY_COUNT, KEY_RESTART, "auto", NULL, "auto", 1, 256, LISTENER(workers),
     "Worker processes; auto is one per core."},
    {SECTION_LISTENER, "backlog", KEY_COUNT, KEY_RESTART, "1024", NULL, NULL, 1, 65535, LISTENER(backlog),
     "Connections that may wait to be accepted, for each worker. The system caps it at net.core.somaxconn."},
    {SECTION_LISTENER, "user", KEY_USER, KEY_RESTART, "nobody", NULL, NULL, 0, 0, LISTENER(user),
     "The account that workers run as when the gateway is started by root. Otherwise they run as whoever "
     "started it."},

    {SECTION_TLS, "certificate", KEY_CERTIFICATE, KEY_REQUIRED | REPEATS, NULL, "server-chain.pem", NULL, 0,
     0, 0,
     "PEM file with our certificate first, then its intermediates. A second pair of certificate and "
     "private_key serves a second key type (RSA beside ECDSA)."},
    {SECTION_TLS, "private_key", KEY_PRIVATE_KEY, KEY_REQUIRED | REPEATS, NULL, "server.key", NULL, 0, 0, 0,
     "PEM file with the unencrypted key of the certificate. Nobody but the owner and group may have access "
     "to "
     "it."},
    {SECTION_TLS, "min_version", KEY_CHOICE, 0, "1.2", NULL, "1.2 1.3", 0x0303, 0, TLS(min_version),
     "Lowest version of TLS that is spoken."},
    {SECTION_TLS, "max_version", KEY_CHOICE, 0, "1.3", NULL, "1.2 1.3", 0x0303, 0, TLS(max_version),
     "Highest version of TLS that is spoken."},
    {SECTION_TLS, "ciphers", KEY_LIST, 0, CIPHERS_DEFAULT, NULL, CIPHERS, 0, 0, TLS(ciphers),
     "Cipher suites of TLS 1.2 in order of preference, joined by ':'. All have forward secrecy and "
     "authenticated encryption. Those of TLS 1.3 are not settable: all are good."},
    {SECTION_TLS, "groups", KEY_LIST, 0, "X25519:P-256:P-384", NULL, "X25519 X448 P-256 P-384 P-521", 0, 0,
     TLS(groups), "Groups of the key exchange in order of preference, joined by ':'."},
    {SECTION_TLS, "session_tickets", KEY_BOOL, 0, "yes", NULL, "yes no", 0, 0, TLS(session_tickets),
     "Let a client that was here before resume its session, which costs both sides much less than a full "
     "handshake. Trust, revocation and dates are asked each time; where the answer is no longer yes a full "
     "handshake follows. No early data."},
    {SECTION_TLS, "ticket_secret", KEY_PATH, 0, NULL, "ticket.secret", NULL, 0, 0, TLS(ticket_secret),
     "File of 32 to 1024 random bytes or characters (openssl rand -hex 32) that tickets are encrypted with: "
     "gateways with the same file, trust and policy resume each other's sessions. Nobody but the owner and "
     "group may have access to it. Without this key a secret is made at each start."},
    {SECTION_TLS, "ticket_lifetime", KEY_DURATION, 0, "1h", NULL, NULL, 1 * SECOND, 1 * DAY,
     TLS(ticket_lifetime_ms),
     "How long a ticket is good. At most ticket_rotation, which it follows when left out."},
    {SECTION_TLS, "ticket_max_age", KEY_DURATION, 0, "8h", NULL, NULL, 1 * SECOND, 7 * DAY,
     TLS(ticket_max_age_ms),
     "How long after a client last showed its certificate and proved its key its sessions are resumed; then "
     "a full handshake is due."},
    {SECTION_TLS, "ticket_rotation", KEY_DURATION, 0, "6h", NULL, NULL, 1 * SECOND, 1 * DAY,
     TLS(ticket_rotation_ms), "How long one key encrypts tickets. It decrypts them for as long again."},

    {SECTION_CLIENT_AUTH, "trust", KEY_PATH, KEY_REQUIRED, NULL, "client-ca-bundle.pem", NULL, 0, 0,
     CLIENT_AUTH(trust),
     "PEM file with the CAs whose clients we admit: roots and intermediates, in any order."},
    {SECTION_CLIENT_AUTH, "crl", KEY_PATH, KEY_SHOWN, NULL, "crl-bundle.pem", NULL, 0, 0, CLIENT_AUTH(crl),
     "PEM file with the CRLs of all those CAs, or a directory of such files. Without this key revocation is "
     "not checked at all."},
    {SECTION_CLIENT_AUTH, "crl_missing", KEY_CHOICE, 0, "refuse", NULL, "refuse allow", CONFIG_MISSING_REFUSE,
     0, CLIENT_AUTH(crl_missing),
     "What happens to a client when there is no CRL of a CA in its path. allow means that this CA's "
     "revocations are not seen."},
    {SECTION_CLIENT_AUTH, "crl_expired", KEY_GRACE, 0, "refuse", NULL, "refuse grace", 1 * MINUTE, 365 * DAY,
     CLIENT_AUTH(crl_grace_s),
     "What happens to a client when a CRL of its path is past its nextUpdate: refuse, or grace DURATION to "
     "go "
     "on for that long, as in grace 24h."},
    {SECTION_CLIENT_AUTH, "crl_profile", KEY_CHOICE, 0, "strict", NULL, "strict legacy", CONFIG_CRL_STRICT, 0,
     CLIENT_AUTH(crl_profile),
     "legacy admits CRLs without authorityKeyIdentifier or crlNumber, as old tools write them."},
    {SECTION_CLIENT_AUTH, "crl_publishes_none", KEY_DN, REPEATS, NULL, "CN=Offline Root,O=Example", NULL, 0,
     0, CLIENT_AUTH(publishes_no_crl),
     "Subject of a CA that has no CRL, as RFC 2253 writes it (openssl x509 -nameopt RFC2253): what it issued "
     "cannot be revoked."},
    {SECTION_CLIENT_AUTH, "deny", KEY_PATH, 0, NULL, "deny.txt", NULL, 0, 0, CLIENT_AUTH(deny),
     "File with clients to refuse whatever their CA says, one a line: serial=HEX (and issuer=\"DN\"), "
     "fingerprint=HEX or cn=NAME, and as wanted until=2026-03-01T12:00:00Z and reason=\"TEXT\". postern deny "
     "keeps another such list of its own."},
    {SECTION_CLIENT_AUTH, "max_depth", KEY_COUNT, 0, "4", NULL, NULL, 0, 16, CLIENT_AUTH(max_depth),
     "Most intermediates between a client's certificate and the trust anchor."},
    {SECTION_CLIENT_AUTH, "require_eku", KEY_BOOL, 0, "no", NULL, "yes no", 0, 0, CLIENT_AUTH(require_eku),
     "Refuse client certificates that have no extended key usage at all. Those that have one without "
     "clientAuth are always refused."},
    {SECTION_CLIENT_AUTH, "partial_chain", KEY_BOOL, 0, "no", NULL, "yes no", 0, 0,
     CLIENT_AUTH(partial_chain), "Let an intermediate in the trust file be an anchor, without its root."},
    {SECTION_CLIENT_AUTH, "ca_names", KEY_CHOICE, 0, "auto", NULL, "auto yes no", CONFIG_CA_NAMES_AUTO, 0,
     CLIENT_AUTH(ca_names),
     "Tell clients the names of our CAs, so that browsers offer the fitting certificates. auto: unless there "
     "are more than 20."},
    {SECTION_CLIENT_AUTH, "on_refusal", KEY_CHOICE, 0, "alert", NULL, "alert page", CONFIG_REFUSE_BY_ALERT, 0,
     CLIENT_AUTH(on_refusal),
     "How a client learns that it is refused: by a TLS alert, or by a page (400) that names the reason and "
     "ends the connection."},
    {SECTION_CLIENT_AUTH, "on_revoke", KEY_CHOICE, 0, "cut", NULL, "cut finish_exchange", CONFIG_REVOKE_CUT,
     0, CLIENT_AUTH(on_revoke),
     "What happens to the open connection of a client that is no longer admitted: cut at once, or after the "
     "exchange in flight."},

    {SECTION_IDENTITY, "preset", KEY_PRESET, REPEATS, "postern", NULL, "postern certwiz xfcc rfc9440 none", 0,
     0, 0,
     "A set of fields. postern: X-Client-Verify, -DN, -CN, -Serial, -Fingerprint, -Not-After, -Domain (the "
     "OU). certwiz: X-Client-Cert-Subject, X-Client-Cert-Issuer, X-Client-Serial, X-Client-Verify. xfcc: "
     "X-Forwarded-Client-Cert. rfc9440: Client-Cert. none: just the fields below."},
    {SECTION_IDENTITY, "xfcc_cert", KEY_BOOL, 0, "no", NULL, "yes no", 0, 0, IDENTITY(xfcc_cert),
     "Put the certificate itself into X-Forwarded-Client-Cert (Cert=). Needs the preset xfcc."},
    {SECTION_IDENTITY, "xfcc_chain", KEY_BOOL, 0, "no", NULL, "yes no", 0, 0, IDENTITY(xfcc_chain),
     "Put the whole chain into X-Forwarded-Client-Cert (Chain=). Needs the preset xfcc."},
    {SECTION_IDENTITY, "client_cert_chain", KEY_BOOL, 0, "no", NULL, "yes no", 0, 0,
     IDENTITY(client_cert_chain), "Send Client-Cert-Chain too. Needs the preset rfc9440."},
    {SECTION_IDENTITY, KEY_FIELD_NAME, KEY_FIELD, REPEATS, NULL, "X-Client-Department = ${ou}", NULL, 0, 0, 0,
     "A field of your own: any name that begins with X-, and a template of text and ${variables}. It wins "
     "over "
     "a preset's field of the same name."},

    {SECTION_ROUTE, "backend", KEY_REFERENCE, KEY_REQUIRED, NULL, "app", NULL, 0, 0, ROUTE(backend_name),
     "The NAME of a [backend NAME] section."},

    {SECTION_BACKEND, "server", KEY_SERVER, KEY_REQUIRED | REPEATS, NULL, "127.0.0.1:11434", NULL, 0, 0, 0,
     "Where the service listens, in plain HTTP/1.1: host:port, [v6]:port or unix:/path. Several servers are "
     "taken in turn."},
    {SECTION_BACKEND, "host", KEY_HOST, 0, "preserve", NULL, "preserve upstream", 0, 0, 0,
     "The Host field that the service sees: preserve what the client sent, the upstream server's own "
     "address, "
     "or a name."},
    {SECTION_BACKEND, "connections", KEY_COUNT, 0, "1024", NULL, NULL, 1, 100000, BACKEND(connections),
     "Most connections to this backend at once, for each worker."},

    {SECTION_LIMITS, "head_size", KEY_SIZE, 0, "16KiB", NULL, NULL, 1 * KIB, 1 * MIB, LIMITS(head_size_bytes),
     "Largest head of a request: its request line and fields. More is answered with 431."},
    {SECTION_LIMITS, "field_count", KEY_COUNT, 0, "100", NULL, NULL, 1, 10000, LIMITS(field_count),
     "Most fields of a request. More is answered with 431."},
    {SECTION_LIMITS, "target_size", KEY_SIZE, 0, "8KiB", NULL, NULL, 64, 1 * MIB, LIMITS(target_size_bytes),
     "Longest request target. More is answered with 414. At most head_size, which it follows when left out."},
    {SECTION_LIMITS, "connections", KEY_COUNT, 0, "10000", NULL, NULL, 1, 1000000, LIMITS(connections),
     "Most clients connected at once, for each worker. The limit of open files must be over twice as much."},
    {SECTION_LIMITS, "connections_per_address", KEY_COUNT, 0, "unlimited", NULL, "unlimited", 1, 1000000,
     LIMITS(connections_per_address),
     "Most connections at once from one IPv4 address or IPv6 /64, for each worker."},
    {SECTION_LIMITS, "connection_memory", KEY_SIZE, 0, "256KiB", NULL, NULL, 64 * KIB, 64 * MIB,
     LIMITS(connection_memory_bytes),
     "Most bytes that one connection may hold in our buffers, both ways together. At least twice head_size, "
     "which it follows when left out."},
    {SECTION_LIMITS, "requests_per_connection", KEY_COUNT, 0, "unlimited", NULL, "unlimited", 1, 1000000000,
     LIMITS(requests_per_connection), "Requests after which a connection is closed behind the answer."},

    {SECTION_TIMEOUTS, "handshake", KEY_DURATION, 0, "10s", NULL, NULL, 100, 10 * MINUTE,
     TIMEOUTS(handshake_ms), "From the accepted connection to the end of the TLS handshake."},
    {SECTION_TIMEOUTS, "head", KEY_DURATION, 0, "10s", NULL, NULL, 100, 10 * MINUTE, TIMEOUTS(head_ms),
     "From the first byte of a request to the end of its head."},
    {SECTION_TIMEOUTS, "idle", KEY_DURATION, 0, "60s", NULL, NULL, 100, 1 * DAY, TIMEOUTS(idle_ms),
     "Between two requests on a connection."},
    {SECTION_TIMEOUTS, "connect", KEY_DURATION, 0, "5s", NULL, NULL, 10, 10 * MINUTE, TIMEOUTS(connect_ms),
     "To find and reach a backend. Then 502."},
    {SECTION_TIMEOUTS, "first_byte", KEY_DURATION, 0, "10m", NULL, NULL, 100, 1 * DAY,
     TIMEOUTS(first_byte_ms),
     "From a request sent to the head of the response. Then 504. Long, since a model may have to load."},
    {SECTION_TIMEOUTS, "stall", KEY_DURATION, 0, "60s", NULL, NULL, 100, 1 * DAY, TIMEOUTS(stall_ms),
     "Without a byte moving while one is due: within content, in either direction."},
    {SECTION_TIMEOUTS, "tunnel", KEY_DURATION, 0, "1h", NULL, NULL, 1 * SECOND, 30 * DAY, TIMEOUTS(tunnel_ms),
     "Without a byte either way on an upgraded connection (WebSocket)."},
    {SECTION_TIMEOUTS, "drain", KEY_DURATION, 0, "30s", NULL, NULL, 0, 1 * DAY, TIMEOUTS(drain_ms),
     "For exchanges in flight to finish when the gateway stops."},

    {SECTION_RELOAD, "watch", KEY_CHOICE, 0, "inotify", NULL, "inotify poll off", CONFIG_WATCH_INOTIFY, 0,
     RELOAD(watch),
     "inotify: at once, with the poll as a net below. poll: by the poll alone, for file systems that other "
     "machines write to. off: only by SIGHUP and postern reload."},
    {SECTION_RELOAD, "poll", KEY_DURATION, 0, "10s", NULL, NULL, 100, 1 * HOUR, RELOAD(poll_ms),
     "Between two looks at all files. Where inotify cannot see them it is at most one second."},

    {SECTION_LOG, "access", KEY_PATH, KEY_RESTART, "stdout", NULL, "stdout off", 0, 0, LOG(access),
     "One line for each request and each refusal: a file, stdout or off."},
    {SECTION_LOG, "format", KEY_CHOICE, 0, "json", NULL, "json text", CONFIG_LOG_JSON, 0, LOG(format),
     "Form of the access log."},
    {SECTION_LOG, "events", KEY_PATH, KEY_RESTART, "stderr", NULL, "stderr", 0, 0, LOG(events),
     "What the gateway itself does: a file or stderr."},
    {SECTION_LOG, "level", KEY_CHOICE, 0, "info", NULL, "error warning info debug", CONFIG_LEVEL_ERROR, 0,
     LOG(level), "Events up to this level are written."},

    {SECTION_CONTROL, "socket", KEY_SOCKET, KEY_RESTART, "/run/postern/control.sock", NULL, NULL, 0, 0,
     CONFIG(control_socket),
     "Unix socket of status, reload and explain --live. Only the account that runs the gateway may use it."},

    {SECTION_STATE, "directory", KEY_PATH, KEY_RESTART, "/var/lib/postern", NULL, NULL, 0, 0,
     CONFIG(state_directory),
     "Where the gateway keeps what must outlive it. This version keeps nothing there yet."},
};

const size_t key_count = LENGTH_OF(keys);

const struct section *section_find(struct slice name)
{
    for (size_t i = 0; i < SECTION_COUNT; i++)
        if (slice_equal_text(name, sections[i].name))
            return &sections[i];
    return NULL;
}

enum section_id section_id(const struct section *section)
{
    return (enum section_id)(section - sections);
}

/* A field's name is case-insensitive (RFC 9110 §5.1), so its prefix is too. */
static bool is_field_name(struct slice name)
{
    return name.length > 2 && ascii_lower(name.data[0]) == 'x' && name.data[1] == '-';
}

const struct key *key_find(enum section_id section, struct slice name)
{
    struct slice sought = section == SECTION_IDENTITY && is_field_name(name) ? slice_text(KEY_FIELD_NAME)
                                                                             : name;
    for (size_t i = 0; i < key_count; i++)
        if (keys[i].section == section && slice_equal_text(sought, keys[i].name))
            return &keys[i];
    return NULL;
}

size_t key_index(const struct key *key)
{
    return (size_t)(key - keys);
}

int words_find(const char *words, struct slice word)
{
    struct slice rest = slice_text(words), candidate;
    for (int i = 0; slice_split(&rest, ' ', &candidate); i++)
        if (slice_equal(candidate, word))
            return i;
    return -1;
}
