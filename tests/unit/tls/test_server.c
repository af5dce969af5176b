#include "peers.h"

#include <openssl/x509.h>
#include <stdlib.h>

/* A server's certificate file and key, right or wrong. */
struct files {
    const struct cert *certs[4];
    size_t count;
    const struct cert *key;
};

static struct judge judge;

static int set_up(void **state)
{
    if (cast_set_up(state) != 0)
        return -1;
    const struct cast *cast = *state;
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    return 0;
}

static int tear_down(void **state)
{
    judge_clear(&judge);
    return cast_tear_down(state);
}

static struct tls_server *server_from(const struct files *files, struct err *err)
{
    struct buffer pem = certs_pem(files->certs, files->count);
    const struct tls_pair pair = {.chain = buffer_view(&pem), .key = key_of(files->key)};
    const struct tls_server_options options = {.pairs = &pair,
                                               .pair_count = 1,
                                               .min_version = TLS1_2_VERSION,
                                               .max_version = TLS1_3_VERSION,
                                               .clock = &present};
    struct tls_server *server = tls_server_new(&options, judge.trust, err);
    tls_key_free(pair.key);
    buffer_clear(&pem);
    return server;
}

static void assert_says(const struct files *files, const char *expected)
{
    struct err err = {.line = 0};
    struct tls_server *server = server_from(files, &err);
    if (expected == NULL) {
        if (server == NULL)
            fail_msg("%s", err.text);
        tls_server_free(server);
        return;
    }
    if (server != NULL)
        fail_msg("accepted; expected: %s", expected);
    if (strstr(err.text, expected) == NULL)
        fail_msg("said: %s; expected: %s", err.text, expected);
}

static void a_chain_is_checked_and_the_message_says_what_would_be_right(void **state)
{
    const struct cast *cast = *state;
    const struct world *world = &cast->world;
    struct cert *expired = cert_new(
        &(struct cert_options){.cn = "old", .eku = "serverAuth", .not_after = CERTS_NOW - 1}, world->root);
    struct cert *early = cert_new(
        &(struct cert_options){.cn = "new", .eku = "serverAuth", .not_before = CERTS_NOW + 1}, world->root);
    struct cert *client_only = cert_new(&(struct cert_options){.cn = "client only", .eku = "clientAuth"},
                                        world->root);
    struct cert *no_eku = cert_new(&(struct cert_options){.cn = "no eku", .eku = ""}, world->root);
    struct cert *self_signed = cert_new(
        &(struct cert_options){.cn = "self", .eku = "serverAuth", .san = "DNS:self"}, NULL);
    struct cert *weak = cert_new(&(struct cert_options){.cn = "weak", .key = "RSA-1024", .eku = "serverAuth"},
                                 world->root);
    struct cert *sha1 = cert_new(&(struct cert_options){.cn = "sha1", .digest = "SHA1", .eku = "serverAuth"},
                                 world->root);
    struct cert *stranger = cert_root("Stranger");
    struct cert weak_key_elsewhere = {.x509 = weak->x509, .key = cast->server->key};
    const struct {
        struct files files;
        const char *expected;
    } cases[] = {
        {{{cast->server, world->intermediate}, 2, cast->server}, NULL},
        {{{cast->server, world->intermediate, world->root}, 3, cast->server}, NULL},
        {{{cast->server}, 1, cast->server}, NULL},
        {{{no_eku, world->root}, 2, no_eku}, NULL},
        {{{self_signed}, 1, self_signed}, NULL},
        {{{cast->server, world->intermediate}, 2, cast->server_rsa}, "does not match"},
        {{{world->intermediate, cast->server}, 2, cast->server}, "put it first"},
        {{{cast->server, world->root}, 2, cast->server}, "the order is"},
        {{{cast->server, world->root, world->intermediate}, 3, cast->server}, "the order is"},
        {{{cast->server, stranger}, 2, cast->server}, "did not sign"},
        {{{expired, world->root}, 2, expired}, "expired on 2026-03-01T11:59:59Z"},
        {{{early, world->root}, 2, early}, "valid from 2026-03-01T12:00:01Z"},
        {{{client_only, world->root}, 2, client_only}, "lacks serverAuth"},
        {{{sha1, world->root}, 2, sha1}, "weak digest"},
        {{{&weak_key_elsewhere}, 1, cast->server}, "does not match"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        assert_says(&cases[i].files, cases[i].expected);
    struct cert *const made[] = {expired, early, client_only, no_eku, self_signed, weak, sha1, stranger};
    for (size_t i = 0; i < LENGTH_OF(made); i++)
        cert_free(made[i]);
}

static void a_certificate_past_its_end_serves_where_it_is_admitted(void **state)
{
    const struct cast *cast = *state;
    struct cert *expired = cert_new(
        &(struct cert_options){.cn = "localhost", .eku = "serverAuth", .not_after = CERTS_NOW - 1},
        cast->world.intermediate);
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate}, *certs[] = {expired};
    struct judge plain;
    judge_init(&plain, NULL, cas, 2, NULL, 0);
    for (int admit = 0; admit < 2; admit++) {
        struct err err = {.line = 0};
        struct tls_server *server = server_of(cast, (struct tls_server_options){.admit_ended = admit}, certs,
                                              1, plain.trust, &err);
        assert_int_equal(server != NULL, admit);
        tls_server_free(server);
    }
    judge_clear(&plain);
    cert_free(expired);
}

static void what_is_no_chain_is_refused(void **state)
{
    const struct cast *cast = *state;
    static const char *const texts[] = {"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n",
                                        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        struct err err = {.line = 0};
        const struct tls_pair pair = {.chain = slice_text(texts[i]), .key = key_of(cast->server)};
        const struct tls_server_options options = {.pairs = &pair,
                                                   .pair_count = 1,
                                                   .min_version = TLS1_2_VERSION,
                                                   .max_version = TLS1_3_VERSION,
                                                   .clock = &present};
        assert_null(tls_server_new(&options, judge.trust, &err));
        assert_true(err_is_set(&err));
        tls_key_free(pair.key);
    }
}

static void settings_that_cannot_be_are_refused(void **state)
{
    const struct cast *cast = *state;
    const struct cert *one[] = {cast->server}, *twice[] = {cast->server, cast->server};
    const struct {
        struct tls_server_options options;
        const struct cert *const *certs;
        size_t count;
        const char *expected;
    } cases[] = {
        {{.ciphers = "NO-SUCH-CIPHER"}, one, 1, "ciphers"},
        {{.groups = "no-such-group"}, one, 1, "groups"},
        {{.min_version = TLS1_VERSION}, one, 1, "TLS versions"},
        {{.min_version = TLS1_3_VERSION, .max_version = TLS1_2_VERSION}, one, 1, "TLS versions"},
        {{.ciphers = NULL}, one, 0, "no server certificate"},
        {{.ciphers = NULL}, twice, 2, "one of each type"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct err err = {.line = 0};
        assert_null(server_of(cast, cases[i].options, cases[i].certs, cases[i].count, judge.trust, &err));
        if (strstr(err.text, cases[i].expected) == NULL)
            fail_msg("said: %s; expected: %s", err.text, cases[i].expected);
    }
}

static void each_client_gets_the_certificate_of_its_key_type(void **state)
{
    const struct cast *cast = *state;
    const struct cert *both[] = {cast->server_rsa, cast->server};
    static const struct {
        const char *ciphers;
        int type;
    } cases[] = {{"ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_RSA},
                 {"ECDHE-ECDSA-AES128-GCM-SHA256", EVP_PKEY_EC}};
    struct err err = {.line = 0};
    struct tls_server *server = server_of(cast, (struct tls_server_options){.ciphers = NULL}, both, 2,
                                          judge.trust, &err);
    if (server == NULL)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct peers peers;
        peers_init(&peers, cast, server,
                   &(struct client_options){
                       .version = TLS1_2_VERSION, .cert = cast->world.client, .ciphers = cases[i].ciphers});
        peers_shake_hands(&peers);
        assert_int_equal(peers.status, STREAM_OK);
        X509 *got = SSL_get0_peer_certificate(peers.client);
        assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(got)), cases[i].type);
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(peers.client)), 2);
        peers_clear(&peers);
    }
    tls_server_free(server);
}

struct described {
    unsigned count;
    char names[64], subject[64], key[32];
    int64_t not_after;
};

static void note(void *context, const struct tls_certificate_info *info)
{
    struct described *described = context;
    assert_int_equal(info->is_leaf, described->count == 0);
    if (described->count++ > 0)
        return;
    snprintf(described->names, sizeof described->names, "%s", info->names);
    snprintf(described->subject, sizeof described->subject, "%s", info->subject);
    snprintf(described->key, sizeof described->key, "%s", info->key);
    described->not_after = info->not_after;
}

static void a_server_can_be_described(void **state)
{
    const struct cast *cast = *state;
    const struct cert *certs[] = {cast->server};
    struct described described = {.count = 0};
    struct tls_server *server = server_of(cast, (struct tls_server_options){.ciphers = NULL}, certs, 1,
                                          judge.trust, NULL);
    tls_server_describe(server, note, &described);
    assert_int_equal(described.count, 2);
    assert_string_equal(described.names, "localhost,127.0.0.1,2001:db8::1");
    assert_string_equal(described.subject, "CN=localhost");
    assert_string_equal(described.key, "ECDSA P-256");
    assert_true(described.not_after > CERTS_NOW);
    tls_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_checked_and_the_message_says_what_would_be_right),
        cmocka_unit_test(a_certificate_past_its_end_serves_where_it_is_admitted),
        cmocka_unit_test(what_is_no_chain_is_refused),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
        cmocka_unit_test(each_client_gets_the_certificate_of_its_key_type),
        cmocka_unit_test(a_server_can_be_described),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
