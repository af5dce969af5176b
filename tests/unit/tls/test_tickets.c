#include "peers.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "held_sessions.h"
#include "stream_private.h"
#include "ticket_facts.h"

enum { LIFETIME_S = 3600, MAX_AGE_S = 8 * 3600, ROTATION_S = 6 * 3600 };

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
static const unsigned char here[32] = "this context", elsewhere[32] = "another one";
#define SECRET SLICE_LITERAL("0123456789abcdef0123456789abcdef")

/* Whether the server holds the sessions of TLS 1.3 itself. All is tried both ways. */
static bool held;
static _Alignas(8) unsigned char sessions[64 * HELD_SET_SIZE]; /* as all workers and generations share them */
static int highest; /* version that the server speaks; 0: TLS 1.3 */

/* The server's clock. OpenSSL's own is real, and only ever compared with itself. */
static int64_t now_s;

static int64_t moving_ms(void *context)
{
    (void)context;
    return now_s * 1000;
}

static const struct clock moving = {moving_ms, no_us, NULL};

/* One server and what it judges by. */
struct door {
    struct judge judge;
    struct tls_server *server;
};

static const struct tls_ticket_options usual = {
    .context = here, .lifetime_s = LIFETIME_S, .max_age_s = MAX_AGE_S, .rotation_s = ROTATION_S};

static void door_init(struct door *door, const struct cast *cast, struct tls_ticket_options tickets,
                      bool page, const struct cert *revoked)
{
    const struct cert *cas[] = {cast->world.root, cast->world.intermediate}, *certs[] = {cast->server};
    const struct crl_entry_options entry = {.cert = revoked};
    struct err err = {.line = 0};
    X509_CRL *crls[] = {
        crl_new(NULL, cast->world.root),
        crl_new(&(struct crl_factory_options){.entries = &entry, .entry_count = revoked != NULL},
                cast->world.intermediate)};
    judge_init(&door->judge, NULL, cas, 2, crls, 2);
    X509_CRL_free(crls[0]);
    X509_CRL_free(crls[1]);
    if (tickets.secret.data == NULL)
        tickets.secret = SECRET;
    tickets.sessions = held ? sessions : NULL;
    tickets.sessions_size = sizeof(sessions);
    door->server = server_of(
        cast,
        (struct tls_server_options){
            .max_version = highest, .refuse_with_page = page, .tickets = tickets, .clock = &moving},
        certs, 1, door->judge.trust, &err);
    if (door->server == NULL)
        fail_msg("%s", err.text);
}

static void door_clear(struct door *door)
{
    tls_server_free(door->server);
    judge_clear(&door->judge);
}

/* A client comes, resuming if it can, asks something, and leaves. */
struct visit {
    int version;
    const struct cert *cert;
    SSL_SESSION *session;
    const char *record; /* that the owner offers with a ticket; NULL: no ticket is offered */
    /* what became of it */
    struct peers peers;
};

static void read_all(struct peers *peers)
{
    char data[64];
    while (SSL_read(peers->client, data, sizeof data) > 0)
        ;
    ERR_clear_error();
}

static void visit(const struct cast *cast, const struct door *door, struct visit *visit)
{
    struct peers *peers = &visit->peers;
    size_t count;
    peers_init(
        peers, cast, door->server,
        &(struct client_options){.version = visit->version, .cert = visit->cert, .session = visit->session});
    peers_shake_hands(peers);
    if (peers->status != STREAM_OK)
        return;
    if (visit->record != NULL && tls_stream_verdict(peers->stream)->reason == TRUST_ADMITTED)
        tls_stream_offer_ticket(peers->stream, slice_text(visit->record));
    assert_int_equal(stream_write(peers->stream, "answer", 6, &count), STREAM_OK);
    read_all(peers);
}

/* A first visit, for its ticket. Gives. */
static SSL_SESSION *ticket_of(const struct cast *cast, const struct door *door, int version,
                              const struct cert *cert, const char *record)
{
    struct visit first = {.version = version, .cert = cert, .record = record};
    visit(cast, door, &first);
    assert_int_equal(first.peers.status, STREAM_OK);
    assert_false(tls_stream_resumed(first.peers.stream));
    assert_false(tls_stream_declined_ticket(first.peers.stream));
    SSL_SESSION *session = first.peers.session;
    first.peers.session = NULL;
    peers_clear(&first.peers);
    return session;
}

static void a_client_that_comes_again_is_resumed_as_who_it_was(void **state)
{
    const struct cast *cast = *state;
    const struct cert *client = cast->world.client;
    struct door door;
    door_init(&door, cast, usual, false, NULL);
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        SSL_SESSION *ticket = ticket_of(cast, &door, versions[i], client, "who it is");
        assert_non_null(ticket);
        assert_int_equal(SSL_SESSION_get_max_early_data(ticket), 0);
        struct visit second = {.version = versions[i], .session = ticket, .record = ""};
        visit(cast, &door, &second);
        struct stream *stream = second.peers.stream;
        assert_int_equal(second.peers.status, STREAM_OK);
        assert_true(tls_stream_resumed(stream));
        assert_int_equal(tls_stream_verdict(stream)->reason, TRUST_ADMITTED);
        assert_true(tls_stream_verdict(stream)->recheck_at < TRUST_NEVER);
        if (held && versions[i] == TLS1_3_VERSION)
            assert_null(tls_stream_peer(stream));
        else
            assert_int_equal(X509_cmp(tls_stream_peer(stream), client->x509), 0);
        struct trust_path path;
        judge_ask(&door.judge, client, NULL, 0, now_s, &path, NULL);
        assert_int_equal(tls_stream_path(stream)->count, path.count);
        assert_memory_equal(tls_stream_path(stream)->fingerprint, path.fingerprint, sizeof path.fingerprint);
        peers_clear(&second.peers);
        SSL_SESSION_free(ticket);
    }
    door_clear(&door);
}

static void one_ticket_goes_with_the_first_answer_and_none_unless_offered(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    door_init(&door, cast, usual, false, NULL);
    for (int offered = 0; offered < 2; offered++) {
        struct visit one = {
            .version = TLS1_3_VERSION, .cert = cast->world.client, .record = offered ? "r" : NULL};
        visit(cast, &door, &one);
        assert_int_equal(one.peers.tickets, offered);
        assert_int_equal(one.peers.session != NULL, offered);
        size_t count;
        assert_int_equal(stream_write(one.peers.stream, "more", 4, &count), STREAM_OK);
        read_all(&one.peers);
        assert_int_equal(one.peers.tickets, offered);
        peers_clear(&one.peers);
    }
    door_clear(&door);
}

static void the_record_comes_back_from_ticket_to_ticket(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    door_init(&door, cast, usual, false, NULL);
    SSL_SESSION *ticket = ticket_of(cast, &door, TLS1_3_VERSION, cast->world.client, "who it is");
    for (int i = 0; i < 3; i++) {
        struct peers peers;
        size_t count;
        peers_init(&peers, cast, door.server,
                   &(struct client_options){.version = TLS1_3_VERSION, .session = ticket});
        peers_shake_hands(&peers);
        assert_true(tls_stream_resumed(peers.stream));
        assert_true(slice_equal_text(tls_stream_record(peers.stream), "who it is"));
        tls_stream_offer_ticket(peers.stream, slice_of(NULL, 0));
        assert_int_equal(stream_write(peers.stream, "x", 1, &count), STREAM_OK);
        assert_int_equal(tls_stream_record(peers.stream).length, 0);
        read_all(&peers);
        SSL_SESSION_free(ticket);
        ticket = peers.session;
        peers.session = NULL;
        peers_clear(&peers);
    }
    SSL_SESSION_free(ticket);
    door_clear(&door);
}

/* What may change between two visits, and whether the session is resumed. If not, what the full handshake
 * says to one that brings its certificate. */
struct change {
    const char *name;
    struct tls_ticket_options tickets;
    int64_t later_s;
    bool is_revoked, another_is_revoked;
    bool is_resumed;
    enum trust_reason reason;
};

static const struct change changes[] = {
    {"nothing", {.secret = {NULL, 0}}, .is_resumed = true},
    {"a CRL that names another", {.secret = {NULL, 0}}, .another_is_revoked = true, .is_resumed = true},
    {"a CRL that names the client", {.secret = {NULL, 0}}, .is_revoked = true, .reason = TRUST_REVOKED},
    {"another context", {.context = elsewhere}, .is_resumed = false},
    {"another secret", {.secret = {"fedcba9876543210fedcba9876543210", 32}}, .is_resumed = false},
    {"just in time", {.secret = {NULL, 0}}, .later_s = ROTATION_S - 1, .is_resumed = true},
    {"the next period", {.secret = {NULL, 0}}, .later_s = ROTATION_S, .is_resumed = true},
    {"a clock that is behind", {.secret = {NULL, 0}}, .later_s = -300, .is_resumed = true},
    {"a ticket from the future", {.secret = {NULL, 0}}, .later_s = -301, .is_resumed = false},
    {"a second before the maximum age", {.max_age_s = 600}, .later_s = 599, .is_resumed = true},
    {"the maximum age", {.max_age_s = 600}, .later_s = 600, .is_resumed = false},
    {"the period after the next", {.max_age_s = 99 * 3600}, .later_s = 2 * ROTATION_S, .is_resumed = false},
    {"notAfter", {.max_age_s = 99 * 3600}, .later_s = 5000, .reason = TRUST_EXPIRED},
    {"the CRL's nextUpdate",
     {.max_age_s = 99 * 24 * 3600, .rotation_s = 40 * 24 * 3600},
     .later_s = 30 * CERTS_DAY,
     .reason = TRUST_CRL_EXPIRED},
};

static struct tls_ticket_options options_of(struct tls_ticket_options changed)
{
    struct tls_ticket_options options = usual;
    options.secret = changed.secret;
    options.context = changed.context != NULL ? changed.context : usual.context;
    options.max_age_s = changed.max_age_s != 0 ? changed.max_age_s : usual.max_age_s;
    options.rotation_s = changed.rotation_s != 0 ? changed.rotation_s : usual.rotation_s;
    return options;
}

static void try_change(const struct cast *cast, const struct change *change, int version)
{
    bool expires = change->reason == TRUST_EXPIRED;
    struct cert *short_lived = cert_new(&(struct cert_options){.cn = "short", .not_after = CERTS_NOW + 5000},
                                        cast->world.intermediate);
    const struct cert *client = expires ? short_lived : cast->world.client;
    const struct cert *revoked = change->is_revoked           ? client
                                 : change->another_is_revoked ? short_lived
                                                              : NULL;
    struct door before, after;
    struct tls_ticket_options first = usual;
    first.rotation_s = options_of(change->tickets).rotation_s;
    now_s = CERTS_NOW;
    door_init(&before, cast, first, false, NULL);
    SSL_SESSION *ticket = ticket_of(cast, &before, version, client, "r");
    now_s += change->later_s;
    door_init(&after, cast, options_of(change->tickets), false, revoked);
    struct visit again = {.version = version, .cert = client, .session = ticket, .record = "r"};
    visit(cast, &after, &again);
    if (tls_stream_resumed(again.peers.stream) != change->is_resumed ||
        tls_stream_declined_ticket(again.peers.stream) == change->is_resumed ||
        tls_stream_verdict(again.peers.stream)->reason != change->reason)
        fail_msg("%s, version %x: %s, %s", change->name, (unsigned)version,
                 tls_stream_resumed(again.peers.stream) ? "resumed" : "not resumed",
                 trust_reason_code(tls_stream_verdict(again.peers.stream)->reason));
    assert_int_equal(again.peers.status, change->reason == TRUST_ADMITTED ? STREAM_OK : STREAM_FAILED);
    peers_clear(&again.peers);
    SSL_SESSION_free(ticket);
    door_clear(&before);
    door_clear(&after);
    cert_free(short_lived);
    now_s = CERTS_NOW;
}

static void a_ticket_is_good_only_where_the_answer_is_still_yes(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(changes); i++)
        for (size_t k = 0; k < LENGTH_OF(versions); k++)
            try_change(*state, &changes[i], versions[k]);
}

/* Without the certificate, that the ticket was made for, to show: the alert is that of a client with none. */
static void a_declined_ticket_is_no_certificate(void **state)
{
    const struct cast *cast = *state;
    struct door before, after;
    door_init(&before, cast, usual, false, NULL);
    door_init(&after, cast, usual, false, cast->world.client);
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        SSL_SESSION *ticket = ticket_of(cast, &before, versions[i], cast->world.client, "r");
        struct visit again = {.version = versions[i], .session = ticket, .record = "r"};
        visit(cast, &after, &again);
        assert_int_equal(again.peers.status, STREAM_FAILED);
        assert_int_equal(tls_stream_verdict(again.peers.stream)->reason, TRUST_NO_CERTIFICATE);
        assert_null(tls_stream_peer(again.peers.stream));
        peers_clear(&again.peers);
        SSL_SESSION_free(ticket);
    }
    door_clear(&before);
    door_clear(&after);
}

static void the_age_counts_from_the_full_handshake_through_all_tickets(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    struct tls_ticket_options options = usual;
    options.max_age_s = 100;
    door_init(&door, cast, options, false, NULL);
    SSL_SESSION *ticket = ticket_of(cast, &door, TLS1_3_VERSION, cast->world.client, "r");
    for (int i = 0; i < 4; i++) {
        struct visit again = {
            .version = TLS1_3_VERSION, .cert = cast->world.client, .session = ticket, .record = "r"};
        now_s += 30;
        visit(cast, &door, &again);
        assert_int_equal(tls_stream_resumed(again.peers.stream), i < 3);
        SSL_SESSION_free(ticket);
        ticket = again.peers.session;
        again.peers.session = NULL;
        peers_clear(&again.peers);
    }
    SSL_SESSION_free(ticket);
    door_clear(&door);
    now_s = CERTS_NOW;
}

/* What has no room among the held sessions its ticket holds, and both are taken back. */
static void a_long_record_goes_into_the_ticket(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    char record[2000];
    door_init(&door, cast, usual, false, NULL);
    memset(record, 'r', sizeof(record));
    static const size_t lengths[] = {1, 400, 1000, sizeof(record) - 1};
    for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
        const unsigned char *bytes;
        size_t length;
        record[lengths[i]] = '\0';
        SSL_SESSION *ticket = ticket_of(cast, &door, TLS1_3_VERSION, cast->world.client, record);
        for (int times = 0; times < 3; times++) {
            SSL_SESSION_get0_ticket(ticket, &bytes, &length);
            assert_int_equal(length == HELD_NAME_SIZE, held && lengths[i] < 500);
            struct visit again = {.version = TLS1_3_VERSION, .session = ticket, .record = "another"};
            visit(cast, &door, &again);
            assert_true(tls_stream_resumed(again.peers.stream));
            SSL_SESSION_free(ticket);
            ticket = again.peers.session;
            again.peers.session = NULL;
            peers_clear(&again.peers);
        }
        SSL_SESSION_free(ticket);
        record[lengths[i]] = 'r';
    }
    door_clear(&door);
}

static void an_altered_ticket_is_none(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    door_init(&door, cast, usual, false, NULL);
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        SSL_SESSION *ticket = ticket_of(cast, &door, versions[i], cast->world.client, "r");
        const unsigned char *bytes;
        size_t length;
        SSL_SESSION_get0_ticket(ticket, &bytes, &length);
        assert_true(length == HELD_NAME_SIZE || length > 64);
        assert_int_equal(length == HELD_NAME_SIZE, held && versions[i] == TLS1_3_VERSION);
        /* key name, IV, the first and the last bytes of the cipher text, MAC */
        const size_t places[] = {0, 20, 32, length / 2, length - 40, length - 1};
        for (size_t k = 0; k < LENGTH_OF(places); k++) {
            ((unsigned char *)(uintptr_t)bytes)[places[k] % length] ^= 1;
            struct visit again = {.version = versions[i], .cert = cast->world.client, .session = ticket};
            visit(cast, &door, &again);
            assert_int_equal(again.peers.status, STREAM_OK);
            assert_false(tls_stream_resumed(again.peers.stream));
            assert_int_equal(tls_stream_verdict(again.peers.stream)->reason, TRUST_ADMITTED);
            peers_clear(&again.peers);
            ((unsigned char *)(uintptr_t)bytes)[places[k] % length] ^= 1;
        }
        SSL_SESSION_free(ticket);
    }
    door_clear(&door);
}

static void a_client_that_is_refused_with_a_page_gets_no_ticket(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    door_init(&door, cast, usual, true, cast->world.client);
    const struct cert *clients[] = {NULL, cast->world.client};
    for (size_t i = 0; i < 2 * LENGTH_OF(versions); i++) {
        struct visit one = {.version = versions[i % 2], .cert = clients[i / 2], .record = "r"};
        visit(cast, &door, &one);
        assert_int_equal(one.peers.status, STREAM_OK);
        /* Even if the owner were to offer one. */
        tls_stream_offer_ticket(one.peers.stream, SLICE_LITERAL("r"));
        size_t count;
        assert_int_equal(stream_write(one.peers.stream, "page", 4, &count), STREAM_OK);
        read_all(&one.peers);
        assert_null(one.peers.session);
        assert_false(SSL_SESSION_is_resumable(SSL_get_session(one.peers.client)));
        peers_clear(&one.peers);
    }
    door_clear(&door);
}

static void with_a_page_a_ticket_of_one_who_is_now_refused_is_declined_too(void **state)
{
    const struct cast *cast = *state;
    struct door before, after;
    door_init(&before, cast, usual, true, NULL);
    door_init(&after, cast, usual, true, cast->world.client);
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        SSL_SESSION *ticket = ticket_of(cast, &before, versions[i], cast->world.client, "r");
        const struct cert *clients[] = {NULL, cast->world.client};
        const enum trust_reason reasons[] = {TRUST_NO_CERTIFICATE, TRUST_REVOKED};
        for (size_t k = 0; k < LENGTH_OF(clients); k++) {
            struct visit again = {
                .version = versions[i], .cert = clients[k], .session = ticket, .record = "r"};
            visit(cast, &after, &again);
            assert_int_equal(again.peers.status, STREAM_OK);
            assert_false(tls_stream_resumed(again.peers.stream));
            assert_int_equal(tls_stream_verdict(again.peers.stream)->reason, reasons[k]);
            assert_null(again.peers.session);
            peers_clear(&again.peers);
        }
        SSL_SESSION_free(ticket);
    }
    door_clear(&before);
    door_clear(&after);
}

/* Fields that hold the chain cannot be made from what a ticket of TLS 1.2 has. */
static void where_the_record_is_needed_a_ticket_without_one_is_not_made(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    struct tls_ticket_options options = usual;
    options.needs_record = true;
    door_init(&door, cast, options, false, NULL);
    assert_null(ticket_of(cast, &door, TLS1_2_VERSION, cast->world.client, "r"));
    char *large = calloc(1, TLS_TICKET_RECORD_MAX + 2);
    assert_non_null(large);
    memset(large, 'r', TLS_TICKET_RECORD_MAX + 1);
    const struct {
        const char *record;
        bool has_ticket, is_resumed;
    } cases[] = {{"r", true, true}, {"", true, false}, {large, false, false}, {large + 1, true, true}};
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        SSL_SESSION *ticket = ticket_of(cast, &door, TLS1_3_VERSION, cast->world.client, cases[i].record);
        assert_int_equal(ticket != NULL, cases[i].has_ticket);
        struct visit again = {.version = TLS1_3_VERSION, .cert = cast->world.client, .session = ticket};
        visit(cast, &door, &again);
        assert_int_equal(tls_stream_resumed(again.peers.stream), cases[i].is_resumed);
        peers_clear(&again.peers);
        SSL_SESSION_free(ticket);
    }
    free(large);
    door_clear(&door);
}

static void a_connection_gives_its_ticket_though_its_server_is_gone(void **state)
{
    const struct cast *cast = *state;
    struct door door, next;
    struct peers peers;
    size_t count;
    door_init(&door, cast, usual, false, NULL);
    door_init(&next, cast, usual, false, NULL);
    peers_init(&peers, cast, door.server,
               &(struct client_options){.version = TLS1_3_VERSION, .cert = cast->world.client});
    peers_shake_hands(&peers);
    tls_stream_offer_ticket(peers.stream, SLICE_LITERAL("r"));
    door_clear(&door);
    assert_int_equal(stream_write(peers.stream, "x", 1, &count), STREAM_OK);
    read_all(&peers);
    assert_non_null(peers.session);
    struct visit again = {.version = TLS1_3_VERSION, .session = peers.session};
    visit(cast, &next, &again);
    assert_true(tls_stream_resumed(again.peers.stream));
    peers_clear(&again.peers);
    peers_clear(&peers);
    door_clear(&next);
}

/* One that speaks TLS 1.3 too, to a server that does not. */
static void a_client_of_any_version_resumes_in_tls_1_2(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    highest = TLS1_2_VERSION;
    door_init(&door, cast, usual, false, NULL);
    SSL_SESSION *ticket = ticket_of(cast, &door, 0, cast->world.client, NULL);
    assert_non_null(ticket);
    struct visit again = {.session = ticket};
    visit(cast, &door, &again);
    assert_true(tls_stream_resumed(again.peers.stream));
    peers_clear(&again.peers);
    SSL_SESSION_free(ticket);
    door_clear(&door);
    highest = 0;
}

static void facts_are_read_as_they_were_written_and_not_otherwise(void **state)
{
    const struct cast *cast = *state;
    struct door door;
    struct trust_path path;
    struct ticket_facts facts;
    unsigned char bytes[TICKET_FACTS_MAX];
    door_init(&door, cast, usual, false, NULL);
    judge_ask(&door.judge, cast->world.client, NULL, 0, now_s, &path, NULL);
    size_t length = ticket_facts_write(-7, &path, SLICE_LITERAL("record"), bytes, sizeof bytes);
    assert_true(ticket_facts_read(bytes, length, &facts));
    assert_int_equal(facts.authenticated_s, -7);
    assert_true(slice_equal_text(facts.record, "record"));
    assert_memory_equal(&facts.path, &path, trust_path_size(&path));
    for (size_t i = 0; i < length - strlen("record"); i++)
        assert_false(ticket_facts_read(bytes, i, &facts));
    for (size_t i = 0; i < length; i++)
        assert_int_equal(ticket_facts_write(0, &path, SLICE_LITERAL("record"), bytes, i), 0);
    assert_int_equal(ticket_facts_write(-7, &path, SLICE_LITERAL("record"), bytes, sizeof bytes), length);
    bytes[0]++;
    assert_false(ticket_facts_read(bytes, length, &facts));
    door_clear(&door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_comes_again_is_resumed_as_who_it_was),
        cmocka_unit_test(one_ticket_goes_with_the_first_answer_and_none_unless_offered),
        cmocka_unit_test(the_record_comes_back_from_ticket_to_ticket),
        cmocka_unit_test(a_ticket_is_good_only_where_the_answer_is_still_yes),
        cmocka_unit_test(a_declined_ticket_is_no_certificate),
        cmocka_unit_test(the_age_counts_from_the_full_handshake_through_all_tickets),
        cmocka_unit_test(a_long_record_goes_into_the_ticket),
        cmocka_unit_test(an_altered_ticket_is_none),
        cmocka_unit_test(a_client_that_is_refused_with_a_page_gets_no_ticket),
        cmocka_unit_test(with_a_page_a_ticket_of_one_who_is_now_refused_is_declined_too),
        cmocka_unit_test(where_the_record_is_needed_a_ticket_without_one_is_not_made),
        cmocka_unit_test(a_connection_gives_its_ticket_though_its_server_is_gone),
        cmocka_unit_test(a_client_of_any_version_resumes_in_tls_1_2),
        cmocka_unit_test(facts_are_read_as_they_were_written_and_not_otherwise),
    };
    now_s = CERTS_NOW;
    int failed = cmocka_run_group_tests(tests, cast_set_up, cast_tear_down);
    held = true;
    return failed + cmocka_run_group_tests(tests, cast_set_up, cast_tear_down);
}
