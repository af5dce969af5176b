/* Failures are counted by cause, and a cause has a name that can be searched for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "failure.h"
#include "postern/base/attributes.h"
#include "postern/http/result.h"

static void each_cause_has_its_label(void **state)
{
    static const struct {
        struct failure failure;
        const char *label;
    } cases[] = {
        {{FAILURE_CONNECT, ECONNREFUSED}, "connect: Connection refused"},
        {{FAILURE_CONNECT_TIMEOUT, 0}, "connect timeout"},
        {{FAILURE_HANDSHAKE_CLOSED, 0}, "closed in handshake"},
        {{FAILURE_ALERT, 44}, "alert certificate_revoked"},
        {{FAILURE_ALERT, 116}, "alert certificate_required"},
        {{FAILURE_ALERT, 48}, "alert unknown_ca"},
        {{FAILURE_ALERT, 200}, "alert 200"},
        {{FAILURE_SERVER_CERTIFICATE, X509_V_ERR_CERT_HAS_EXPIRED},
         "server certificate refused: certificate has expired"},
        {{FAILURE_TLS, SSL_R_WRONG_VERSION_NUMBER}, "TLS error: wrong version number"},
        {{FAILURE_IO, ECONNRESET}, "connection: Connection reset by peer"},
        {{FAILURE_IO, 99999}, "connection: 99999"},
        {{FAILURE_TRUNCATED, 0}, "response cut off"},
        {{FAILURE_BAD_RESPONSE, HTTP_CHUNK_SIZE}, "bad response: chunk_size"},
        {{FAILURE_STATUS, 503}, "status 503"},
        {{FAILURE_HELD_LOST, 0}, "idle connection ended by the server"},
    };
    char label[FAILURE_LABEL_SIZE];
    (void)state;
    assert_int_equal(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL), 1);
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        assert_string_equal(failure_label(cases[i].failure, label), cases[i].label);
}

static void every_kind_has_a_label(void **state)
{
    char label[FAILURE_LABEL_SIZE];
    (void)state;
    for (int kind = 0; kind < FAILURE_KIND_COUNT; kind++)
        assert_true(strlen(failure_label((struct failure){(enum failure_kind)kind, 0}, label)) > 4);
}

static uint64_t count_of(const struct failures *failures, enum failure_kind kind, int detail)
{
    for (unsigned i = 0; i < failures->cause_count; i++) {
        const struct failure_count *cause = &failures->causes[i];
        if (cause->failure.kind == kind && cause->failure.detail == detail)
            return cause->count;
    }
    return 0;
}

static void the_same_cause_is_counted_together_and_another_apart(void **state)
{
    struct failures failures = {0}, more = {0};
    (void)state;
    failures_add(&failures, (struct failure){FAILURE_STATUS, 500}, 1);
    failures_add(&failures, (struct failure){FAILURE_STATUS, 503}, 2);
    failures_add(&more, (struct failure){FAILURE_STATUS, 503}, 5);
    failures_add(&more, (struct failure){FAILURE_ALERT, 44}, 1);
    failures_merge(&failures, &more);
    assert_int_equal(count_of(&failures, FAILURE_STATUS, 500), 1);
    assert_int_equal(count_of(&failures, FAILURE_STATUS, 503), 7);
    assert_int_equal(count_of(&failures, FAILURE_ALERT, 44), 1);
    assert_int_equal(failures.total, 9);
    assert_int_equal(failures.cause_count, 3);
}

static void the_most_frequent_comes_first(void **state)
{
    struct failures failures = {0};
    (void)state;
    failures_add(&failures, (struct failure){FAILURE_STATUS, 500}, 1);
    failures_add(&failures, (struct failure){FAILURE_CLOSED, 0}, 3);
    failures_add(&failures, (struct failure){FAILURE_TRUNCATED, 0}, 2);
    failures_sort(&failures);
    assert_int_equal(failures.causes[0].failure.kind, FAILURE_CLOSED);
    assert_int_equal(failures.causes[1].failure.kind, FAILURE_TRUNCATED);
    assert_int_equal(failures.causes[2].failure.kind, FAILURE_STATUS);
}

static void more_causes_than_places_are_counted_as_other(void **state)
{
    struct failures failures = {0};
    (void)state;
    for (int status = 0; status < 3 * FAILURE_CAUSES_MAX; status++)
        failures_add(&failures, (struct failure){FAILURE_STATUS, status}, 1);
    failures_add(&failures, (struct failure){FAILURE_STATUS, 0}, 1);
    assert_int_equal(failures.cause_count, FAILURE_CAUSES_MAX);
    assert_int_equal(failures.total, 3 * FAILURE_CAUSES_MAX + 1);
    assert_int_equal(count_of(&failures, FAILURE_STATUS, 0), 2);
    assert_int_equal(count_of(&failures, FAILURE_OTHER, 0), 2 * FAILURE_CAUSES_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_has_its_label),
        cmocka_unit_test(every_kind_has_a_label),
        cmocka_unit_test(the_same_cause_is_counted_together_and_another_apart),
        cmocka_unit_test(the_most_frequent_comes_first),
        cmocka_unit_test(more_causes_than_places_are_counted_as_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
