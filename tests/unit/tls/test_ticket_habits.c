#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ticket_habits.h"

static const unsigned char alice[TRUST_FINGERPRINT_SIZE] = {1, 2}, bob[TRUST_FINGERPRINT_SIZE] = {1, 3};

static unsigned tickets_in(struct ticket_habits *habits, unsigned handshakes)
{
    unsigned tickets = 0;
    for (unsigned i = 0; i < handshakes; i++)
        tickets += ticket_habits_full(habits, alice);
    return tickets;
}

static void who_never_resumes_gets_few_tickets(void **state)
{
    (void)state;
    struct ticket_habits habits = {{0}};
    assert_int_equal(tickets_in(&habits, TICKET_HABITS_VAIN), TICKET_HABITS_VAIN);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(tickets_in(&habits, TICKET_HABITS_EVERY - 1), 0);
        assert_int_equal(tickets_in(&habits, 1), 1);
    }
    assert_true(ticket_habits_full(&habits, bob));
}

static void who_resumes_once_gets_them_again(void **state)
{
    (void)state;
    struct ticket_habits habits = {{0}};
    assert_int_equal(tickets_in(&habits, 100), TICKET_HABITS_VAIN + 96 / TICKET_HABITS_EVERY);
    ticket_habits_resumed(&habits, bob);
    assert_int_equal(tickets_in(&habits, 1), 0);
    ticket_habits_resumed(&habits, alice);
    assert_int_equal(tickets_in(&habits, TICKET_HABITS_VAIN), TICKET_HABITS_VAIN);
    assert_int_equal(tickets_in(&habits, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_never_resumes_gets_few_tickets),
        cmocka_unit_test(who_resumes_once_gets_them_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
