#include "postern/observe/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t fixed_ms(void *context)
{
    (void)context;
    return 1772366400123; /* 2026-03-01T12:00:00.123Z */
}

static const struct clock fixed_clock = {.wall_ms = fixed_ms, .monotonic_us = fixed_ms};

static const char *drain(int fd)
{
    static char text[65536];
    ssize_t count = read(fd, text, sizeof text - 1);
    text[count > 0 ? count : 0] = '\0';
    return text;
}

struct fixture {
    int ends[2];
    struct log *log;
};

static void start(struct fixture *fixture, enum log_format format)
{
    assert_int_equal(pipe2(fixture->ends, O_NONBLOCK | O_CLOEXEC), 0);
    fixture->log = log_new(fixture->ends[1], format, LEVEL_INFO, "worker 0", &fixed_clock);
}

static void stop(struct fixture *fixture)
{
    log_free(fixture->log);
    close(fixture->ends[0]);
    close(fixture->ends[1]);
}

static void a_text_line_has_time_level_process_and_fields(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, LOG_TEXT);
    const struct log_field fields[] = {
        {"reason", "revoked"}, {"left_out", NULL}, {"subject", "CN=a b"}, {NULL, NULL}};
    log_event(fixture.log, LEVEL_WARNING, fields, "client %s refused", "10.0.0.1");
    assert_string_equal(drain(fixture.ends[0]),
                        "2026-03-01T12:00:00.123Z warning worker 0: client 10.0.0.1 refused "
                        "reason=revoked subject=\"CN=a b\"\n");
    stop(&fixture);
}

static void a_json_line_is_one_object(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, LOG_JSON);
    const struct log_field fields[] = {{"reason", "revoked"}, {NULL, NULL}};
    log_event(fixture.log, LEVEL_INFO, fields, "said \"no\"");
    assert_string_equal(drain(fixture.ends[0]),
                        "{\"time\":\"2026-03-01T12:00:00.123Z\",\"level\":\"info\",\"process\":\"worker 0\","
                        "\"event\":\"said \\\"no\\\"\",\"reason\":\"revoked\"}\n");
    stop(&fixture);
}

/* G1: what a client says can neither begin a line of its own nor reach a terminal as an escape. */
static void nothing_from_outside_forges_a_line(void **state)
{
    (void)state;
    for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
        struct fixture fixture;
        start(&fixture, (enum log_format)format);
        const struct log_field fields[] = {{"uri", "a\r\nforged\x1b[2J\"\x80"}, {NULL, NULL}};
        log_event(fixture.log, LEVEL_INFO, fields, "name %s", "b\nforged\x1b[2J\xff");
        const char *text = drain(fixture.ends[0]);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
        assert_null(strchr(text, '\r'));
        assert_null(strchr(text, '\x1b'));
        stop(&fixture);
    }
}

static void a_line_below_the_level_is_not_written(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, LOG_TEXT);
    log_line(fixture.log, LEVEL_DEBUG, "quiet");
    assert_string_equal(drain(fixture.ends[0]), "");
    log_line(NULL, LEVEL_ERROR, "no log is no error");
    stop(&fixture);
}

static void a_full_sink_is_counted_and_told(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, LOG_TEXT);
    int capacity = fcntl(fixture.ends[1], F_SETPIPE_SZ, 4096);
    assert_true(capacity >= 4096);
    static char filler[65536];
    memset(filler, 'x', sizeof filler);
    while (write(fixture.ends[1], filler, 1) == 1)
        ;
    log_line(fixture.log, LEVEL_INFO, "lost");
    log_line(fixture.log, LEVEL_INFO, "lost too");
    while (*drain(fixture.ends[0]) != '\0')
        ;
    log_line(fixture.log, LEVEL_INFO, "found");
    assert_non_null(strstr(drain(fixture.ends[0]), "found log_lines_dropped=2\n"));
    log_line(fixture.log, LEVEL_INFO, "told once");
    assert_null(strstr(drain(fixture.ends[0]), "dropped"));
    stop(&fixture);
}

static void a_long_sentence_is_cut_and_says_so(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture, LOG_TEXT);
    char sentence[4000];
    memset(sentence, 'a', sizeof sentence);
    sentence[sizeof sentence - 1] = '\0';
    log_line(fixture.log, LEVEL_INFO, "%s", sentence);
    const char *text = drain(fixture.ends[0]);
    assert_non_null(strstr(text, "aaa...\n"));
    assert_true(strlen(text) < 2200);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_line_has_time_level_process_and_fields),
        cmocka_unit_test(a_json_line_is_one_object),
        cmocka_unit_test(nothing_from_outside_forges_a_line),
        cmocka_unit_test(a_line_below_the_level_is_not_written),
        cmocka_unit_test(a_full_sink_is_counted_and_told),
        cmocka_unit_test(a_long_sentence_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
