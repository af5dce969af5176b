#include "peers.h"

#include <openssl/x509.h>

#include "stream_private.h"

/* One client that is refused, and what it learns. */
struct refusal {
    const char *name;
    enum trust_reason reason;
    const struct cert *cert;
    const struct cert *sent;
    int alert_12, alert_13; /* RFC 5246 §7.2.2, RFC 8446 §6.2 */
};

struct refusals {
    struct cert *stranger_root, *stranger, *expired, *early, *server_only, *weak_rsa, *revoked, *uncovered_ca,
        *uncovered, *same_name;
    X509_CRL *crls[2];
    struct judge judge;
    struct refusal cases[10];
    size_t count;
};

static void make_clients(struct refusals *refusals, const struct world *world)
{
    const struct cert *ca = world->intermediate;
    refusals->stranger_root = cert_root("Stranger Root");
    refusals->stranger = cert_leaf("stranger", refusals->stranger_root);
    refusals->expired = cert_new(&(struct cert_options){.cn = "expired", .not_after = CERTS_NOW - 1}, ca);
    refusals->early = cert_new(&(struct cert_options){.cn = "early", .not_before = CERTS_NOW + 1}, ca);
    refusals->server_only = cert_new(&(struct cert_options){.cn = "server only", .eku = "serverAuth"}, ca);
    refusals->weak_rsa = cert_new(&(struct cert_options){.cn = "weak", .key = "RSA-1024"}, ca);
    refusals->revoked = cert_leaf("revoked", ca);
    refusals->uncovered_ca = cert_root("Uncovered Root");
    refusals->uncovered = cert_leaf("uncovered", refusals->uncovered_ca);
}

static void make_judge(struct refusals *refusals, const struct world *world)
{
    const struct crl_entry_options entry = {.cert = refusals->revoked};
    const struct cert *cas[] = {world->root, world->intermediate, refusals->uncovered_ca};
    refusals->crls[0] = crl_new(NULL, world->root);
    refusals->crls[1] = crl_new(&(struct crl_factory_options){.entries = &entry, .entry_count = 1},
                                world->intermediate);
    judge_init(&refusals->judge, NULL, cas, 3, refusals->crls, 2);
}

static void refusals_init(struct refusals *refusals, const struct world *world)
{
    make_clients(refusals, world);
    make_judge(refusals, world);
    const struct refusal cases[] = {
        {"no certificate", TRUST_NO_CERTIFICATE, NULL, NULL, SSL_AD_HANDSHAKE_FAILURE,
         SSL_AD_CERTIFICATE_REQUIRED},
        {"stranger", TRUST_UNTRUSTED_CHAIN, refusals->stranger, NULL, 48, 48},
        {"expired", TRUST_EXPIRED, refusals->expired, NULL, 45, 45},
        {"not yet valid", TRUST_NOT_YET_VALID, refusals->early, NULL, 42, 42},
        {"wrong purpose", TRUST_WRONG_PURPOSE, refusals->server_only, NULL, 43, 43},
        {"weak key", TRUST_WEAK_KEY, refusals->weak_rsa, NULL, 42, 42},
        {"revoked", TRUST_REVOKED, refusals->revoked, NULL, 44, 44},
        {"no CRL", TRUST_CRL_MISSING, refusals->uncovered, NULL, 46, 46},
    };
    refusals->count = LENGTH_OF(cases);
    memcpy(refusals->cases, cases, sizeof cases);
}

static void refusals_clear(struct refusals *refusals)
{
    judge_clear(&refusals->judge);
    X509_CRL_free(refusals->crls[0]);
    X509_CRL_free(refusals->crls[1]);
    cert_free(refusals->stranger_root);
    cert_free(refusals->stranger);
    cert_free(refusals->expired);
    cert_free(refusals->early);
    cert_free(refusals->server_only);
    cert_free(refusals->weak_rsa);
    cert_free(refusals->revoked);
    cert_free(refusals->uncovered_ca);
    cert_free(refusals->uncovered);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static struct tls_server *make_server(const struct cast *cast, const struct trust *trust, bool page)
{
    struct err err = {.line = 0};
    const struct cert *certs[] = {cast->server};
    struct tls_server *server = server_of(
        cast, (struct tls_server_options){.refuse_with_page = page, .send_ca_names = true}, certs, 1, trust,
        &err);
    if (server == NULL)
        fail_msg("%s", err.text);
    return server;
}

static void what_the_client_sent_beside_its_certificate_is_not_kept(void **state)
{
    const struct cast *cast = *state;
    struct judge judge;
    /* The intermediate is the client's to send: the path is made with it. */
    const struct cert *cas[] = {cast->world.root}, *sent[] = {cast->world.intermediate};
    judge_init(&judge, NULL, cas, 1, NULL, 0);
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct tls_server *server = make_server(cast, judge.trust, false);
        struct peers peers;
        peers_init(&peers, cast, server,
                   &(struct client_options){
                       .version = versions[i], .cert = cast->world.client, .sent = sent, .sent_count = 1});
        peers_shake_hands(&peers);
        tls_server_free(server);
        assert_int_equal(peers.status, STREAM_OK);
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(tls_of(peers.stream)->ssl)), 0);
        assert_int_equal(sk_X509_num(tls_stream_peer_chain(peers.stream)), 3);
        assert_int_equal(
            X509_cmp(sk_X509_value(tls_stream_peer_chain(peers.stream), 1), cast->world.intermediate->x509),
            0);
        peers_clear(&peers);
    }
    judge_clear(&judge);
}

static void an_admitted_client_is_known_and_gets_no_ticket(void **state)
{
    const struct cast *cast = *state;
    struct judge judge;
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    for (size_t i = 0; i < LENGTH_OF(versions) * 2; i++) {
        struct tls_server *server = make_server(cast, judge.trust, i >= LENGTH_OF(versions));
        struct peers peers;
        peers_init(&peers, cast, server,
                   &(struct client_options){.version = versions[i % 2],
                                            .cert = cast->world.client,
                                            .server_name = "localhost",
                                            .alpn = "\x02h2\x08http/1.1"});
        peers_shake_hands(&peers);
        tls_server_free(server); /* connections outlive it */
        assert_int_equal(peers.status, STREAM_OK);
        assert_int_equal(peers.result, 1);
        assert_int_equal(tls_stream_verdict(peers.stream)->reason, TRUST_ADMITTED);
        assert_false(tls_stream_is_refused(peers.stream));
        assert_int_equal(X509_cmp(tls_stream_peer(peers.stream), cast->world.client->x509), 0);
        assert_int_equal(sk_X509_num(tls_stream_peer_chain(peers.stream)), 3);
        assert_int_equal(tls_stream_path(peers.stream)->count, 2);
        assert_false(tls_stream_resumed(peers.stream));
        assert_true(slice_equal_text(tls_stream_server_name(peers.stream), "localhost"));
        assert_string_equal(tls_stream_version(peers.stream), i % 2 == 0 ? "TLSv1.2" : "TLSv1.3");
        assert_string_equal(tls_stream_cipher(peers.stream),
                            i % 2 == 0 ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "TLS_AES_128_GCM_SHA256");
        client_writes(&peers, "hello");
        char data[16];
        size_t count;
        assert_int_equal(server_reads(&peers, data, sizeof data, &count), STREAM_OK);
        assert_int_equal(stream_write(peers.stream, data, count, &count), STREAM_OK);
        assert_int_equal(SSL_read(peers.client, data, sizeof data), 5);
        assert_int_equal(peers.tickets, 0);
        assert_false(SSL_SESSION_is_resumable(SSL_get_session(peers.client)));
        peers_clear(&peers);
    }
    judge_clear(&judge);
}

static void a_refused_client_sees_the_alert_of_its_reason(void **state)
{
    const struct cast *cast = *state;
    struct refusals refusals;
    refusals_init(&refusals, &cast->world);
    struct tls_server *server = make_server(cast, refusals.judge.trust, false);
    for (size_t i = 0; i < refusals.count * 2; i++) {
        const struct refusal *refusal = &refusals.cases[i / 2];
        struct peers peers;
        peers_init(&peers, cast, server,
                   &(struct client_options){.version = versions[i % 2], .cert = refusal->cert});
        peers_shake_hands(&peers);
        const struct trust_verdict *verdict = tls_stream_verdict(peers.stream);
        int alert = i % 2 == 0 ? refusal->alert_12 : refusal->alert_13;
        if (peers.alert != alert || verdict->reason != refusal->reason)
            fail_msg("%s, TLS 1.%zu: alert %d, verdict %s", refusal->name, 2 + i % 2, peers.alert,
                     trust_reason_code(verdict->reason));
        assert_int_equal(peers.status, STREAM_FAILED);
        assert_true(tls_stream_is_refused(peers.stream));
        assert_int_equal(peers.tickets, 0);
        assert_int_equal(tls_stream_peer(peers.stream) != NULL, refusal->cert != NULL);
        assert_int_equal(tls_stream_discard(peers.stream), STREAM_WAIT);
        size_t count;
        assert_int_equal(stream_write(peers.stream, "x", 1, &count), STREAM_FAILED);
        peers_clear(&peers);
    }
    tls_server_free(server);
    refusals_clear(&refusals);
}

static void with_a_page_the_handshake_ends_well_and_the_verdict_stays(void **state)
{
    const struct cast *cast = *state;
    struct refusals refusals;
    refusals_init(&refusals, &cast->world);
    struct tls_server *server = make_server(cast, refusals.judge.trust, true);
    for (size_t i = 0; i < refusals.count * 2; i++) {
        const struct refusal *refusal = &refusals.cases[i / 2];
        struct peers peers;
        peers_init(&peers, cast, server,
                   &(struct client_options){.version = versions[i % 2], .cert = refusal->cert});
        peers_shake_hands(&peers);
        assert_int_equal(peers.status, STREAM_OK);
        assert_int_equal(peers.alert, -1);
        assert_int_equal(tls_stream_verdict(peers.stream)->reason, refusal->reason);
        assert_false(tls_stream_is_refused(peers.stream)); /* by an alert, that is */
        /* The page arrives, and no ticket before or after it. */
        char data[16];
        size_t count;
        assert_int_equal(stream_write(peers.stream, "page", 4, &count), STREAM_OK);
        assert_int_equal(SSL_read(peers.client, data, sizeof data), 4);
        assert_int_equal(peers.tickets, 0);
        assert_false(SSL_SESSION_is_resumable(SSL_get_session(peers.client)));
        peers_clear(&peers);
    }
    tls_server_free(server);
    refusals_clear(&refusals);
}

static void a_certificate_without_its_key_is_no_refusal_but_a_failure(void **state)
{
    const struct cast *cast = *state;
    struct judge judge;
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    struct cert thief = {.x509 = cast->world.client->x509, .key = cast->server->key};
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        struct tls_server *server = make_server(cast, judge.trust, false);
        struct peers peers;
        peers_init(&peers, cast, server, &(struct client_options){.version = versions[i]});
        /* OpenSSL will not pair them, so it is made to believe in another key; the certificate's encoding,
         * and so what is sent, stays as it was. */
        X509 *forged = X509_dup(thief.x509);
        assert_int_equal(X509_set_pubkey(forged, thief.key), 1);
        assert_int_equal(SSL_use_certificate(peers.client, forged), 1);
        assert_int_equal(SSL_use_PrivateKey(peers.client, thief.key), 1);
        X509_free(forged);
        peers_shake_hands(&peers);
        assert_int_equal(peers.status, STREAM_FAILED);
        assert_false(tls_stream_is_refused(peers.stream));
        assert_string_equal(stream_error(peers.stream), "bad signature");
        char byte;
        size_t count;
        assert_int_equal(stream_read(peers.stream, &byte, 1, &count), STREAM_FAILED);
        peers_clear(&peers);
        tls_server_free(server);
    }
    judge_clear(&judge);
}

static void the_ca_names_are_sent_when_asked_for(void **state)
{
    const struct cast *cast = *state;
    struct judge judge;
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate}, *certs[] = {cast->server};
    judge_init(&judge, NULL, cas, 2, NULL, 0);
    for (int send = 0; send < 2; send++) {
        struct tls_server *server = server_of(cast, (struct tls_server_options){.send_ca_names = send}, certs,
                                              1, judge.trust, NULL);
        struct peers peers;
        peers_init(&peers, cast, server, &(struct client_options){.cert = cast->world.client});
        peers_shake_hands(&peers);
        int count = sk_X509_NAME_num(SSL_get0_peer_CA_list(peers.client));
        assert_int_equal(count > 0 ? count : 0, send ? 2 : 0);
        peers_clear(&peers);
        tls_server_free(server);
    }
    judge_clear(&judge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_client_sent_beside_its_certificate_is_not_kept),
        cmocka_unit_test(an_admitted_client_is_known_and_gets_no_ticket),
        cmocka_unit_test(a_refused_client_sees_the_alert_of_its_reason),
        cmocka_unit_test(with_a_page_the_handshake_ends_well_and_the_verdict_stays),
        cmocka_unit_test(a_certificate_without_its_key_is_no_refusal_but_a_failure),
        cmocka_unit_test(the_ca_names_are_sent_when_asked_for),
    };
    return cmocka_run_group_tests(tests, cast_set_up, cast_tear_down);
}
