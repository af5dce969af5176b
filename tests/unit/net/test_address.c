#include "postern/net/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct address parsed(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(slice_text(text), &address), 0);
    return address;
}

static void what_is_parsed_is_formatted_in_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *input, *expected, *host;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:8443", "127.0.0.1:8443", "127.0.0.1", 8443},
        {"0.0.0.0:0", "0.0.0.0:0", "0.0.0.0", 0},
        {"[::1]:65535", "[::1]:65535", "::1", 65535},
        {"[2001:DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80", "2001:db8::1", 80}, /* RFC 5952 §4 */
        {"[::ffff:10.0.0.1]:80", "10.0.0.1:80", "10.0.0.1", 80},
        {"unix:/run/app.sock", "unix:/run/app.sock", "unix", 0},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        char text[ADDRESS_TEXT_SIZE];
        struct address address = parsed(cases[i].input);
        assert_string_equal(address_format(&address, text), cases[i].expected);
        assert_string_equal(address_format_host(&address, text), cases[i].host);
        assert_int_equal(address_port(&address), cases[i].port);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:",
        ":80",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "1.2.3:80",
        "::1:80",
        "[::1]",
        "[::1]:",
        "[127.0.0.1]:80",
        "[::1:80",
        "localhost:80",
        "[fe80::1%eth0]:80",
        "127.0.0.1:80 ",
        " 127.0.0.1:80",
        "unix:",
    };
    struct address address;
    for (size_t i = 0; i < LENGTH_OF(cases); i++)
        assert_int_equal(address_parse(slice_text(cases[i]), &address), -1);
    assert_int_equal(address_parse(slice_of("127.0.0.1\0:80", 13), &address), -1);
    assert_int_equal(address_parse(slice_of("unix:/a\0b", 9), &address), -1);
}

static void a_unix_path_may_fill_its_room_but_not_more(void **state)
{
    (void)state;
    char text[5 + sizeof(((struct sockaddr_un *)0)->sun_path)];
    char formatted[ADDRESS_TEXT_SIZE];
    struct address address;
    memset(text, 'p', sizeof text);
    memcpy(text, "unix:", 5);
    assert_int_equal(address_parse(slice_of(text, sizeof text), &address), -1);
    assert_int_equal(address_parse(slice_of(text, sizeof text - 1), &address), 0);
    text[sizeof text - 1] = '\0';
    assert_string_equal(address_format(&address, formatted), text);
}

static void a_client_is_known_by_its_ipv4_address_or_its_ipv6_network(void **state)
{
    (void)state;
    static const struct {
        const char *left, *right;
        bool same_key, same_host;
    } cases[] = {
        {"10.0.0.1:1", "10.0.0.1:2", true, true},
        {"10.0.0.1:1", "10.0.0.2:1", false, false},
        {"[::ffff:10.0.0.1]:1", "10.0.0.1:2", true, true},
        {"[2001:db8::1]:1", "[2001:db8::2]:1", true, false},
        {"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false, false},
        {"[::1]:1", "0.0.0.1:1", false, false},
        {"unix:/a", "unix:/b", true, true},
        {"unix:/a", "10.0.0.1:1", false, false},
    };
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        struct address left = parsed(cases[i].left), right = parsed(cases[i].right);
        assert_int_equal(address_client_key(&left) == address_client_key(&right), cases[i].same_key);
        assert_int_equal(address_same_host(&left, &right), cases[i].same_host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_parsed_is_formatted_in_canonical_form),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_unix_path_may_fill_its_room_but_not_more),
        cmocka_unit_test(a_client_is_known_by_its_ipv4_address_or_its_ipv6_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
