#include "peers.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "handshake.h"
#include "stream_private.h"

struct scene {
    const struct cast *cast;
    struct judge judge;
    struct tls_server *server;
    struct peers peers;
};

static void scene_init(struct scene *scene, const struct cast *cast, struct client_options client)
{
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate}, *certs[] = {cast->server};
    struct err err = {.line = 0};
    scene->cast = cast;
    judge_init(&scene->judge, NULL, cas, 2, NULL, 0);
    scene->server = server_of(cast, (struct tls_server_options){.send_ca_names = true}, certs, 1,
                              scene->judge.trust, &err);
    if (scene->server == NULL)
        fail_msg("%s", err.text);
    client.cert = cast->world.client;
    peers_init(&scene->peers, cast, scene->server, &client);
}

static void scene_clear(struct scene *scene)
{
    peers_clear(&scene->peers);
    tls_server_free(scene->server);
    judge_clear(&scene->judge);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void established(struct scene *scene, const struct cast *cast, int version)
{
    scene_init(scene, cast, (struct client_options){.version = version});
    peers_shake_hands(&scene->peers);
    assert_int_equal(scene->peers.status, STREAM_OK);
}

static enum stream_status reads(struct scene *scene)
{
    char data[64];
    size_t count;
    return server_reads(&scene->peers, data, sizeof data, &count);
}

static void a_close_notify_is_an_end(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct scene scene;
        established(&scene, *state, versions[i]);
        client_writes(&scene.peers, "last");
        (void)SSL_shutdown(scene.peers.client);
        assert_int_equal(reads(&scene), STREAM_OK);
        assert_int_equal(reads(&scene), STREAM_END);
        assert_int_equal(reads(&scene), STREAM_END);
        /* Our side is still open. */
        size_t count;
        assert_int_equal(stream_write(scene.peers.stream, "bye", 3, &count), STREAM_OK);
        scene_clear(&scene);
    }
}

static void an_end_without_close_notify_is_a_truncation(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct scene scene;
        established(&scene, *state, versions[i]);
        client_writes(&scene.peers, "part");
        assert_int_equal(shutdown(scene.peers.client_fd, SHUT_WR), 0);
        assert_int_equal(reads(&scene), STREAM_OK);
        assert_int_equal(reads(&scene), STREAM_TRUNCATED);
        scene_clear(&scene);
    }
}

static void a_record_cut_in_half_is_a_truncation(void **state)
{
    struct scene scene;
    established(&scene, *state, TLS1_3_VERSION);
    static const char half[] = "\x17\x03\x03\x00\x40 and no more";
    assert_int_equal(write(scene.peers.client_fd, half, sizeof half), sizeof half);
    assert_int_equal(reads(&scene), STREAM_WAIT);
    assert_int_equal(shutdown(scene.peers.client_fd, SHUT_WR), 0);
    assert_int_equal(reads(&scene), STREAM_TRUNCATED);
    scene_clear(&scene);
}

static void our_end_is_a_close_notify_and_then_a_fin(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct scene scene;
        char byte;
        established(&scene, *state, versions[i]);
        assert_int_equal(stream_shutdown(scene.peers.stream), STREAM_OK);
        assert_int_equal(stream_shutdown(scene.peers.stream), STREAM_OK);
        int result = SSL_read(scene.peers.client, &byte, 1);
        assert_int_equal(SSL_get_error(scene.peers.client, result), SSL_ERROR_ZERO_RETURN);
        assert_int_equal(recv(scene.peers.client_fd, &byte, 1, 0), 0);
        /* And what the client still says is read. */
        client_writes(&scene.peers, "late");
        assert_int_equal(reads(&scene), STREAM_OK);
        scene_clear(&scene);
    }
}

static void an_abort_says_nothing_more(void **state)
{
    struct scene scene;
    char byte;
    size_t count;
    established(&scene, *state, TLS1_3_VERSION);
    client_writes(&scene.peers, "unread");
    stream_abort(scene.peers.stream);
    assert_int_equal(stream_write(scene.peers.stream, "x", 1, &count), STREAM_FAILED);
    assert_int_equal(stream_shutdown(scene.peers.stream), STREAM_FAILED);
    assert_int_equal(reads(&scene), STREAM_FAILED);
    stream_free(scene.peers.stream);
    scene.peers.stream = NULL;
    int result = SSL_read(scene.peers.client, &byte, 1);
    assert_int_not_equal(SSL_get_error(scene.peers.client, result), SSL_ERROR_ZERO_RETURN);
    scene_clear(&scene);
}

static void a_large_body_passes_through_a_small_socket(void **state)
{
    static unsigned char sent[300000], got[300000];
    struct scene scene;
    size_t written = 0, read = 0;
    established(&scene, *state, TLS1_3_VERSION);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (unsigned char)(i * 31 >> 3);
    while (read < sizeof sent) {
        /* Offered from another address each time, as a queue that moves would. */
        unsigned char *moved = malloc(sizeof sent);
        memcpy(moved, sent, sizeof sent);
        enum stream_status status = STREAM_OK;
        while (written < sizeof sent && status == STREAM_OK) {
            size_t count;
            status = stream_write(scene.peers.stream, moved + written, sizeof sent - written, &count);
            written += count;
        }
        free(moved);
        assert_true(status == STREAM_OK || status == STREAM_WAIT);
        int count = SSL_read(scene.peers.client, got + read, (int)(sizeof got - read));
        assert_true(count > 0);
        read += (size_t)count;
        loop_turn(scene.peers.loop, 0);
    }
    assert_memory_equal(sent, got, sizeof sent);
    scene_clear(&scene);
}

static void bytes_that_wait_inside_are_not_forgotten(void **state)
{
    struct scene scene;
    char data[4];
    size_t count, total = 0;
    established(&scene, *state, TLS1_3_VERSION);
    client_writes(&scene.peers, "0123456789");
    client_writes(&scene.peers, "abcdef");
    loop_turn(scene.peers.loop, 0);
    while (stream_read(scene.peers.stream, data, sizeof data, &count) == STREAM_OK)
        total += count;
    assert_int_equal(total, 16);
    stream_release(scene.peers.stream);
    client_writes(&scene.peers, "more");
    assert_int_equal(reads(&scene), STREAM_OK);
    assert_int_equal(reads(&scene), STREAM_WAIT);
    scene_clear(&scene);
}

static void the_chain_is_lent_until_the_first_read_and_the_leaf_for_good(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct scene scene;
        established(&scene, *state, versions[i]);
        assert_int_equal(sk_X509_num(tls_stream_peer_chain(scene.peers.stream)), 3);
        client_writes(&scene.peers, "x");
        assert_int_equal(reads(&scene), STREAM_OK);
        assert_null(tls_stream_peer_chain(scene.peers.stream));
        assert_non_null(tls_stream_peer(scene.peers.stream));
        assert_int_equal(tls_stream_path(scene.peers.stream)->count, 2);
        scene_clear(&scene);
    }
}

static void the_owner_is_called_when_bytes_come(void **state)
{
    struct scene scene;
    established(&scene, *state, TLS1_3_VERSION);
    assert_int_equal(reads(&scene), STREAM_WAIT);
    unsigned before = scene.peers.ready;
    client_writes(&scene.peers, "x");
    assert_int_equal(scene.peers.ready, before);
    loop_turn(scene.peers.loop, 0);
    assert_true(scene.peers.ready > before);
    before = scene.peers.ready;
    stream_wake(scene.peers.stream);
    loop_turn(scene.peers.loop, 0);
    assert_int_equal(scene.peers.ready, before + 1);
    scene_clear(&scene);
}

/* T1, T2 of the threat model: RFC 5746, CVE-2009-3555, CVE-2011-1473. OpenSSL's client gives up at the first
 * no, so its insisting is played. */
static void renegotiation_is_refused_and_insisting_ends_the_connection(void **state)
{
    static const unsigned char no_renegotiation[] = {SSL3_AL_WARNING, SSL_AD_NO_RENEGOTIATION};
    struct scene scene;
    char byte;
    established(&scene, *state, TLS1_2_VERSION);
    struct tls_stream *tls = tls_of(scene.peers.stream);
    assert_int_equal(SSL_renegotiate(scene.peers.client), 1);
    (void)SSL_do_handshake(scene.peers.client);
    assert_int_equal(reads(&scene), STREAM_WAIT);
    assert_true(SSL_read(scene.peers.client, &byte, 1) <= 0);
    assert_int_equal(scene.peers.alert, SSL_AD_NO_RENEGOTIATION);
    for (int i = 0; i < 2; i++)
        handshake_count_message(1, TLS1_2_VERSION, SSL3_RT_ALERT, no_renegotiation, 2, tls->ssl, NULL);
    assert_int_equal(reads(&scene), STREAM_FAILED);
    assert_string_equal(stream_error(scene.peers.stream), "too many records without content");
    scene_clear(&scene);
}

/* T27. */
static void a_flood_of_key_updates_ends_the_connection(void **state)
{
    struct scene scene;
    established(&scene, *state, TLS1_3_VERSION);
    enum stream_status status = STREAM_WAIT;
    int updates = 0;
    for (; updates < 1000 && status == STREAM_WAIT; updates++) {
        assert_int_equal(SSL_key_update(scene.peers.client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        if (SSL_do_handshake(scene.peers.client) != 1)
            break;
        status = reads(&scene);
    }
    assert_int_equal(status, STREAM_FAILED);
    assert_in_range(updates, 32, 100);
    assert_string_equal(stream_error(scene.peers.stream), "too many records without content");
    scene_clear(&scene);
}

static void a_key_update_now_and_then_is_fine(void **state)
{
    struct scene scene;
    char data[64];
    size_t count;
    established(&scene, *state, TLS1_3_VERSION);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(SSL_key_update(scene.peers.client, SSL_KEY_UPDATE_REQUESTED), 1);
        client_writes(&scene.peers, "ping");
        assert_int_equal(server_reads(&scene.peers, data, sizeof data, &count), STREAM_OK);
        assert_int_equal(stream_write(scene.peers.stream, "pong", 4, &count), STREAM_OK);
        assert_int_equal(SSL_read(scene.peers.client, data, sizeof data), 4);
    }
    scene_clear(&scene);
}

static void alpn_is_http_1_1_or_an_alert(void **state)
{
    static const struct {
        const char *name, *offered;
        bool fine;
    } cases[] = {
        {"none offered", NULL, true},
        {"http/1.1", "\x08http/1.1", true},
        {"h2 and http/1.1", "\x02h2\x08http/1.1", true},
        {"h2 alone", "\x02h2", false},
        {"http/1.0", "\x08http/1.0", false},
        {"a longer name", "\x09http/1.1x", false},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct scene scene;
        const unsigned char *chosen;
        unsigned length;
        scene_init(&scene, *state, (struct client_options){.alpn = cases[i].offered});
        peers_shake_hands(&scene.peers);
        if ((scene.peers.status == STREAM_OK) != cases[i].fine)
            fail_msg("%s", cases[i].name);
        if (!cases[i].fine) {
            assert_int_equal(scene.peers.alert, SSL_AD_NO_APPLICATION_PROTOCOL); /* RFC 7301 §3.2 */
            assert_false(tls_stream_is_refused(scene.peers.stream));
        }
        SSL_get0_alpn_selected(scene.peers.client, &chosen, &length);
        assert_int_equal(length, cases[i].fine && cases[i].offered != NULL ? 8 : 0);
        scene_clear(&scene);
    }
}

static void what_is_not_a_handshake_is_named(void **state)
{
    static const struct {
        const char *bytes, *error;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "plain HTTP was spoken to the TLS port; use https://"},
        {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "plain HTTP was spoken to the TLS port; use https://"},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "a proxy request (CONNECT) was spoken to the TLS port"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "what came is not TLS"},
        {"", "the client closed the connection during the handshake"},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct scene scene;
        scene_init(&scene, *state, (struct client_options){.version = 0});
        size_t length = strlen(cases[i].bytes);
        assert_int_equal(stream_handshake(scene.peers.stream), STREAM_WAIT);
        assert_int_equal(write(scene.peers.client_fd, cases[i].bytes, length), length);
        assert_int_equal(shutdown(scene.peers.client_fd, SHUT_WR), 0);
        loop_turn(scene.peers.loop, 0);
        assert_int_equal(stream_handshake(scene.peers.stream), STREAM_FAILED);
        assert_string_equal(stream_error(scene.peers.stream), cases[i].error);
        assert_false(tls_stream_is_refused(scene.peers.stream));
        assert_int_equal(tls_stream_verdict(scene.peers.stream)->reason, TRUST_INTERNAL);
        assert_int_equal(stream_handshake(scene.peers.stream), STREAM_FAILED);
        scene_clear(&scene);
    }
}

static void an_alert_of_the_client_is_named(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct scene scene;
        scene_init(&scene, *state, (struct client_options){.version = versions[i]});
        SSL_set_verify(scene.peers.client, SSL_VERIFY_PEER, NULL); /* and it trusts nobody */
        peers_shake_hands(&scene.peers);
        assert_int_equal(scene.peers.status, STREAM_FAILED);
        assert_string_equal(stream_error(scene.peers.stream), "the client sent the alert unknown_ca (48)");
        scene_clear(&scene);
    }
}

static void a_client_that_speaks_only_old_tls_is_told(void **state)
{
    struct scene scene;
    scene_init(&scene, *state, (struct client_options){.version = TLS1_1_VERSION});
    peers_shake_hands(&scene.peers);
    assert_int_equal(scene.peers.status, STREAM_FAILED);
    assert_int_equal(scene.peers.alert, SSL_AD_PROTOCOL_VERSION);
    assert_string_equal(stream_error(scene.peers.stream),
                        "the client offers no TLS version that is allowed here");
    scene_clear(&scene);
}

static void a_chain_over_32_kib_is_refused_unread(void **state)
{
    const struct cast *cast = *state;
    const struct cert *sent[120];
    struct scene scene;
    for (size_t i = 0; i < LENGTH_OF(sent); i++)
        sent[i] = cast->world.intermediate;
    scene_init(&scene, cast, (struct client_options){.sent = sent, .sent_count = LENGTH_OF(sent)});
    peers_shake_hands(&scene.peers);
    assert_int_equal(scene.peers.status, STREAM_FAILED);
    assert_string_equal(stream_error(scene.peers.stream), "a handshake message is too large");
    scene_clear(&scene);
}

static void what_comes_after_a_refusal_is_discarded_up_to_a_bound(void **state)
{
    static char flood[70000];
    struct scene scene;
    scene_init(&scene, *state, (struct client_options){.version = 0});
    assert_int_equal(write(scene.peers.client_fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    loop_turn(scene.peers.loop, 0);
    assert_int_equal(stream_handshake(scene.peers.stream), STREAM_FAILED);
    assert_int_equal(tls_stream_discard(scene.peers.stream), STREAM_WAIT);
    size_t sent = 0;
    enum stream_status status = STREAM_WAIT;
    while (sent < sizeof flood && status == STREAM_WAIT) {
        ssize_t count = write(scene.peers.client_fd, flood, 1024);
        sent += count > 0 ? (size_t)count : 0;
        status = tls_stream_discard(scene.peers.stream);
    }
    assert_int_equal(status, STREAM_FAILED);
    assert_int_equal(sent, 65536);
    scene_clear(&scene);
}

static void the_handshake_survives_bytes_one_by_one(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct scene scene;
        int through[2];
        scene_init(&scene, *state, (struct client_options){.version = versions[i]});
        /* The client writes into a pipe of its own; its bytes are passed on singly. */
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, through), 0);
        assert_int_equal(SSL_set_wfd(scene.peers.client, through[0]), 1);
        for (int step = 0; step < 20000 && scene.peers.status == STREAM_WAIT; step++) {
            char byte;
            if (client_waits(&scene.peers))
                client_step(&scene.peers);
            if (read(through[1], &byte, 1) == 1)
                assert_int_equal(write(scene.peers.client_fd, &byte, 1), 1);
            loop_turn(scene.peers.loop, 0);
            scene.peers.status = stream_handshake(scene.peers.stream);
        }
        assert_int_equal(scene.peers.status, STREAM_OK);
        close(through[0]);
        close(through[1]);
        scene_clear(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_close_notify_is_an_end),
        cmocka_unit_test(an_end_without_close_notify_is_a_truncation),
        cmocka_unit_test(a_record_cut_in_half_is_a_truncation),
        cmocka_unit_test(our_end_is_a_close_notify_and_then_a_fin),
        cmocka_unit_test(an_abort_says_nothing_more),
        cmocka_unit_test(a_large_body_passes_through_a_small_socket),
        cmocka_unit_test(bytes_that_wait_inside_are_not_forgotten),
        cmocka_unit_test(the_chain_is_lent_until_the_first_read_and_the_leaf_for_good),
        cmocka_unit_test(the_owner_is_called_when_bytes_come),
        cmocka_unit_test(renegotiation_is_refused_and_insisting_ends_the_connection),
        cmocka_unit_test(a_flood_of_key_updates_ends_the_connection),
        cmocka_unit_test(a_key_update_now_and_then_is_fine),
        cmocka_unit_test(alpn_is_http_1_1_or_an_alert),
        cmocka_unit_test(what_is_not_a_handshake_is_named),
        cmocka_unit_test(an_alert_of_the_client_is_named),
        cmocka_unit_test(a_client_that_speaks_only_old_tls_is_told),
        cmocka_unit_test(a_chain_over_32_kib_is_refused_unread),
        cmocka_unit_test(what_comes_after_a_refusal_is_discarded_up_to_a_bound),
        cmocka_unit_test(the_handshake_survives_bytes_one_by_one),
    };
    return cmocka_run_group_tests(tests, cast_set_up, cast_tear_down);
}
