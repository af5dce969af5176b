#include "unit.h"

#include "postern/tls/server.h"
#include "ticket_secret.h"

static void a_secret_must_look_random(void **state)
{
    (void)state;
    char zeros[64] = {0}, counted[TLS_TICKET_SECRET_MAX + 1];
    for (size_t i = 0; i < sizeof counted; i++)
        counted[i] = (char)i;
    const struct {
        const char *name;
        struct slice secret;
        const char *expected; /* NULL: good */
    } table[] = {
        {"hex text", SLICE_LITERAL("4ad30d5ad2a54bbe0b36a2ac9a1b5dd4\n"), NULL},
        {"the shortest", slice_of(counted, TLS_TICKET_SECRET_MIN), NULL},
        {"the longest", slice_of(counted, TLS_TICKET_SECRET_MAX), NULL},
        {"a byte too short", slice_of(counted, TLS_TICKET_SECRET_MIN - 1), "31 bytes long"},
        {"a byte too long", slice_of(counted, TLS_TICKET_SECRET_MAX + 1), "1025 bytes long"},
        {"nothing", SLICE_LITERAL(""), "0 bytes long"},
        {"zeros", slice_of(zeros, sizeof zeros), "only 1 different"},
        {"a pattern", SLICE_LITERAL("abcdefgabcdefgabcdefgabcdefgabcdefg"), "only 7 different"},
    };
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        struct err err = {.line = 0};
        int result = ticket_secret_check(table[i].secret, &err);
        if ((result == 0) != (table[i].expected == NULL) ||
            (result != 0 && strstr(err.text, table[i].expected) == NULL))
            fail_msg("%s: %s", table[i].name, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_secret_must_look_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
