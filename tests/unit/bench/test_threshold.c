/* A limit is understood whole or refused; a result is held to it, and what was not measured keeps none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "postern/base/attributes.h"
#include "result.h"

/* A thousand operations of 1 to 1000 us, 10 failures, in 2 s. */
static void fill(struct result *result)
{
    result_init(result);
    for (int i = 1; i <= 1000; i++)
        histogram_record(&result->tally.operation, i * 1000);
    histogram_record(&result->tally.handshake, 5000000);
    result->tally.operations = 1000;
    result->tally.failures.total = 10;
    result->tally.seconds = 2;
    result->server = (struct result_server){.is_known = true, .cpu_s = 1};
}

static void limits_are_judged(void **state)
{
    static const struct {
        const char *text;
        bool is_crossed;
        const char *verdict;
    } cases[] = {
        {"p99>989us", true, "is 990 us"},
        {"p99>1ms", false, NULL},
        {"p99>0.992ms", false, NULL},
        {"p50<600us", true, "is 500 us"},
        {"p50<500us", false, NULL},
        {"max>999us", true, "is 1.00 ms"},
        {"min<2us", true, "is 1.00 us"},
        {"mean>1s", false, NULL},
        {"mean<1s", true, "is 500 us"},
        {"latency.p99.9>1ms", false, NULL},
        {"handshake.max>4.9ms", true, "is 5.0"},
        {"handshake.mean>6ms", false, NULL},
        {"rate<500", false, NULL},
        {"rate<500.5", true, "is 500"},
        {"errors>9", true, "is 10"},
        {"errors>10", false, NULL},
        {"error-rate>0.9%", true, "is 0.990099 %"},
        {"error-rate>1%", false, NULL},
        {"behind>0", false, NULL},
        {"server-cpu>999us", true, "is 1.00 ms"},
        {"server-cpu>1.1ms", false, NULL},
        {"first-byte.p50>1s", true, "was not measured"},
    };
    struct result result;
    (void)state;
    fill(&result);
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct threshold threshold;
        struct err err = {0};
        char verdict[THRESHOLD_VERDICT_SIZE];
        print_message("%s\n", cases[i].text);
        assert_int_equal(threshold_parse(&threshold, cases[i].text, &err), 0);
        assert_int_equal(threshold_is_crossed(&threshold, &result, verdict), cases[i].is_crossed);
        assert_true(!cases[i].verdict || strstr(verdict, cases[i].verdict));
    }
    result_clear(&result);
}

static void what_is_no_limit_is_refused(void **state)
{
    static const char *const cases[] = {
        "",         "p99",        "p99=1ms",    ">1ms",     "p99>",      "p99>10",         "p99>ms",
        "p0>1ms",   "p101>1ms",   "p>1ms",      "p99x>1ms", "p99>-1ms",  "p99>1e3ms",      "p99>0x1ms",
        "p99>1 ms", "p99>1m",     "errors>1ms", "errors>",  "rate<1%",   "error-rate>1",   "errors>1.2.3",
        "speed>1",  "gap.rate>1", "errors>inf", "p99>.5ms", "p99>1ms>2", "handshake.>1ms", "errors>nan",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct threshold threshold;
        struct err err = {0};
        print_message("%s\n", cases[i]);
        assert_int_equal(threshold_parse(&threshold, cases[i], &err), -1);
        assert_true(err_is_set(&err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_judged),
        cmocka_unit_test(what_is_no_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
