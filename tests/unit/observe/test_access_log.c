#include "postern/observe/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct access_record sample = {
    .time_ms = 1772366400123,
    .request_id = "r1",
    .client = "10.0.0.1:4711",
    .common_name = {"alice", 5},
    .serial = {"0A", 2},
    .method = {"GET", 3},
    .target = {"/x\r\n\"\x1b", 6},
    .status = 200,
    .duration_us = 1500,
    .upstream_us = -1,
    .bytes_in = 1,
    .bytes_out = 2,
    .verdict = "admitted",
    .tls_version = "TLSv1.3",
    .cipher = "TLS_AES_128_GCM_SHA256",
    .generation = 7,
};

static char text[2 * 1024 * 1024];

static const char *drain(int fd)
{
    size_t length = 0;
    ssize_t count;
    while ((count = read(fd, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    return text;
}

static void a_json_line_has_every_field_of_the_contract(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct access_log *log = access_log_new(ends[1], LOG_JSON);
    access_log_write(log, &sample);
    assert_true(access_log_is_pending(log));
    assert_string_equal(drain(ends[0]), "");
    access_log_flush(log);
    assert_false(access_log_is_pending(log));
    assert_string_equal(
        drain(ends[0]),
        "{\"time\":\"2026-03-01T12:00:00.123Z\",\"request_id\":\"r1\",\"client\":\"10.0.0.1:4711\",\"cn\":"
        "\"alice\","
        "\"serial\":\"0A\",\"subject\":null,\"method\":\"GET\",\"target\":\"/"
        "x\\r\\n\\\"\\u001b\",\"host\":null,"
        "\"status\":200,\"duration_ms\":1.500,\"upstream_ms\":null,\"bytes_in\":1,\"bytes_out\":2,"
        "\"verdict\":\"admitted\",\"reason\":null,\"detail\":null,\"tls_version\":\"TLSv1.3\","
        "\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"resumed\":null,\"upstream\":null,\"user_agent\":null,"
        "\"generation\":7}\n");
    access_log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static void each_line_has_its_own_time(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ms;
        const char *text;
    } TIMES[] = {
        {1772366400123, "\"2026-03-01T12:00:00.123Z\""},
        {1772366400009, "\"2026-03-01T12:00:00.009Z\""},
        {1772366400999, "\"2026-03-01T12:00:00.999Z\""},
        {1772366401000, "\"2026-03-01T12:00:01.000Z\""},
        {1772366400500, "\"2026-03-01T12:00:00.500Z\""},
        {0, "\"1970-01-01T00:00:00.000Z\""},
        {7, "\"1970-01-01T00:00:00.007Z\""},
        {1772366400000, "\"2026-03-01T12:00:00.000Z\""},
    };
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct access_log *log = access_log_new(ends[1], LOG_JSON);
    for (size_t i = 0; i < sizeof TIMES / sizeof TIMES[0]; i++) {
        struct access_record record = sample;
        record.time_ms = TIMES[i].time_ms;
        access_log_write(log, &record);
        access_log_flush(log);
        assert_non_null(strstr(drain(ends[0]), TIMES[i].text));
    }
    access_log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static void a_text_line_is_one_line_whatever_the_client_sent(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct access_log *log = access_log_new(ends[1], LOG_TEXT);
    access_log_write(log, &sample);
    access_log_free(log);
    drain(ends[0]);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_non_null(strstr(text, "target=\"/x\\x0D\\x0A"));
    assert_non_null(strstr(text, "duration_ms=1.500 upstream_ms=-"));
    assert_null(strchr(text, '\x1b'));
    close(ends[0]);
    close(ends[1]);
}

static void a_sink_that_does_not_take_lines_costs_lines_not_memory(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct access_log *log = access_log_new(ends[1], LOG_JSON);
    for (int i = 0; i < 10000; i++)
        access_log_write(log, &sample);
    uint64_t dropped = access_log_dropped(log);
    assert_true(dropped > 0);
    for (int i = 0; i < 1000 && access_log_is_pending(log); i++) {
        drain(ends[0]);
        access_log_flush(log);
    }
    drain(ends[0]);
    char told[64];
    snprintf(told, sizeof told, "{\"access_log_dropped\":%llu}\n", (unsigned long long)dropped);
    assert_non_null(strstr(text, told));
    access_log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static void a_full_disk_is_told_and_its_end_too(void **state)
{
    (void)state;
    int ends[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct access_log *log = access_log_new(full, LOG_JSON);
    assert_int_equal(access_log_error(log), 0);
    access_log_write(log, &sample);
    access_log_flush(log);
    assert_int_equal(access_log_error(log), ENOSPC);
    assert_true(access_log_is_pending(log));
    access_log_set_fd(log, ends[1]);
    assert_int_equal(access_log_error(log), 0);
    access_log_flush(log);
    assert_non_null(strstr(drain(ends[0]), "\"request_id\""));
    for (int i = 0; i < 10000; i++) /* a reader that is slow is no such thing */
        access_log_write(log, &sample);
    assert_int_equal(access_log_error(log), 0);
    access_log_free(log);
    close(ends[0]);
    close(ends[1]);
    close(full);
}

static void off_is_off(void **state)
{
    (void)state;
    struct access_log *log = access_log_new(-1, LOG_JSON);
    access_log_write(log, &sample);
    assert_false(access_log_is_pending(log));
    access_log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_line_has_every_field_of_the_contract),
        cmocka_unit_test(each_line_has_its_own_time),
        cmocka_unit_test(a_text_line_is_one_line_whatever_the_client_sent),
        cmocka_unit_test(a_sink_that_does_not_take_lines_costs_lines_not_memory),
        cmocka_unit_test(a_full_disk_is_told_and_its_end_too),
        cmocka_unit_test(off_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
