/* What a whole configuration becomes: values, defaults, lines, resolved paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "postern/config/config.h"

#define LEAST                                                                                                \
    "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a.pem\nprivate_key = /keys/a.key\n"             \
    "[client_auth]\ntrust = ../ca.pem\n[backend app]\nserver = 127.0.0.1:1\n[route /]\nbackend = app\n"

static struct config *parse(const char *text)
{
    struct err err = {.line = 0};
    char message[1500];
    struct config *config = config_parse("/etc/postern/p.ini", slice_text(text), &err);
    if (config == NULL)
        fail_msg("%s", err_format(&err, message, sizeof(message)));
    return config;
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct config *config = parse(LEAST);
    assert_int_equal(config->listener.workers, 0);
    assert_int_equal(config->listener.backlog, 1024);
    assert_string_equal(config->listener.user.text, "nobody");
    assert_int_equal(config->tls.min_version, 0x0303);
    assert_int_equal(config->tls.max_version, 0x0304);
    assert_string_equal(config->tls.groups.text, "X25519:P-256:P-384");
    assert_null(config->client_auth.crl.path);
    assert_int_equal(config->client_auth.crl.line, 6);
    assert_int_equal(config->client_auth.crl_missing, CONFIG_MISSING_REFUSE);
    assert_int_equal(config->client_auth.crl_grace_s, 0);
    assert_int_equal(config->client_auth.crl_profile, CONFIG_CRL_STRICT);
    assert_int_equal(config->client_auth.max_depth, 4);
    assert_false(config->client_auth.require_eku);
    assert_false(config->client_auth.partial_chain);
    assert_int_equal(config->client_auth.ca_names, CONFIG_CA_NAMES_AUTO);
    assert_int_equal(config->client_auth.on_refusal, CONFIG_REFUSE_BY_ALERT);
    assert_int_equal(config->client_auth.on_revoke, CONFIG_REVOKE_CUT);
    assert_true(config->identity.presets[PRESET_POSTERN]);
    assert_false(config->identity.presets[PRESET_XFCC]);
    assert_int_equal(config->backends[0].host, CONFIG_HOST_PRESERVE);
    assert_int_equal(config->backends[0].connections, 1024);
    assert_int_equal(config->limits.head_size_bytes, 16 * 1024);
    assert_int_equal(config->limits.field_count, 100);
    assert_int_equal(config->limits.target_size_bytes, 8 * 1024);
    assert_int_equal(config->limits.connections_per_address, 0);
    assert_int_equal(config->limits.connection_memory_bytes, 256 * 1024);
    assert_int_equal(config->limits.requests_per_connection, 0);
    assert_int_equal(config->timeouts.handshake_ms, 10000);
    assert_int_equal(config->timeouts.head_ms, 10000);
    assert_int_equal(config->timeouts.idle_ms, 60000);
    assert_int_equal(config->timeouts.connect_ms, 5000);
    assert_int_equal(config->timeouts.first_byte_ms, 600000);
    assert_int_equal(config->timeouts.stall_ms, 60000);
    assert_int_equal(config->timeouts.tunnel_ms, 3600000);
    assert_int_equal(config->timeouts.drain_ms, 30000);
    assert_string_equal(config->log.access.path, "stdout");
    assert_string_equal(config->log.events.path, "stderr");
    assert_int_equal(config->log.format, CONFIG_LOG_JSON);
    assert_int_equal(config->log.level, CONFIG_LEVEL_INFO);
    assert_string_equal(config->control_socket.path, "/run/postern/control.sock");
    assert_string_equal(config->state_directory.path, "/var/lib/postern");
    /* The section is not there, so the file's first line stands for it. */
    assert_int_equal(config->limits.line, 1);
    assert_int_equal(config->tls.line, 3);
    config_free(config);
}

static void paths_are_relative_to_the_file_that_names_them(void **state)
{
    (void)state;
    struct config *config = parse(LEAST
                                  "[control]\nsocket = c.sock\n[log]\naccess = ./stdout\nevents = e.log\n"
                                  "[backend unix]\nserver = unix:app.sock\nserver = unix:/run/app.sock\n");
    assert_string_equal(config->tls.pairs[0].certificate.path, "/etc/postern/a.pem");
    assert_string_equal(config->tls.pairs[0].private_key.path, "/keys/a.key");
    assert_string_equal(config->client_auth.trust.path, "/etc/postern/../ca.pem");
    assert_string_equal(config->control_socket.path, "/etc/postern/c.sock");
    assert_string_equal(config->log.access.path, "/etc/postern/./stdout");
    assert_string_equal(config->log.events.path, "/etc/postern/e.log");
    assert_string_equal(config->backends[1].servers[0].unix_path, "/etc/postern/app.sock");
    assert_string_equal(config->backends[1].servers[1].unix_path, "/run/app.sock");
    assert_null(config->backends[1].servers[0].host);
    config_free(config);
}

static void every_value_keeps_its_line(void **state)
{
    (void)state;
    struct config *config = parse(LEAST "[identity]\n; comment\nX-A = ${cn}\nX-B = ${o}\n");
    assert_int_equal(config->listener.addresses.items[0].line, 2);
    assert_int_equal(config->tls.pairs[0].certificate.line, 4);
    assert_int_equal(config->tls.pairs[0].private_key.line, 5);
    assert_int_equal(config->client_auth.trust.line, 7);
    assert_int_equal(config->backends[0].line, 8);
    assert_int_equal(config->backends[0].servers[0].line, 9);
    assert_int_equal(config->routes[0].line, 10);
    assert_int_equal(config->routes[0].backend_name.line, 11);
    assert_int_equal(config->identity.fields[0].line, 14);
    assert_int_equal(config->identity.fields[1].line, 15);
    config_free(config);
}

static void pairs_are_matched_in_order_however_they_are_written(void **state)
{
    (void)state;
    struct config *config = parse(
        "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a.pem\ncertificate = b.pem\n"
        "certificate = c.pem\nprivate_key = a.key\nprivate_key = b.key\n"
        "private_key = c.key\n[client_auth]\ntrust = t\n[backend app]\nserver = a:1\n"
        "[route /]\nbackend = app\n");
    assert_int_equal(config->tls.pair_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct config_tls_pair *pair = &config->tls.pairs[i];
        assert_int_equal(pair->certificate.path[strlen("/etc/postern/")], 'a' + (int)i);
        assert_int_equal(pair->private_key.path[strlen("/etc/postern/")], 'a' + (int)i);
    }
    config_free(config);
}

static void servers_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
        bool is_numeric;
    } rows[] = {
        {"127.0.0.1:11434", "127.0.0.1", 11434, true},
        {"[2001:db8::1]:80", "2001:db8::1", 80, true},
        {"App.internal:65535", "App.internal", 65535, false},
        {"localhost:1", "localhost", 1, false},
    };
    char text[1000];
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        snprintf(text, sizeof(text), LEAST "[backend b]\nserver = %s\nhost = %s\n", rows[i].text,
                 rows[i].text);
        struct config *config = parse(text);
        const struct config_backend *backend = &config->backends[1];
        assert_string_equal(backend->servers[0].text, rows[i].text);
        assert_string_equal(backend->servers[0].host, rows[i].host);
        assert_int_equal(backend->servers[0].port, rows[i].port);
        assert_int_equal(backend->servers[0].is_numeric, rows[i].is_numeric);
        assert_null(backend->servers[0].unix_path);
        assert_int_equal(backend->host, CONFIG_HOST_NAME);
        assert_string_equal(backend->host_name, rows[i].text);
        config_free(config);
    }
}

static void values_arrive_in_their_units(void **state)
{
    (void)state;
    struct config *config = parse(
        LEAST "[limits]\nhead_size = 1MiB\nconnection_memory = 4MiB\nfield_count = 7\n"
              "connections_per_address = 3\n[timeouts]\nidle = 2h\nhead = 150ms\n"
              "tunnel = 2d\ndrain = 0\n[log]\nlevel = debug\nformat = text\naccess = off\n");
    assert_int_equal(config->limits.head_size_bytes, 1024 * 1024);
    assert_int_equal(config->limits.connection_memory_bytes, 4 * 1024 * 1024);
    assert_int_equal(config->limits.field_count, 7);
    assert_int_equal(config->limits.connections_per_address, 3);
    assert_int_equal(config->timeouts.idle_ms, 7200000);
    assert_int_equal(config->timeouts.head_ms, 150);
    assert_int_equal(config->timeouts.tunnel_ms, 172800000);
    assert_int_equal(config->timeouts.drain_ms, 0);
    assert_int_equal(config->log.level, CONFIG_LEVEL_DEBUG);
    assert_int_equal(config->log.format, CONFIG_LOG_TEXT);
    assert_null(config->log.access.path);
    config_free(config);
}

static void grace_is_kept_in_seconds(void **state)
{
    (void)state;
    struct config *config = parse(
        "[listener]\naddress = 127.0.0.1:0\n[tls]\ncertificate = a\nprivate_key = b\n"
        "[client_auth]\ntrust = t\ncrl = c\ncrl_expired = grace 36h\ncrl_missing = allow\n"
        "crl_publishes_none = CN=A\ncrl_publishes_none = CN=B\non_refusal = page\n"
        "on_revoke = finish_exchange\nca_names = no\ncrl_profile = legacy\n"
        "[backend app]\nserver = a:1\n[route /]\nbackend = app\n");
    assert_int_equal(config->client_auth.crl_grace_s, 36 * 3600);
    assert_int_equal(config->client_auth.crl_missing, CONFIG_MISSING_ALLOW);
    assert_int_equal(config->client_auth.publishes_no_crl.count, 2);
    assert_string_equal(config->client_auth.publishes_no_crl.items[1].text, "CN=B");
    assert_int_equal(config->client_auth.on_refusal, CONFIG_REFUSE_BY_PAGE);
    assert_int_equal(config->client_auth.on_revoke, CONFIG_REVOKE_FINISH_EXCHANGE);
    assert_int_equal(config->client_auth.ca_names, CONFIG_CA_NAMES_NO);
    assert_int_equal(config->client_auth.crl_profile, CONFIG_CRL_LEGACY);
    config_free(config);
}

static void limits_that_are_left_out_follow_head_size(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t target_size, connection_memory;
    } rows[] = {
        {"head_size = 1KiB", 1024, 256 * 1024},
        {"head_size = 512KiB", 8192, 1024 * 1024},
    };
    char text[1000];
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        snprintf(text, sizeof(text), LEAST "[limits]\n%s\n", rows[i].line);
        struct config *config = parse(text);
        assert_int_equal(config->limits.target_size_bytes, rows[i].target_size);
        assert_int_equal(config->limits.connection_memory_bytes, rows[i].connection_memory);
        config_free(config);
    }
}

static void an_error_found_later_has_the_same_form(void **state)
{
    (void)state;
    char message[1500];
    struct err err = {.line = 0};
    struct config *config = parse(LEAST);
    assert_int_equal(config_error(&err, config, "tls", "private_key", config->tls.pairs[0].private_key.line,
                                  "%s is readable by everyone; mode 0600 would be right", "/keys/a.key"),
                     -1);
    assert_string_equal(
        err_format(&err, message, sizeof(message)),
        "/etc/postern/p.ini:5: [tls] private_key: /keys/a.key is readable by everyone; mode 0600 would "
        "be right");
    config_free(config);
}

static void only_what_lives_in_processes_needs_a_restart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error; /* NULL: none */
    } rows[] = {
        {LEAST, NULL},
        {LEAST "[timeouts]\nidle = 5s\n[log]\nlevel = debug\n[limits]\nfield_count = 9\n", NULL},
        {LEAST "[log]\naccess = other.log\n", "/etc/postern/p.ini:13: [log] access: has changed from stdout "
                                              "to /etc/postern/other.log, which a reload cannot bring into "
                                              "force; a restart, or stdout as before, would be right"},
        {LEAST "[log]\naccess = off\n", "/etc/postern/p.ini:13: [log] access: has changed from stdout to "
                                        "off, which a reload cannot bring into "
                                        "force; a restart, or stdout as before, would be right"},
        {LEAST "[control]\nsocket = /tmp/c\n",
         "/etc/postern/p.ini:13: [control] socket: has changed from /run/postern/control.sock to /tmp/c, "
         "which a reload cannot bring into "
         "force; a restart, or /run/postern/control.sock as before, would be right"},
        {"[listener]\nworkers = 3\naddress = 127.0.0.1:0\n[tls]\ncertificate = a\nprivate_key = "
         "b\n[client_auth]\n"
         "trust = c\n[backend app]\nserver = a:1\n[route /]\nbackend = app\n",
         "/etc/postern/p.ini:1: [listener] workers: has changed from auto to 3, which a reload cannot bring "
         "into "
         "force; a restart, or auto as before, would be right"},
        {"[listener]\naddress = 127.0.0.1:0\naddress = [::1]:0\n[tls]\ncertificate = a\nprivate_key = b\n"
         "[client_auth]\ntrust = c\n[backend app]\nserver = a:1\n[route /]\nbackend = app\n",
         "/etc/postern/p.ini:2: [listener] address: has changed from 127.0.0.1:0 to 127.0.0.1:0, [::1]:0, "
         "which a reload cannot bring into "
         "force; a restart, or 127.0.0.1:0 as before, would be right"},
    };
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char message[1500];
        struct err err = {.line = 0};
        struct config *running = parse(LEAST), *next = parse(rows[i].text);
        assert_int_equal(config_needs_restart(running, next, &err), rows[i].error != NULL);
        if (rows[i].error != NULL)
            assert_string_equal(err_format(&err, message, sizeof(message)), rows[i].error);
        config_free(running);
        config_free(next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
        cmocka_unit_test(every_value_keeps_its_line),
        cmocka_unit_test(pairs_are_matched_in_order_however_they_are_written),
        cmocka_unit_test(servers_are_taken_apart),
        cmocka_unit_test(values_arrive_in_their_units),
        cmocka_unit_test(grace_is_kept_in_seconds),
        cmocka_unit_test(limits_that_are_left_out_follow_head_size),
        cmocka_unit_test(an_error_found_later_has_the_same_form),
        cmocka_unit_test(only_what_lives_in_processes_needs_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
