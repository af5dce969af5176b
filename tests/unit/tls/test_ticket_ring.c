#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "postern/tls/init.h"
#include "ticket_ring.h"

static const unsigned char context[TICKET_CONTEXT_SIZE] = "a context",
                           other_context[TICKET_CONTEXT_SIZE] = "b";
static const char secret[] = "0123456789abcdef0123456789abcdef",
                  other_secret[] = "1123456789abcdef0123456789abcdef";

static struct ticket_ring *ring_of(const char *text, const unsigned char *where)
{
    struct ticket_ring *ring = ticket_ring_new(slice_text(text), where, 100);
    assert_non_null(ring);
    return ring;
}

static struct ticket_key key_at(const char *text, const unsigned char *where, int64_t now_s)
{
    struct ticket_ring *ring = ring_of(text, where);
    const struct ticket_key *key = ticket_ring_current(ring, now_s);
    assert_non_null(key);
    struct ticket_key copy = *key;
    ticket_ring_free(ring);
    return copy;
}

static bool same(const struct ticket_key *left, const struct ticket_key *right)
{
    return memcmp(left->name, right->name, sizeof(left->name)) == 0 &&
           memcmp(left->cipher, right->cipher, sizeof(left->cipher)) == 0 &&
           memcmp(left->mac, right->mac, sizeof(left->mac)) == 0 &&
           memcmp(left->held, right->held, sizeof(left->held)) == 0;
}

static bool nothing_in_common(const struct ticket_key *left, const struct ticket_key *right)
{
    return memcmp(left->name, right->name, sizeof(left->name)) != 0 &&
           memcmp(left->cipher, right->cipher, sizeof(left->cipher)) != 0 &&
           memcmp(left->mac, right->mac, sizeof(left->mac)) != 0 &&
           memcmp(left->held, right->held, sizeof(left->held)) != 0;
}

static void who_shares_secret_and_context_shares_keys(void **state)
{
    (void)state;
    struct ticket_key key = key_at(secret, context, 1000), again = key_at(secret, context, 1099);
    assert_true(same(&key, &again));
}

static void another_secret_context_or_period_is_another_key(void **state)
{
    (void)state;
    struct ticket_key key = key_at(secret, context, 1000);
    struct ticket_key others[] = {key_at(other_secret, context, 1000), key_at(secret, other_context, 1000),
                                  key_at(secret, context, 1100), key_at(secret, context, 999)};
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        assert_true(nothing_in_common(&key, &others[i]));
    assert_memory_not_equal(key.cipher, key.mac, sizeof(key.cipher));
}

static void a_key_decrypts_in_its_period_and_the_two_beside_it(void **state)
{
    (void)state;
    static const struct {
        int64_t now_s;
        bool found;
    } cases[] = {{1000, true}, {1099, true}, {1100, true}, {1199, true}, {1200, false},
                 {999, true},  {900, true},  {899, false}, {1000, true}, {9000, false}};
    struct ticket_key made = key_at(secret, context, 1000);
    struct ticket_ring *ring = ring_of(secret, context);
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        const struct ticket_key *key = ticket_ring_find(ring, made.name, cases[i].now_s);
        if ((key != NULL) != cases[i].found)
            fail_msg("at %d", (int)cases[i].now_s);
        if (key != NULL)
            assert_true(same(key, &made));
    }
    ticket_ring_free(ring);
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
        cmocka_unit_test(who_shares_secret_and_context_shares_keys),
        cmocka_unit_test(another_secret_context_or_period_is_another_key),
        cmocka_unit_test(a_key_decrypts_in_its_period_and_the_two_beside_it),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
