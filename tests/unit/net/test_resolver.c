#include "postern/net/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_clock.h"
#include "resolver_files.h"

/* A nameserver in the same loop: answers A questions for one name with one address, AAAA with nothing, and
 * all else with NXDOMAIN. */
struct nameserver {
    struct watch watch;
    int fd;
    struct address address;
    const char *name; /* in wire form, without the root's zero */
    unsigned ttl_s, questions;
    bool is_silent, is_broken;
};

struct fixture {
    struct fake_clock fake;
    struct loop *loop;
    struct nameserver nameserver;
    struct resolver *resolver;
    unsigned calls;
    size_t count;
    char text[ADDRESS_TEXT_SIZE], error[64];
};

/* RFC 1035 §4.1 */
static size_t answer(struct nameserver *server, unsigned char *packet, size_t length)
{
    size_t name = strlen(server->name) + 1;
    bool known = length >= 12 + name + 4 && memcmp(packet + 12, server->name, name) == 0;
    bool wants_ipv4 = known && packet[12 + name + 1] == 1;
    server->questions++;
    packet[2] = 0x85;
    packet[3] = (unsigned char)(0x80 | (server->is_broken ? 2 : known ? 0 : 3));
    packet[11] = 0;
    if (server->is_broken || !wants_ipv4)
        return length;
    const unsigned char record[] = {
        0xc0, 12, 0,  1, 0, 1, 0, 0, (unsigned char)(server->ttl_s >> 8), (unsigned char)server->ttl_s,
        0,    4,  10, 1, 2, 3};
    packet[7] = 1;
    memcpy(packet + length, record, sizeof record);
    return length + sizeof record;
}

static void on_question(void *context, unsigned ready)
{
    struct nameserver *server = context;
    unsigned char packet[1024];
    struct sockaddr_storage from;
    socklen_t from_length = sizeof from;
    ssize_t length;
    (void)ready;
    while ((length = recvfrom(server->fd, packet, 512, 0, (struct sockaddr *)(void *)&from, &from_length)) >
           0) {
        if (server->is_silent)
            continue;
        size_t size = answer(server, packet, (size_t)length);
        assert_int_equal(sendto(server->fd, packet, size, 0, (struct sockaddr *)(void *)&from, from_length),
                         size);
    }
}

static void nameserver_start(struct nameserver *server, struct loop *loop)
{
    assert_int_equal(address_parse(SLICE_LITERAL("127.0.0.1:0"), &server->address), 0);
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr *name = (struct sockaddr *)(void *)&server->address.storage;
    assert_int_equal(bind(server->fd, name, server->address.length), 0);
    assert_int_equal(getsockname(server->fd, name, &server->address.length), 0);
    assert_int_equal(watch_start(&server->watch, loop, server->fd, WATCH_READ, on_question, server), 0);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char conf[256], text[ADDRESS_TEXT_SIZE];
    fake_clock_init(&fixture->fake);
    fixture->loop = loop_new(&fixture->fake.clock);
    nameserver_start(&fixture->nameserver, fixture->loop);
    fixture->nameserver.name = "\x03"
                               "app"
                               "\x08"
                               "internal";
    fixture->nameserver.ttl_s = 60;
    snprintf(conf, sizeof conf, "nameserver %s\nsearch internal\noptions timeout:1 attempts:1\n",
             address_format(&fixture->nameserver.address, text));
    fixture->resolver = resolver_new(fixture->loop, slice_text(conf),
                                     SLICE_LITERAL("10.9.9.9 box box.lan # a comment\n::1 six\n"));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    resolver_free(fixture->resolver);
    watch_stop(&fixture->nameserver.watch);
    close(fixture->nameserver.fd);
    loop_free(fixture->loop);
    free(fixture);
    return 0;
}

static void done(void *context, const struct address *addresses, size_t count, const char *error)
{
    struct fixture *fixture = context;
    fixture->calls++;
    fixture->count = count;
    if (count > 0)
        address_format(&addresses[0], fixture->text);
    snprintf(fixture->error, sizeof fixture->error, "%s", error != NULL ? error : "");
    assert_true((count > 0) == (error == NULL));
}

static struct resolver_query *ask(struct fixture *fixture, const char *host)
{
    fixture->text[0] = '\0';
    return resolver_ask(fixture->resolver, slice_text(host), 8080, done, fixture);
}

/* Until the answer is there. The clock stands, so only what comes can end this. */
static void settle(struct fixture *fixture, unsigned calls)
{
    for (int i = 0; i < 200 && fixture->calls < calls; i++)
        loop_turn(fixture->loop, 10);
    assert_int_equal(fixture->calls, calls);
}

static void what_needs_no_server_is_answered_at_once(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *host, *expected;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1:8080"}, {"::1", "[::1]:8080"},
        {"[::1]", "[::1]:8080"},         {"box", "10.9.9.9:8080"},
        {"BOX.lan.", "10.9.9.9:8080"},   {"six", "[::1]:8080"},
        {"localhost", "127.0.0.1:8080"}, {"a.localhost", "127.0.0.1:8080"},
    };
    for (unsigned i = 0; i < LENGTH_OF(cases); i++) {
        assert_null(ask(fixture, cases[i].host));
        assert_int_equal(fixture->calls, i + 1);
        assert_string_equal(fixture->text, cases[i].expected);
    }
    assert_int_equal(fixture->nameserver.questions, 0);
}

static void what_is_no_name_is_refused_at_once(void **state)
{
    struct fixture *fixture = *state;
    static const char *const cases[] = {"", ".", "a b", "a/b", "a\tb", "\xc3\xbc"};
    for (unsigned i = 0; i < LENGTH_OF(cases); i++) {
        assert_null(ask(fixture, cases[i]));
        assert_int_equal(fixture->calls, i + 1);
        assert_int_equal(fixture->count, 0);
        assert_string_equal(fixture->error, "not a host name");
    }
}

static void a_name_is_asked_of_the_server_and_kept_for_its_ttl(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(ask(fixture, "app.internal"));
    assert_int_equal(fixture->calls, 0);
    settle(fixture, 1);
    assert_string_equal(fixture->text, "10.1.2.3:8080");
    unsigned questions = fixture->nameserver.questions;
    fixture->fake.now_ms += 59999;
    assert_null(ask(fixture, "APP.internal"));
    assert_int_equal(fixture->calls, 2);
    assert_int_equal(fixture->nameserver.questions, questions);
    fixture->fake.now_ms += 1;
    assert_non_null(ask(fixture, "app.internal"));
    settle(fixture, 3);
    assert_true(fixture->nameserver.questions > questions);
}

static void a_ttl_is_held_within_5_s_and_5_min(void **state)
{
    static const struct {
        unsigned ttl_s;
        int64_t kept_ms;
    } cases[] = {{0, 5000}, {4, 5000}, {6, 6000}, {3600, 300000}};
    struct fixture *fixture = *state;
    unsigned calls = 0;
    for (unsigned i = 0; i < LENGTH_OF(cases); i++) {
        fixture->nameserver.ttl_s = cases[i].ttl_s;
        assert_non_null(ask(fixture, "app.internal"));
        settle(fixture, ++calls);
        fixture->fake.now_ms += cases[i].kept_ms - 1;
        assert_null(ask(fixture, "app.internal"));
        calls++;
        fixture->fake.now_ms += 1;
    }
}

static void the_search_list_is_used_but_not_for_absolute_names(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(ask(fixture, "app"));
    settle(fixture, 1);
    assert_string_equal(fixture->text, "10.1.2.3:8080");
    assert_non_null(ask(fixture, "app."));
    settle(fixture, 2);
    assert_int_equal(fixture->count, 0);
}

static void a_failure_is_kept_for_2_s(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(ask(fixture, "gone.internal"));
    settle(fixture, 1);
    assert_int_equal(fixture->count, 0);
    assert_true(strlen(fixture->error) > 0);
    fixture->fake.now_ms += 1999;
    assert_null(ask(fixture, "gone.internal"));
    fixture->fake.now_ms += 1;
    assert_non_null(ask(fixture, "gone.internal"));
    settle(fixture, 3);
}

static void the_last_good_answer_serves_while_the_server_fails(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(ask(fixture, "app.internal"));
    settle(fixture, 1);
    fixture->nameserver.is_broken = true;
    fixture->fake.now_ms += 60000;
    assert_non_null(ask(fixture, "app.internal"));
    settle(fixture, 2);
    assert_string_equal(fixture->text, "10.1.2.3:8080");
    fixture->nameserver.is_broken = false;
    fixture->fake.now_ms += 2000;
    unsigned questions = fixture->nameserver.questions;
    assert_non_null(ask(fixture, "app.internal"));
    settle(fixture, 3);
    assert_true(fixture->nameserver.questions > questions);
}

static void those_who_ask_at_once_share_one_question(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(ask(fixture, "app.internal"));
    unsigned before = fixture->nameserver.questions;
    assert_non_null(ask(fixture, "app.internal"));
    struct resolver_query *third = ask(fixture, "app.internal");
    assert_non_null(third);
    resolver_cancel(third);
    settle(fixture, 2);
    assert_int_equal(fixture->nameserver.questions - before, 2); /* A and AAAA */
    for (int i = 0; i < 5; i++)
        loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->calls, 2); /* the third was cancelled */
}

static void a_resolver_may_be_freed_while_it_is_asked(void **state)
{
    struct fixture *fixture = *state;
    fixture->nameserver.is_silent = true;
    assert_non_null(ask(fixture, "app.internal"));
    loop_turn(fixture->loop, 0);
    resolver_free(fixture->resolver);
    fixture->resolver = NULL;
    loop_turn(fixture->loop, 0);
    assert_int_equal(fixture->calls, 0);
}

static void resolv_conf_is_read_as_resolvers_do(void **state)
{
    (void)state;
    struct resolv_conf conf;
    char text[ADDRESS_TEXT_SIZE];
    resolv_conf_parse(
        SLICE_LITERAL("; comment\n# comment\nnameserver 10.0.0.1\n nameserver\t[::1]:5353 \n"
                      "nameserver fe80::1%eth0\nnameserver nonsense\nsearch a.example b.example\n"
                      "domain c.example\noptions ndots:5 timeout:3 attempts:9 rotate edns0\n"
                      "sortlist 1.2.3.4"),
        &conf);
    assert_int_equal(conf.server_count, 3);
    assert_string_equal(address_format(&conf.servers[0], text), "10.0.0.1:53");
    assert_string_equal(address_format(&conf.servers[1], text), "[::1]:5353");
    assert_string_equal(address_format(&conf.servers[2], text), "[fe80::1]:53");
    assert_int_equal(conf.domain_count, 1);
    assert_string_equal(conf.domains[0], "c.example");
    assert_int_equal(conf.ndots, 5);
    assert_int_equal(conf.timeout_ms, 3000);
    assert_int_equal(conf.attempts, 5);
    assert_true(conf.rotate);
    resolv_conf_parse(slice_of("", 0), &conf);
    assert_int_equal(conf.server_count, 1);
    assert_string_equal(address_format(&conf.servers[0], text), "127.0.0.1:53");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(what_needs_no_server_is_answered_at_once),
        WITH_SERVER(what_is_no_name_is_refused_at_once),
        WITH_SERVER(a_name_is_asked_of_the_server_and_kept_for_its_ttl),
        WITH_SERVER(a_ttl_is_held_within_5_s_and_5_min),
        WITH_SERVER(the_search_list_is_used_but_not_for_absolute_names),
        WITH_SERVER(a_failure_is_kept_for_2_s),
        WITH_SERVER(the_last_good_answer_serves_while_the_server_fails),
        WITH_SERVER(those_who_ask_at_once_share_one_question),
        WITH_SERVER(a_resolver_may_be_freed_while_it_is_asked),
        cmocka_unit_test(resolv_conf_is_read_as_resolvers_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
