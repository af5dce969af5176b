/* Each key with good and bad values, with the exact message and line: CONTRACT.md "INI". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/config/config.h"

/* The least that is valid. */
static const struct {
    const char *section, *line;
} least[] = {
    {"listener", "address = 127.0.0.1:8443"},
    {"tls", "certificate = server-chain.pem"},
    {"tls", "private_key = server.key"},
    {"client_auth", "trust = ca.pem"},
    {"route /", "backend = app"},
    {"backend app", "server = 127.0.0.1:11434"},
};

/* The line under test goes behind the others of its section, in a new one at the end if there is none yet,
 * and takes the place of one with its key. So [listener] is on line 1, [tls] on 3, [client_auth] on 6, [route
 * /] on 8, [backend app] on 10, and others on 12. */
struct row {
    const char *section, *line;
    const char *error; /* NULL: valid */
};

static bool same_key(const char *left, const char *right)
{
    size_t length = strcspn(left, " =");
    return length == strcspn(right, " =") && memcmp(left, right, length) == 0;
}

static void write_file(const struct row *row, char *out, size_t size)
{
    size_t length = 0;
    bool is_placed = false;
    for (size_t i = 0; i < LENGTH_OF(least); i++) {
        if (i == 0 || strcmp(least[i].section, least[i - 1].section) != 0)
            length += (size_t)snprintf(out + length, size - length, "[%s]\n", least[i].section);
        bool is_here = strcmp(least[i].section, row->section) == 0;
        if (!is_here || !same_key(least[i].line, row->line))
            length += (size_t)snprintf(out + length, size - length, "%s\n", least[i].line);
        if (is_here && (i + 1 == LENGTH_OF(least) || strcmp(least[i + 1].section, row->section) != 0)) {
            length += (size_t)snprintf(out + length, size - length, "%s\n", row->line);
            is_placed = true;
        }
    }
    if (!is_placed)
        snprintf(out + length, size - length, "[%s]\n%s\n", row->section, row->line);
}

static void run(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[12000], message[1500] = "";
        struct err err = {.line = 0};
        write_file(&rows[i], text, sizeof(text));
        struct config *config = config_parse("/etc/p.ini", slice_text(text), &err);
        if (config == NULL)
            err_format(&err, message, sizeof(message));
        config_free(config);
        const char *expected = rows[i].error != NULL ? rows[i].error : "";
        if (strcmp(message, expected) != 0)
            fail_msg("[%s] %s\n got:      %s\n expected: %s", rows[i].section, rows[i].line, message,
                     expected);
    }
}

static void listener_takes_numeric_addresses_and_says_what_else_is_wrong(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"listener", "address = 0.0.0.0:0", NULL},
        {"listener", "address = [::]:8443", NULL},
        {"listener", "address = [::1]:65535", NULL},
        {"listener", "address = 127.0.0.1:8443\naddress = [::1]:8443 ; both", NULL},
        {"listener", "address = 127.0.0.1:8443\naddress = 127.0.0.1:8443",
         "/etc/p.ini:3: [listener] address: '127.0.0.1:8443' is here a second time; line 2 has it already"},
        {"listener", "address = 8443",
         "/etc/p.ini:2: [listener] address: '8443' has no address; 0.0.0.0:8443 or [::]:8443 would be right"},
        {"listener", "address = :8443",
         "/etc/p.ini:2: [listener] address: ':8443' is no numeric address; one like 0.0.0.0:8443, "
         "127.0.0.1:8443 "
         "or [::]:8443 would be right"},
        {"listener", "address = localhost:8443",
         "/etc/p.ini:2: [listener] address: 'localhost:8443' is no numeric address; one like 0.0.0.0:8443, "
         "127.0.0.1:8443 or [::]:8443 would be right"},
        {"listener", "address = 127.0.0.1",
         "/etc/p.ini:2: [listener] address: '127.0.0.1' has no port; 127.0.0.1:8443 would be right"},
        {"listener", "address = ::1",
         "/etc/p.ini:2: [listener] address: '::1' has no port; [::1]:8443 would be right"},
        {"listener", "address = 127.0.0.1:65536",
         "/etc/p.ini:2: [listener] address: '127.0.0.1:65536' has no valid port; a number from 0 to 65535 "
         "behind "
         "the ':' would be right"},
        {"listener", "address = 127.0.0.1:",
         "/etc/p.ini:2: [listener] address: '127.0.0.1:' has no valid port; a number from 0 to 65535 behind "
         "the "
         "':' would be right"},
        {"listener", "address = 127.0.0.1:-1",
         "/etc/p.ini:2: [listener] address: '127.0.0.1:-1' has no valid port; a number from 0 to 65535 "
         "behind the "
         "':' would be right"},
        {"listener", "address = [::1:8443",
         "/etc/p.ini:2: [listener] address: '[::1:8443' is no address; one like 0.0.0.0:8443 or [::]:8443 "
         "would be "
         "right"},
        {"listener", "address = 127.1:8443",
         "/etc/p.ini:2: [listener] address: '127.1:8443' is no numeric address; one like 0.0.0.0:8443, "
         "127.0.0.1:8443 or [::]:8443 would be right"},
        {"listener", "workers = auto", NULL},
        {"listener", "workers = 1", NULL},
        {"listener", "workers = 256", NULL},
        {"listener", "workers = 0",
         "/etc/p.ini:3: [listener] workers: '0' is not in range; a number from 1 to 256, or auto would be "
         "right"},
        {"listener", "workers = 257",
         "/etc/p.ini:3: [listener] workers: '257' is not in range; a number from 1 to 256, or auto would be "
         "right"},
        {"listener", "workers = 18446744073709551617",
         "/etc/p.ini:3: [listener] workers: '18446744073709551617' is not in range; a number from 1 to 256, "
         "or "
         "auto would be right"},
        {"listener", "workers = 2\nworkers = 2",
         "/etc/p.ini:4: [listener] workers: is here a second time; line 3 has it already"},
        {"listener", "backlog = 65535", NULL},
        {"listener", "backlog = auto",
         "/etc/p.ini:3: [listener] backlog: 'auto' is not in range; a number from 1 to 65535 would be right"},
        {"listener", "user = www-data", NULL},
        {"listener", "user = no body",
         "/etc/p.ini:3: [listener] user: 'no body' is no name of an account; one like nobody would be right"},
        {"listener", "adress = 1.2.3.4:5",
         "/etc/p.ini:3: [listener] adress: is no key of this section; did you mean 'address'?"},
        {"listener", "trust = ca.pem",
         "/etc/p.ini:3: [listener] trust: is no key of this section; the section [client_auth] would be "
         "right"},
        {"listener", "zzzzzzzzzz = 1",
         "/etc/p.ini:3: [listener] zzzzzzzzzz: is no key of this section; one of address, workers, backlog, "
         "user "
         "would be right"},
    };
    run(rows, LENGTH_OF(rows));
}

static void tls_takes_pairs_and_only_good_algorithms(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"tls", "certificate = a.pem\ncertificate = b.pem\nprivate_key = b.key", NULL},
        {"tls", "private_key = a.key\nprivate_key = b.key",
         "/etc/p.ini:6: [tls] private_key: has no certificate; one private_key for each certificate, in the "
         "same "
         "order, would be right"},
        {"tls", "certificate = a.pem\ncertificate = b.pem",
         "/etc/p.ini:6: [tls] certificate: has no private_key; one private_key for each certificate, in the "
         "same "
         "order, would be right"},
        {"tls", "certificate = \"server.pem\"",
         "/etc/p.ini:5: [tls] certificate: '\"server.pem\"' is in quotes, which would be part of the name; "
         "the "
         "path alone would be right"},
        {"tls", "min_version = 1.3", NULL},
        {"tls", "min_version = 1.1",
         "/etc/p.ini:6: [tls] min_version: '1.1' is not known; did you mean '1.2'?"},
        {"tls", "min_version = TLSv1.2",
         "/etc/p.ini:6: [tls] min_version: 'TLSv1.2' is not known; 1.2 or 1.3 would be right"},
        {"tls", "min_version = 1.3\nmax_version = 1.2",
         "/etc/p.ini:7: [tls] max_version: '1.2' is below min_version, '1.3'; the same or more would be "
         "right"},
        {"tls", "ciphers = ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305", NULL},
        {"tls", "ciphers = AES128-SHA",
         "/etc/p.ini:6: [tls] ciphers: 'AES128-SHA' is not known; ECDHE-ECDSA-AES128-GCM-SHA256, "
         "ECDHE-RSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES256-GCM-SHA384, ECDHE-RSA-AES256-GCM-SHA384, "
         "ECDHE-ECDSA-CHACHA20-POLY1305 or ECDHE-RSA-CHACHA20-POLY1305 would be right"},
        {"tls", "groups = X25519", NULL},
        {"tls", "groups = X25519:P-256:X25519",
         "/etc/p.ini:6: [tls] groups: 'X25519:P-256:X25519' names X25519 twice; once would be right"},
        {"tls", "groups = X25519:",
         "/etc/p.ini:6: [tls] groups: '' is not known; X25519, X448, P-256, P-384 or P-521 would be right"},
        {"tls", "session_tickets = no", NULL},
        {"tls", "session_tickets = no\nticket_secret = s",
         "/etc/p.ini:7: [tls] ticket_secret: has no effect with session_tickets = no; leave one of them out"},
        {"tls", "ticket_secret = ticket.secret", NULL},
        {"tls", "ticket_rotation = 30m", NULL},
        {"tls", "ticket_rotation = 30m\nticket_lifetime = 31m",
         "/etc/p.ini:7: [tls] ticket_lifetime: is more than ticket_rotation; 30m or less would be right"},
        {"tls", "ticket_max_age = 999ms",
         "/etc/p.ini:6: [tls] ticket_max_age: '999ms' is out of range; 1s to 7d would be right"},
        {"tls", "groups = P256", "/etc/p.ini:6: [tls] groups: 'P256' is not known; did you mean 'P-256'?"},
    };
    run(rows, LENGTH_OF(rows));
}

static void client_auth_decides_what_is_let_in(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"client_auth", "trust = other.pem", NULL},
        {"client_auth", "crl = crl.d/", NULL},
        {"client_auth", "crl = a\ncrl = b",
         "/etc/p.ini:9: [client_auth] crl: is here a second time; line 8 has it already"},
        {"client_auth", "crl_missing = allow", NULL},
        {"client_auth", "crl_missing = refused",
         "/etc/p.ini:8: [client_auth] crl_missing: 'refused' is not known; did you mean 'refuse'?"},
        {"client_auth", "crl_expired = refuse", NULL},
        {"client_auth", "crl_expired = grace 24h", NULL},
        {"client_auth", "crl_expired = grace 30",
         "/etc/p.ini:8: [client_auth] crl_expired: 'grace 30' has no unit; 30s (seconds), or ms, m, h or d, "
         "would "
         "be right"},
        {"client_auth", "crl_expired = grace 1s",
         "/etc/p.ini:8: [client_auth] crl_expired: 'grace 1s' is out of range; 1m to 365d would be right"},
        {"client_auth", "crl_expired = grace 366d",
         "/etc/p.ini:8: [client_auth] crl_expired: 'grace 366d' is out of range; 1m to 365d would be right"},
        {"client_auth", "crl_expired = grace 60500ms",
         "/etc/p.ini:8: [client_auth] crl_expired: 'grace 60500ms' is not a whole number of seconds; 'grace "
         "24h' "
         "would be right"},
        {"client_auth", "crl_expired = grace",
         "/etc/p.ini:8: [client_auth] crl_expired: 'grace' has no duration; 'grace 24h' would be right"},
        {"client_auth", "crl_expired = allow",
         "/etc/p.ini:8: [client_auth] crl_expired: 'allow' is not known; refuse, or grace DURATION as in "
         "'grace "
         "24h', would be right"},
        {"client_auth", "crl_profile = legacy", NULL},
        {"client_auth", "crl = c\ncrl_publishes_none = CN=Old Root,O=Example\ncrl_publishes_none = CN=B",
         NULL},
        {"client_auth", "crl_publishes_none = CN=Old Root",
         "/etc/p.ini:8: [client_auth] crl_publishes_none: has no effect, since there is no crl and nothing "
         "is "
         "checked; a crl for the other CAs would be right"},
        {"client_auth", "crl = c\ncrl_publishes_none = /CN=Old Root",
         "/etc/p.ini:9: [client_auth] crl_publishes_none: '/CN=Old Root' is no distinguished name; one like "
         "CN=Offline Root,O=Example, as 'openssl x509 -noout -subject -nameopt RFC2253' prints it, would be "
         "right"},
        {"client_auth", "max_depth = 0", NULL},
        {"client_auth", "max_depth = 17",
         "/etc/p.ini:8: [client_auth] max_depth: '17' is not in range; a number from 0 to 16 would be right"},
        {"client_auth", "require_eku = yes", NULL},
        {"client_auth", "require_eku = true",
         "/etc/p.ini:8: [client_auth] require_eku: 'true' is not known; yes or no would be right"},
        {"client_auth", "partial_chain = yes", NULL},
        {"client_auth", "ca_names = no", NULL},
        {"client_auth", "on_refusal = page", NULL},
        {"client_auth", "on_refusal = Page",
         "/etc/p.ini:8: [client_auth] on_refusal: 'Page' is not known; did you mean 'page'?"},
        {"client_auth", "on_revoke = finish_exchange", NULL},
    };
    run(rows, LENGTH_OF(rows));
}

static void identity_takes_presets_and_fields_that_begin_with_x(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"identity", "preset = postern\npreset = certwiz\npreset = xfcc\npreset = rfc9440", NULL},
        {"identity", "preset = none", NULL},
        {"identity", "preset = none\npreset = xfcc",
         "/etc/p.ini:14: [identity] preset: 'xfcc' stands beside 'none'; one of the two would be right"},
        {"identity", "preset = xfcc\npreset = none",
         "/etc/p.ini:14: [identity] preset: 'none' stands beside 'xfcc'; one of the two would be right"},
        {"identity", "preset = xfcc\npreset = xfcc",
         "/etc/p.ini:14: [identity] preset: 'xfcc' is here a second time; once would be right"},
        {"identity", "preset = certwizz",
         "/etc/p.ini:13: [identity] preset: 'certwizz' is not known; did you mean 'certwiz'?"},
        {"identity", "preset = envoy-xds",
         "/etc/p.ini:13: [identity] preset: 'envoy-xds' is not known; postern, certwiz, xfcc, rfc9440 or "
         "none would "
         "be right"},
        {"identity", "preset = xfcc\nxfcc_cert = yes\nxfcc_chain = yes", NULL},
        {"identity", "xfcc_cert = yes",
         "/etc/p.ini:13: [identity] xfcc_cert: has no effect without its preset; 'preset = xfcc' beside it "
         "would "
         "be right"},
        {"identity", "client_cert_chain = yes",
         "/etc/p.ini:13: [identity] client_cert_chain: has no effect without its preset; 'preset = rfc9440' "
         "beside "
         "it would be right"},
        {"identity", "X-Client-Department = ${ou}", NULL},
        {"identity", "x-who = ${cn}@${o} for $$5", NULL},
        {"identity", "X-Client-DN = ${subject}", NULL},
        {"identity", "presett = xfcc",
         "/etc/p.ini:13: [identity] presett: is no key of this section; did you mean 'preset'?"},
        {"identity", "Remote-User = ${cn}",
         "/etc/p.ini:13: [identity] Remote-User: is no key of this section; one of preset, xfcc_cert, "
         "xfcc_chain, "
         "client_cert_chain, X-NAME would be right"},
        {"identity", "X-Who = ${cn}\nx-who = ${o}",
         "/etc/p.ini:14: [identity] x-who: is here a second time; line 13 has it already"},
        {"identity", "X-Real-IP = ${cn}",
         "/etc/p.ini:13: [identity] X-Real-IP: Postern writes this field itself; another name would be "
         "right"},
        {"identity", "X-Forwarded-Client-Cert = ${pem}",
         "/etc/p.ini:13: [identity] X-Forwarded-Client-Cert: this field has a form of its own; 'preset = "
         "xfcc' would "
         "be right"},
        {"identity", "X-Who_ever = ${cn}",
         "/etc/p.ini:13: [identity] X-Who_ever: is no name for a field here; X- and letters, digits and '-', "
         "up to "
         "64 bytes, would be right"},
        {"identity", "X-Who: x = ${cn}",
         "/etc/p.ini:13: [identity] a ':' stands where '=' would be right: key = value"},
        {"identity", "X-Who = ${sn}",
         "/etc/p.ini:13: [identity] X-Who: '${sn}' is not known; did you mean '${cn}'? There are ${subject} "
         "${issuer} ${cn} ${ou} ${o} ${serial} ${fingerprint} ${not_after} ${san_dns} ${san_uri} "
         "${san_email} "
         "${san_ip} ${spiffe_id} ${verify} ${pem}"},
        {"identity", "X-Who = $cn",
         "/etc/p.ini:13: [identity] X-Who: has a '$' that begins no variable; ${name}, or $$ for the sign "
         "itself, "
         "would be right"},
        {"identity", "X-Who = ${cn",
         "/etc/p.ini:13: [identity] X-Who: has a '${' without its '}'; ${name} would be right"},
        {"identity", "X-Who = \xC3\xBC",
         "/etc/p.ini:13: [identity] X-Who: holds a byte outside printable ASCII; text that can stand in a "
         "field "
         "would be right"},
    };
    run(rows, LENGTH_OF(rows));
}

static void routes_and_backends_fit_together(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"route /api", "backend = app", NULL},
        {"route /a%20b/~c", "backend = app", NULL},
        {"route /", "backend = apps",
         "/etc/p.ini:9: [route /] backend: there is no [backend apps]; did you mean 'app'?"},
        {"route /x", "backend = somethingelse",
         "/etc/p.ini:13: [route /x] backend: there is no [backend somethingelse]; such a section with its "
         "server, or "
         "the name of another, would be right"},
        {"route api", "backend = app",
         "/etc/p.ini:12: [route api]: the path has no '/' at its beginning; [route /api] would be right"},
        {"route /api/", "backend = app",
         "/etc/p.ini:12: [route /api/]: the path ends with '/'; [route /api], which takes what is below it "
         "too, "
         "would be right"},
        {"route /a//b", "backend = app",
         "/etc/p.ini:12: [route /a//b]: the path has an empty, '.' or '..' segment; one without them would "
         "be right"},
        {"route /a/../b", "backend = app",
         "/etc/p.ini:12: [route /a/../b]: the path has an empty, '.' or '..' segment; one without them would "
         "be "
         "right"},
        {"route /a?b", "backend = app",
         "/etc/p.ini:12: [route /a?b]: a '?' cannot stand in a path; the path as clients send it, without "
         "query, "
         "would be right"},
        {"route \"/a\"", "backend = app",
         "/etc/p.ini:12: [route \"/a\"]: the PATH is in quotes; [route /] would be right"},
        {"route", "backend = app", "/etc/p.ini:12: [route]: has no PATH; [route /] would be right"},
        {"route /x", "", "/etc/p.ini:12: [route /x] backend: is missing; backend = app would be right"},
        {"backend b c", "server = 127.0.0.1:1",
         "/etc/p.ini:12: [backend b c]: the name is not one of letters, digits, '-', '_' and '.', up to 64 "
         "bytes; "
         "[backend app] would be right"},
        {"backend other", "host = preserve",
         "/etc/p.ini:12: [backend other] server: is missing; server = 127.0.0.1:11434 would be right"},
        {"backend app", "server = app.internal:80\nserver = [::1]:80\nserver = unix:app.sock", NULL},
        {"backend app", "server = my_app:80", NULL},
        {"backend app", "server = 10.0.0.1:80\nserver = 10.0.0.1:80",
         "/etc/p.ini:12: [backend app] server: '10.0.0.1:80' is here a second time; line 11 has it already"},
        {"backend app", "server = https://app:443",
         "/etc/p.ini:11: [backend app] server: 'https://app:443' asks for TLS towards the service, which is "
         "not "
         "supported; host:port of a plain HTTP service would be right"},
        {"backend app", "server = http://127.0.0.1:11434/v1",
         "/etc/p.ini:11: [backend app] server: 'http://127.0.0.1:11434/v1' is a URL; 127.0.0.1:11434 would "
         "be "
         "right"},
        {"backend app", "server = http://app/",
         "/etc/p.ini:11: [backend app] server: 'http://app/' is a URL; app:80 would be right"},
        {"backend app", "server = app",
         "/etc/p.ini:11: [backend app] server: 'app' has no port; app:80 would be right"},
        {"backend app", "server = app:0",
         "/etc/p.ini:11: [backend app] server: 'app:0' has no valid port; a number from 1 to 65535 behind "
         "the ':' "
         "would be right"},
        {"backend app", "server = ::1",
         "/etc/p.ini:11: [backend app] server: '::1' has no port; [::1]:80 would be right"},
        {"backend app", "server = 10.0.0.256:80",
         "/etc/p.ini:11: [backend app] server: '10.0.0.256:80' is no server; host:port, [v6]:port or "
         "unix:/path "
         "would be right"},
        {"backend app", "server = a..b:80",
         "/etc/p.ini:11: [backend app] server: 'a..b:80' is no server; host:port, [v6]:port or unix:/path "
         "would be "
         "right"},
        {"backend app", "server = -a:80",
         "/etc/p.ini:11: [backend app] server: '-a:80' is no server; host:port, [v6]:port or unix:/path "
         "would be "
         "right"},
        {"backend app", "server = unix:",
         "/etc/p.ini:11: [backend app] server: 'unix:' has no path; unix:/run/app.sock would be right"},
        {"backend app",
         "server = "
         "unix:/run/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaa",
         "/etc/p.ini:11: [backend app] server: "
         "'unix:/run/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is "
         "too long for a unix socket; at most 107 bytes, with its directory, would be right"},
        {"backend app", "host = upstream", NULL},
        {"backend app", "host = app.internal:8080", NULL},
        {"backend app", "host = [::1]", NULL},
        {"backend app", "host = perserve",
         "/etc/p.ini:12: [backend app] host: 'perserve' is not known; did you mean 'preserve'?"},
        {"backend app", "host = a b",
         "/etc/p.ini:12: [backend app] host: 'a b' is no host; preserve, upstream or a name like "
         "app.internal would "
         "be right"},
        {"backend app", "connections = 100000", NULL},
        {"backend app", "connections = 0",
         "/etc/p.ini:12: [backend app] connections: '0' is not in range; a number from 1 to 100000 would be "
         "right"},
    };
    run(rows, LENGTH_OF(rows));
}

static void limits_have_units_and_fit_one_another(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"limits", "head_size = 1024", NULL},
        {"limits", "head_size = 1KiB\ntarget_size = 1KiB", NULL},
        {"limits", "head_size = 1023\ntarget_size = 64",
         "/etc/p.ini:13: [limits] head_size: '1023' is out of range; 1KiB to 1MiB would be right"},
        {"limits", "head_size = 1048577",
         "/etc/p.ini:13: [limits] head_size: '1048577' is out of range; 1KiB to 1MiB would be right"},
        {"limits", "head_size = 16KB",
         "/etc/p.ini:13: [limits] head_size: '16KB' is not a size; bytes, or a number with KiB, MiB or GiB, "
         "from "
         "1KiB to 1MiB, would be right"},
        {"limits", "head_size = 17179869184GiB",
         "/etc/p.ini:13: [limits] head_size: '17179869184GiB' is out of range; 1KiB to 1MiB would be right"},
        {"limits", "head_size = -1",
         "/etc/p.ini:13: [limits] head_size: '-1' is not a size; bytes, or a number with KiB, MiB or GiB, "
         "from 1KiB "
         "to 1MiB, would be right"},
        {"limits", "head_size = 4KiB", NULL},
        {"limits", "target_size = 32KiB",
         "/etc/p.ini:13: [limits] target_size: is more than head_size; 16KiB or less would be right"},
        {"limits", "head_size = 1MiB", NULL},
        {"limits", "connection_memory = 256KiB\nhead_size = 1MiB",
         "/etc/p.ini:13: [limits] connection_memory: is less than twice head_size; 2MiB or more would be "
         "right"},
        {"limits", "field_count = 10001",
         "/etc/p.ini:13: [limits] field_count: '10001' is not in range; a number from 1 to 10000 would be "
         "right"},
        {"limits", "connections = 1", NULL},
        {"limits", "connections = unlimited",
         "/etc/p.ini:13: [limits] connections: 'unlimited' is not in range; a number from 1 to 1000000 would "
         "be "
         "right"},
        {"limits", "connections_per_address = 10", NULL},
        {"limits", "connections_per_address = 0",
         "/etc/p.ini:13: [limits] connections_per_address: '0' is not in range; a number from 1 to 1000000, "
         "or "
         "unlimited would be right"},
        {"limits", "connection_memory = 64MiB", NULL},
        {"limits", "requests_per_connection = unlimited", NULL},
    };
    run(rows, LENGTH_OF(rows));
}

static void timeouts_have_units_and_ranges(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"timeouts", "handshake = 100ms", NULL},
        {"timeouts", "handshake = 99ms",
         "/etc/p.ini:13: [timeouts] handshake: '99ms' is out of range; 100ms to 10m would be right"},
        {"timeouts", "handshake = 10",
         "/etc/p.ini:13: [timeouts] handshake: '10' has no unit; 10s (seconds), or ms, m, h or d, would be "
         "right"},
        {"timeouts", "handshake = 10sec",
         "/etc/p.ini:13: [timeouts] handshake: '10sec' is not a duration; a number with ms, s, m, h or d, "
         "from "
         "100ms to 10m, would be right"},
        {"timeouts", "handshake = 1.5s",
         "/etc/p.ini:13: [timeouts] handshake: '1.5s' is not a duration; a number with ms, s, m, h or d, "
         "from "
         "100ms to 10m, would be right"},
        {"timeouts", "handshake = 18446744073709551616s",
         "/etc/p.ini:13: [timeouts] handshake: '18446744073709551616s' is out of range; 100ms to 10m would "
         "be "
         "right"},
        {"timeouts", "head = 0",
         "/etc/p.ini:13: [timeouts] head: '0' is out of range; 100ms to 10m would be right"},
        {"timeouts", "idle = 1d", NULL},
        {"timeouts", "connect = 10ms", NULL},
        {"timeouts", "first_byte = 24h", NULL},
        {"timeouts", "first_byte = 25h",
         "/etc/p.ini:13: [timeouts] first_byte: '25h' is out of range; 100ms to 1d would be right"},
        {"timeouts", "stall = 5m", NULL},
        {"timeouts", "tunnel = 30d", NULL},
        {"timeouts", "drain = 0s", NULL},
        {"timeouts", "drain_timeout = 1s",
         "/etc/p.ini:13: [timeouts] drain_timeout: is no key of this section; one of handshake, head, idle, "
         "connect, first_byte, stall, tunnel, drain would be right"},
    };
    run(rows, LENGTH_OF(rows));
}

static void logs_and_sockets_are_paths_or_words(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"log", "access = access.log", NULL},
        {"log", "access = off", NULL},
        {"log", "events = /var/log/postern/events.log", NULL},
        {"log", "format = text", NULL},
        {"log", "format = xml",
         "/etc/p.ini:13: [log] format: 'xml' is not known; json or text would be right"},
        {"log", "level = warn", "/etc/p.ini:13: [log] level: 'warn' is not known; did you mean 'warning'?"},
        {"log", "level = debug", NULL},
        {"control", "socket = control.sock", NULL},
        {"control", "socket = unix:/run/x",
         "/etc/p.ini:13: [control] socket: 'unix:/run/x' begins with unix:, which every control socket is; "
         "the path "
         "alone would be right"},
        {"state", "directory = state", NULL},
        {"state", "directory = a\ndirectory = b",
         "/etc/p.ini:14: [state] directory: is here a second time; line 13 has it already"},
    };
    run(rows, LENGTH_OF(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_takes_numeric_addresses_and_says_what_else_is_wrong),
        cmocka_unit_test(tls_takes_pairs_and_only_good_algorithms),
        cmocka_unit_test(client_auth_decides_what_is_let_in),
        cmocka_unit_test(identity_takes_presets_and_fields_that_begin_with_x),
        cmocka_unit_test(routes_and_backends_fit_together),
        cmocka_unit_test(limits_have_units_and_fit_one_another),
        cmocka_unit_test(timeouts_have_units_and_ranges),
        cmocka_unit_test(logs_and_sockets_are_paths_or_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
