#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "held_sessions.h"
#include "postern/tls/init.h"

static const unsigned char here[TICKET_CONTEXT_SIZE] = "here", elsewhere[TICKET_CONTEXT_SIZE] = "elsewhere";
static const unsigned char key[48] = "the pre-shared key";
#define FACTS    "who it is"
#define PERIOD_S 100
#define NOW_S    1000

/* One worker, with the memory that it shares with others. */
struct worker {
    struct ticket_ring *ring;
    struct held_sessions *sessions;
};

static _Alignas(8) unsigned char memory[2 * HELD_SET_SIZE];
static SSL_CTX *context;
static SSL *ssl;

static struct worker worker_of(const char *secret, const unsigned char *where)
{
    struct worker worker = {.ring = ticket_ring_new(slice_text(secret), where, PERIOD_S)};
    assert_non_null(worker.ring);
    worker.sessions = held_sessions_new(memory, sizeof memory, worker.ring);
    assert_non_null(worker.sessions);
    return worker;
}

static struct worker usual_worker(void)
{
    return worker_of("0123456789abcdef0123456789abcdef", here);
}

static void worker_clear(struct worker *worker)
{
    held_sessions_free(worker->sessions);
    ticket_ring_free(worker->ring);
}

/* Names that differ only behind the bytes that choose a set fall into one. */
static void name_of(unsigned char number, unsigned char out[HELD_NAME_SIZE])
{
    memset(out, 7, HELD_NAME_SIZE);
    out[HELD_NAME_SIZE - 1] = number;
}

static void put_facts(const struct worker *worker, unsigned char number, const void *facts, size_t length,
                      int64_t now_us)
{
    unsigned char name[HELD_NAME_SIZE];
    SSL_SESSION *session = SSL_SESSION_new();
    name_of(number, name);
    assert_int_equal(SSL_SESSION_set1_id(session, name, sizeof name), 1);
    assert_int_equal(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, (const unsigned char *)"\x13\x01")),
                     1);
    assert_int_equal(SSL_SESSION_set1_master_key(session, key, sizeof key), 1);
    SSL_SESSION_set_timeout(session, 1234);
    SSL_SESSION_set_time(session, 5678);
    if (length > 0)
        assert_int_equal(SSL_SESSION_set1_ticket_appdata(session, facts, length), 1);
    held_sessions_put(worker->sessions, session, NOW_S, now_us);
    SSL_SESSION_free(session);
}

static void put(const struct worker *worker, unsigned char number)
{
    put_facts(worker, number, FACTS, strlen(FACTS), 1);
}

static SSL_SESSION *find_at(const struct worker *worker, unsigned char number, int64_t now_s)
{
    unsigned char name[HELD_NAME_SIZE];
    name_of(number, name);
    return held_sessions_find(worker->sessions, ssl, slice_of((const char *)name, sizeof name), now_s);
}

static bool has(const struct worker *worker, unsigned char number)
{
    SSL_SESSION *session = find_at(worker, number, NOW_S);
    SSL_SESSION_free(session);
    return session != NULL;
}

static void what_one_worker_puts_another_finds_as_it_was(void **state)
{
    (void)state;
    struct worker worker = usual_worker(), other = usual_worker();
    unsigned char found_key[SSL_MAX_MASTER_KEY_LENGTH];
    void *facts = NULL;
    size_t length = 0;
    put(&worker, 1);
    SSL_SESSION *session = find_at(&other, 1, NOW_S);
    assert_non_null(session);
    assert_int_equal(SSL_SESSION_get_protocol_version(session), TLS1_3_VERSION);
    assert_int_equal(SSL_CIPHER_get_protocol_id(SSL_SESSION_get0_cipher(session)), 0x1301);
    assert_int_equal(SSL_SESSION_get_master_key(session, found_key, sizeof found_key), sizeof key);
    assert_memory_equal(found_key, key, sizeof key);
    assert_int_equal(SSL_SESSION_get_timeout(session), 1234);
    assert_int_equal(SSL_SESSION_get_time(session), 5678);
    assert_int_equal(SSL_SESSION_get0_ticket_appdata(session, &facts, &length), 1);
    assert_int_equal(length, strlen(FACTS));
    assert_memory_equal(facts, FACTS, length);
    assert_null(SSL_SESSION_get0_peer(session));
    SSL_SESSION_free(session);
    worker_clear(&worker);
    worker_clear(&other);
}

static void nothing_is_found_by_another_name_secret_context_or_in_another_time(void **state)
{
    (void)state;
    struct worker worker = usual_worker(), stranger = worker_of("another secret: 0123456789abcdef", here),
                  away = worker_of("0123456789abcdef0123456789abcdef", elsewhere);
    unsigned char name[HELD_NAME_SIZE];
    put(&worker, 1);
    put_facts(&worker, 3, NULL, 0, 1); /* of whom nothing is known */
    name_of(1, name);
    assert_true(has(&worker, 1));
    assert_false(has(&worker, 2));
    assert_false(has(&worker, 3));
    assert_false(has(&stranger, 1));
    assert_false(has(&away, 1));
    assert_null(
        held_sessions_find(worker.sessions, ssl, slice_of((const char *)name, sizeof name - 1), NOW_S));
    SSL_SESSION *later = find_at(&worker, 1, NOW_S + 2 * PERIOD_S - 1);
    assert_non_null(later);
    SSL_SESSION_free(later);
    assert_null(find_at(&worker, 1, NOW_S + 2 * PERIOD_S));
    worker_clear(&worker);
    worker_clear(&stranger);
    worker_clear(&away);
}

static void what_has_no_room_is_not_kept(void **state)
{
    (void)state;
    struct worker worker = usual_worker();
    unsigned char facts[HELD_PLACE_SIZE] = {1};
    size_t most = 0;
    while (held_sessions_has_room(most + 1))
        most++;
    assert_in_range(most, 800, HELD_PLACE_SIZE - 100);
    put_facts(&worker, 1, facts, most, 1);
    put_facts(&worker, 2, facts, most + 1, 2);
    assert_true(has(&worker, 1));
    assert_false(has(&worker, 2));
    worker_clear(&worker);
}

static void the_oldest_of_a_set_goes(void **state)
{
    (void)state;
    struct worker worker = usual_worker();
    for (unsigned char i = 0; i < HELD_WAYS; i++)
        put_facts(&worker, i, FACTS, strlen(FACTS), i == 2 ? 10 : 20 + i);
    assert_true(has(&worker, 2));
    put_facts(&worker, HELD_WAYS, FACTS, strlen(FACTS), 30);
    for (unsigned char i = 0; i <= HELD_WAYS; i++)
        assert_int_equal(has(&worker, i), i != 2);
    worker_clear(&worker);
}

/* Another process may write at any time, and may be an enemy's. */
static void what_was_changed_by_others_is_not_found(void **state)
{
    (void)state;
    struct worker worker = usual_worker();
    put(&worker, 1);
    unsigned char *place = memory, name[HELD_NAME_SIZE], whole[HELD_PLACE_SIZE];
    size_t refused = 0;
    name_of(1, name);
    while (memcmp(place, name, sizeof name) != 0)
        place += HELD_PLACE_SIZE;
    memcpy(whole, place, sizeof whole);
    for (size_t i = 0; i < 8 * HELD_PLACE_SIZE; i++) {
        place[i / 8] ^= (unsigned char)(1 << i % 8);
        refused += !has(&worker, 1);
        memcpy(place, whole, sizeof whole);
    }
    /* But for its age, which is known to all, and what lies behind its end. */
    assert_in_range(refused, 8 * (HELD_NAME_SIZE + 4 + 16 + 12 + 16 + strlen(FACTS)),
                    8 * HELD_PLACE_SIZE / 4);
    name_of(2, place); /* under another name */
    assert_false(has(&worker, 2));
    memset(memory, 0xff, sizeof memory);
    assert_false(has(&worker, 1));
    worker_clear(&worker);
}

static int empty(void **state)
{
    (void)state;
    memset(memory, 0, sizeof memory);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    tls_init();
    context = SSL_CTX_new(TLS_method());
    ssl = SSL_new(context);
    return ssl != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    SSL_free(ssl);
    SSL_CTX_free(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_one_worker_puts_another_finds_as_it_was, empty),
        cmocka_unit_test_setup(nothing_is_found_by_another_name_secret_context_or_in_another_time, empty),
        cmocka_unit_test_setup(what_has_no_room_is_not_kept, empty),
        cmocka_unit_test_setup(the_oldest_of_a_set_goes, empty),
        cmocka_unit_test_setup(what_was_changed_by_others_is_not_found, empty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
