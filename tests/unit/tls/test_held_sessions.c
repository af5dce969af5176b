#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "held_sessions.h"
#include "postern/tls/init.h"

static const unsigned char here[HELD_TICKET_CTX] = "here", elsewhere[HELD_TICKET_CTX] = "elsewhere";
static const unsigned char key[48] = "the pre-shared key";
#define FACTS "who it is"

/* Names that differ only behind the bytes that choose a set fall into one. */
static void name_of(unsigned char number, unsigned char out[HELD_NAME_SIZE])
{
    memset(out, 7, HELD_NAME_SIZE);
    out[HELD_NAME_SIZE - 1] = number;
}

static void put(struct held_sessions *sessions, unsigned char number, bool with_facts)
{
    unsigned char name[HELD_NAME_SIZE], facts[] = FACTS;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(context);
    SSL_SESSION *session = SSL_SESSION_new();
    name_of(number, name);
    assert_int_equal(SSL_SESSION_set1_id(session, name, sizeof name), 1);
    assert_int_equal(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, (const unsigned char *)"\x13\x01")),
                     1);
    assert_int_equal(SSL_SESSION_set1_master_key(session, key, sizeof key), 1);
    SSL_SESSION_set_timeout(session, 1234);
    if (with_facts)
        assert_int_equal(SSL_SESSION_set1_ticket_appdata(session, facts, strlen(FACTS)), 1);
    held_sessions_put(sessions, here, session);
    SSL_SESSION_free(session);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

static SSL_SESSION *find(struct held_sessions *sessions, unsigned char number, const unsigned char *context)
{
    unsigned char name[HELD_NAME_SIZE];
    name_of(number, name);
    return held_sessions_find(sessions, context, slice_of((const char *)name, sizeof name));
}

static bool has(struct held_sessions *sessions, unsigned char number)
{
    SSL_SESSION *session = find(sessions, number, here);
    SSL_SESSION_free(session);
    return session != NULL;
}

static void what_is_held_is_found_as_it_was(void **state)
{
    (void)state;
    struct held_sessions *sessions = held_sessions_new();
    unsigned char found_key[SSL_MAX_MASTER_KEY_LENGTH];
    void *facts = NULL;
    size_t length = 0;
    put(sessions, 1, true);
    SSL_SESSION *session = find(sessions, 1, here);
    assert_non_null(session);
    assert_int_equal(SSL_SESSION_get_protocol_version(session), TLS1_3_VERSION);
    assert_int_equal(SSL_SESSION_get_master_key(session, found_key, sizeof found_key), sizeof key);
    assert_memory_equal(found_key, key, sizeof key);
    assert_int_equal(SSL_SESSION_get_timeout(session), 1234);
    assert_int_equal(SSL_SESSION_get0_ticket_appdata(session, &facts, &length), 1);
    assert_int_equal(length, strlen(FACTS));
    assert_memory_equal(facts, FACTS, length);
    assert_null(SSL_SESSION_get0_peer(session));
    SSL_SESSION_free(session);
    held_sessions_unref(sessions);
}

static void nothing_is_found_under_another_name_or_in_another_context(void **state)
{
    (void)state;
    struct held_sessions *sessions = held_sessions_new();
    unsigned char name[HELD_NAME_SIZE];
    put(sessions, 1, true);
    put(sessions, 3, false); /* of whom nothing is known */
    name_of(1, name);
    assert_null(find(sessions, 2, here));
    assert_null(find(sessions, 3, here));
    assert_null(find(sessions, 1, elsewhere));
    assert_null(held_sessions_find(sessions, here, slice_of((const char *)name, sizeof name - 1)));
    assert_true(has(sessions, 1));
    held_sessions_unref(sessions);
}

static void the_oldest_of_a_set_goes(void **state)
{
    (void)state;
    struct held_sessions *sessions = held_sessions_new(), *shared = held_sessions_ref(sessions);
    for (unsigned char i = 0; i < HELD_WAYS; i++)
        put(sessions, i, true);
    assert_true(has(sessions, 0));
    put(sessions, HELD_WAYS, true);
    held_sessions_unref(sessions);
    assert_false(has(shared, 0));
    for (unsigned char i = 1; i <= HELD_WAYS; i++)
        assert_true(has(shared, i));
    held_sessions_unref(shared);
}

static int set_up(void **state)
{
    (void)state;
    tls_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_is_found_as_it_was),
        cmocka_unit_test(nothing_is_found_under_another_name_or_in_another_context),
        cmocka_unit_test(the_oldest_of_a_set_goes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
