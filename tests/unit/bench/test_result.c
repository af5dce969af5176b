/* A result says what was counted, and never calls the client's limit a figure of the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "result_write.h"
#include "text.h"

static const struct options options = {
    .mode = MODE_REQUEST, .url = "https://h/", .connections = 4, .threads = 1, .crl_entries = -1};

static void fill(struct tally *tally)
{
    tally_init(tally);
    tally->operations = 1000;
    tally->handshakes = 4;
    tally->content = 3000000;
    tally->seconds = 2;
    tally->cpu_s = 0.5;
    tally->cpu_share = tally->busy_share = 0.25;
    tally->status[2] = 1000;
    tally->status[5] = 3;
    snprintf(tally->tls.version, sizeof(tally->tls.version), "TLSv1.3");
    failures_add(&tally->failures, (struct failure){FAILURE_STATUS, 503}, 3);
    failures_add(&tally->failures, (struct failure){FAILURE_ALERT, 44}, 7);
    for (int i = 1; i <= 1000; i++)
        histogram_record(&tally->operation, i * 1000);
}

enum { TEXT_SIZE = 64 << 10 };

/* What is written of the result of a tally, which it takes. */
static const char *report(bool (*write)(const struct result *, struct buffer *), struct tally *tally,
                          char out[TEXT_SIZE])
{
    struct buffer buffer;
    struct result result;
    result_of_run(&result, &options, tally, &(struct result_server){0});
    buffer_init(&buffer, TEXT_SIZE - 1);
    assert_true(write(&result, &buffer));
    memcpy(out, buffer.data + buffer.begin, buffer_length(&buffer));
    out[buffer_length(&buffer)] = '\0';
    buffer_clear(&buffer);
    result_clear(&result);
    return out;
}

static void check(const char *text, const char *const *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strstr(text, expected[i]))
            fail_msg("'%s' is not in\n%s", expected[i], text);
    }
}

static void text_tells_rate_percentiles_and_causes(void **state)
{
    static const char *const expected[] = {
        "500.0 requests/s (1000 in 2.00 s)",
        "p50 500 us",
        "p99 990 us",
        "max 1.00 ms",
        "1.50 MB/s",
        "25 % of a core",
        "failures    10",
        "7  alert certificate_revoked\n           3  status 503",
    };
    char out[TEXT_SIZE];
    struct tally tally;
    (void)state;
    fill(&tally);
    check(report(text_write, &tally, out), expected, LENGTH_OF(expected));
    tally_clear(&tally);
}

static void json_tells_the_same(void **state)
{
    static const char *const expected[] = {
        "\"mode\":\"request\"",
        "\"operations\":1000",
        "\"server_rate\":500.00",
        "\"client_bound\":false",
        "\"content_bytes\":3000000",
        "\"p99\":990.",
        "\"5xx\":3",
        "\"failures_by_cause\":{\"alert certificate_revoked\":7,\"status 503\":3}",
    };
    char out[TEXT_SIZE];
    struct tally tally;
    (void)state;
    fill(&tally);
    check(report(result_write_json, &tally, out), expected, LENGTH_OF(expected));
    tally_clear(&tally);
}

static void a_client_bound_rate_is_no_figure_of_the_server(void **state)
{
    static const char *const in_json[] = {"\"client_rate\":500.00", "\"server_rate\":null",
                                          "\"client_bound\":true"};
    static const char *const in_text[] = {"no figure of the server", "client's own limit"};
    char out[TEXT_SIZE];
    struct tally tally;
    (void)state;
    fill(&tally);
    tally.busy_share = 0.95;
    check(report(result_write_json, &tally, out), in_json, LENGTH_OF(in_json));
    fill(&tally);
    tally.busy_share = 0.95;
    check(report(text_write, &tally, out), in_text, LENGTH_OF(in_text));
    assert_null(strstr(out, "requests/s (1000"));
    tally_clear(&tally);
}

static void an_idle_client_is_never_the_limit(void **state)
{
    struct options idle = options;
    struct tally tally;
    struct result result;
    (void)state;
    idle.mode = MODE_IDLE;
    fill(&tally);
    tally.busy_share = 1;
    result_of_run(&result, &idle, &tally, &(struct result_server){0});
    assert_false(result.is_client_bound);
    result_clear(&result);
}

static void sums_of_threads_add_up(void **state)
{
    struct tally sum, one, two;
    (void)state;
    tally_init(&sum);
    fill(&one);
    fill(&two);
    two.seconds = 3;
    two.busy_share = 0.5;
    tally_merge(&sum, &one);
    tally_merge(&sum, &two);
    assert_int_equal(sum.operations, 2000);
    assert_int_equal(sum.content, 6000000);
    assert_int_equal(sum.operation.total, 2000);
    assert_int_equal(sum.failures.total, 20);
    assert_int_equal(sum.status[5], 6);
    assert_true(sum.seconds > 2.9 && sum.cpu_s > 0.9 && sum.busy_share > 0.49 && sum.cpu_share < 0.3);
    assert_string_equal(sum.tls.version, "TLSv1.3");
    tally_clear(&sum);
    tally_clear(&one);
    tally_clear(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_tells_rate_percentiles_and_causes),
        cmocka_unit_test(json_tells_the_same),
        cmocka_unit_test(a_client_bound_rate_is_no_figure_of_the_server),
        cmocka_unit_test(an_idle_client_is_never_the_limit),
        cmocka_unit_test(sums_of_threads_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
