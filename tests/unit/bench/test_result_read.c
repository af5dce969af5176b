/* A result that was written is read back as it was; JSON that is no result is refused with the field that is
 * wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "result_read.h"
#include "result_write.h"

#define HEAD "{\"schema\":\"postern-bench/1\",\"mode\":\"request\""

static void what_was_written_is_read_back(void **state)
{
    static const struct options options = {.mode = MODE_HANDSHAKE,
                                           .url = "https://h/",
                                           .label = "caf\xc3\xa9",
                                           .scenario = "s",
                                           .connections = 7,
                                           .threads = 2,
                                           .crl_entries = 1000};
    const struct result_server server = {true, 1.5, 100, 200};
    struct tally tally;
    struct result result;
    struct result_list list = {0};
    struct buffer out;
    struct err err = {0};
    (void)state;
    tally_init(&tally);
    tally.operations = 1000;
    tally.seconds = 2;
    tally.busy_share = 0.95;
    failures_add(&tally.failures, (struct failure){FAILURE_ALERT, 44}, 3);
    for (int i = 1; i <= 1000; i++)
        histogram_record(&tally.operation, i * 12345);
    series_at(&tally.series, 60000000000)->operations = 1000;
    result_of_run(&result, &options, &tally, &server);
    buffer_init(&out, 1 << 20);
    assert_true(result_write_json(&result, &out));
    assert_int_equal(result_list_parse(&list, buffer_view(&out), "x", &err), 0);
    assert_int_equal(list.count, 1);
    const struct result *back = list.items[0];
    assert_string_equal(back->label, "caf\xc3\xa9");
    assert_int_equal(back->mode, MODE_HANDSHAKE);
    assert_int_equal(back->crl_entries, 1000);
    assert_true(back->is_client_bound && back->server.is_known && back->server.cpu_s > 1.4);
    assert_int_equal(back->server.memory_end_kib, 200);
    assert_int_equal(back->cause_count, 1);
    assert_string_equal(back->causes[0].label, "alert certificate_revoked");
    assert_int_equal(back->tally.operation.total, 1000);
    for (double percent = 1; percent <= 100; percent++)
        assert_int_equal(histogram_percentile(&back->tally.operation, percent),
                         histogram_percentile(&result.tally.operation, percent));
    assert_int_equal(back->tally.operation.min_ns, 12345);
    assert_int_equal(back->tally.series.interval_ns, result.tally.series.interval_ns);
    assert_int_equal(back->tally.series.slots[150].operations, 1000);
    buffer_clear(&out);
    result_list_clear(&list);
    result_clear(&result);
}

static void what_is_no_result_is_refused(void **state)
{
    static const struct {
        const char *name, *json, *complaint;
    } cases[] = {
        {"nothing", "", "no JSON"},
        {"half", HEAD, "no JSON"},
        {"a member twice", HEAD ",\"mode\":\"idle\"}", "no JSON"},
        {"a number", "7", "no JSON"},
        {"another schema", "{\"schema\":\"other/1\",\"mode\":\"request\"}", "\"schema\""},
        {"no schema", "{\"mode\":\"request\"}", "\"schema\""},
        {"an element that is no object", "[" HEAD "},1]", "\"schema\""},
        {"an unknown mode", "{\"schema\":\"postern-bench/1\",\"mode\":\"x\"}", "\"mode\""},
        {"a label that is no text", HEAD ",\"label\":1}", "\"label\""},
        {"a negative count", HEAD ",\"operations\":-1}", "\"operations\""},
        {"a count out of range", HEAD ",\"operations\":1e300}", "\"operations\""},
        {"a count that is text", HEAD ",\"failures\":\"7\"}", "\"failures\""},
        {"a cause without a count", HEAD ",\"failures_by_cause\":{\"x\":\"y\"}}", "\"x\""},
        {"a distribution without counters", HEAD ",\"latency_us\":{\"count\":3,\"min\":1}}",
         "\"latency_us\""},
        {"a distribution that does not add up",
         HEAD ",\"latency_us\":{\"count\":3,\"min\":1,\"mean\":1,\"histogram\":[[1,2]]}}", "adds up"},
        {"a minimum above all", HEAD ",\"gap_us\":{\"count\":1,\"min\":9,\"histogram\":[[1,1]]}}", "\"min\""},
        {"a value below zero", HEAD ",\"gap_us\":{\"count\":1,\"min\":0,\"histogram\":[[-1,1]]}}",
         "\"gap_us\""},
        {"a pair of three", HEAD ",\"gap_us\":{\"count\":1,\"min\":0,\"histogram\":[[1,1,1]]}}", "pairs"},
        {"an odd interval", HEAD ",\"series\":{\"interval_s\":0.3,\"operations\":[]}}", "\"interval_s\""},
        {"a series of text", HEAD ",\"series\":{\"interval_s\":0.1,\"operations\":[-1],\"failures\":[0]}}",
         "\"series\""},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct result_list list = {0};
        struct err err = {0};
        char text[2048];
        print_message("%s\n", cases[i].name);
        assert_int_equal(result_list_parse(&list, slice_text(cases[i].json), "r.json", &err), -1);
        err_format(&err, text, sizeof(text));
        if (!strstr(text, cases[i].complaint) || !strstr(text, "r.json"))
            fail_msg("%s", text);
        result_list_clear(&list);
    }
}

static void several_results_may_be_in_one_file(void **state)
{
    struct result_list list = {0};
    struct err err = {0};
    (void)state;
    assert_int_equal(result_list_parse(&list, slice_text("[" HEAD "}," HEAD ",\"label\":\"b\"}]"), "x", &err),
                     0);
    assert_int_equal(result_list_parse(&list, slice_text(HEAD "}"), "y", &err), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[1]->label, "b");
    assert_int_equal(list.items[0]->crl_entries, -1);
    result_list_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(what_is_no_result_is_refused),
        cmocka_unit_test(several_results_may_be_in_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
