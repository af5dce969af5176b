#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guard.h"
#include "postern/trust/der.h"

#define BYTES(text) text, sizeof(text) - 1

/* X.690 §8.1, §10.1 */
static void elements_are_well_formed_or_refused(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t length;
        bool good;
        size_t body, left;
    } rows[] = {
        {"empty", BYTES(""), false, 0, 0},
        {"a tag alone", BYTES("\x30"), false, 0, 0},
        {"an empty sequence", BYTES("\x30\x00"), true, 0, 0},
        {"an element and a rest", BYTES("\x02\x01\x05\x02"), true, 1, 1},
        {"a body that is cut off", BYTES("\x04\x02\x00"), false, 0, 0},
        {"indefinite length", BYTES("\x30\x80\x00\x00"), false, 0, 0},
        {"a long form for a short length", BYTES("\x04\x81\x01\x00"), false, 0, 0},
        {"a long form with a leading zero", BYTES("\x04\x82\x00\x81\x00"), false, 0, 0},
        {"length octets that are cut off", BYTES("\x04\x82\x01"), false, 0, 0},
        {"five length octets", BYTES("\x04\x85\x01\x00\x00\x00\x00"), false, 0, 0},
        {"all the length there can be", BYTES("\x04\x84\xff\xff\xff\xff"), false, 0, 0},
        {"a reserved length", BYTES("\x04\xff"), false, 0, 0},
        {"a high tag number", BYTES("\x1f\x01\x00"), false, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char *copy = guard_copy(rows[i].bytes, rows[i].length);
        struct slice rest = slice_of(copy, rows[i].length);
        struct der_element element;
        if (der_next(&rest, &element) != rows[i].good)
            fail_msg("%s", rows[i].name);
        if (rows[i].good) {
            assert_int_equal(element.body.length, rows[i].body);
            assert_int_equal(rest.length, rows[i].left);
            assert_int_equal(element.whole.length + rest.length, rows[i].length);
        } else {
            assert_int_equal(rest.length, rows[i].length);
        }
        guard_free(copy, rows[i].length);
    }
}

static void lengths_are_read_at_their_boundaries(void **state)
{
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
        size_t length = lengths[i], at = 0;
        unsigned char *bytes = calloc(1, length + 8);
        bytes[at++] = 0x04;
        if (length >= 128) {
            unsigned octets = length > 65535 ? 3 : length > 255 ? 2 : 1;
            bytes[at++] = (unsigned char)(0x80 | octets);
            while (octets-- > 0)
                bytes[at++] = (unsigned char)(length >> (8 * octets));
        } else {
            bytes[at++] = (unsigned char)length;
        }
        struct slice rest = slice_of((char *)bytes, at + length);
        struct der_element element;
        assert_true(der_next(&rest, &element));
        assert_int_equal(element.body.length, length);
        rest = slice_of((char *)bytes, at + length - (length > 0));
        assert_int_equal(der_next(&rest, &element), length == 0);
        free(bytes);
    }
}

static struct der_element element_of(int tag, const char *bytes, size_t length)
{
    return (struct der_element){.tag = tag, .body = slice_of(bytes, length)};
}

static void integers_are_minimal_and_not_negative(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool good;
        size_t magnitude;
    } rows[] = {
        {BYTES(""), false, 0},         {BYTES("\x00"), true, 1},     {BYTES("\x7f"), true, 1},
        {BYTES("\x80"), false, 0},     {BYTES("\x00\x80"), true, 1}, {BYTES("\x00\x7f"), false, 0},
        {BYTES("\x00\x00"), false, 0}, {BYTES("\x01\x00"), true, 2}, {BYTES("\xff\xff"), false, 0},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct der_element element = element_of(DER_INTEGER, rows[i].bytes, rows[i].length);
        struct slice magnitude;
        assert_int_equal(der_unsigned(&element, &magnitude), rows[i].good);
        if (rows[i].good)
            assert_int_equal(magnitude.length, rows[i].magnitude);
    }
    uint32_t value = 0;
    struct der_element element = element_of(DER_INTEGER, BYTES("\x01\x02"));
    assert_true(der_small(&element, 258, &value));
    assert_int_equal(value, 258);
    assert_false(der_small(&element, 257, &value));
    element = element_of(DER_INTEGER, BYTES("\x01\x00\x00\x00\x00"));
    assert_false(der_small(&element, UINT32_MAX, &value));
}

static void booleans_are_00_or_FF(void **state)
{
    bool value = true;
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char octet = (char)byte;
        struct der_element element = element_of(DER_BOOLEAN, &octet, 1);
        assert_int_equal(der_boolean(&element, &value), byte == 0 || byte == 255);
        assert_int_equal(value, byte == 255);
    }
    struct der_element element = element_of(DER_BOOLEAN, BYTES("\xff\xff"));
    assert_false(der_boolean(&element, &value));
}

/* X.690 §8.19.2 */
static void object_identifiers_have_whole_and_minimal_arcs(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool good;
    } rows[] = {{BYTES(""), false},
                {BYTES("\x55"), true},
                {BYTES("\x55\x1d\x14"), true},
                {BYTES("\x55\x81\x00"), true},
                {BYTES("\x55\x80\x01"), false},
                {BYTES("\x55\xd9\xe3"), false},
                {BYTES("\x80\x01"), false}};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct der_element element = element_of(DER_OID, rows[i].bytes, rows[i].length);
        assert_int_equal(der_is_oid(&element), rows[i].good);
        element.tag = DER_OCTET_STRING;
        assert_false(der_is_oid(&element));
    }
}

/* RFC 5280 §4.1.2.5 */
static void times_are_those_of_rfc_5280(void **state)
{
    static const struct {
        int tag;
        const char *text;
        bool good;
        int64_t expected;
    } rows[] = {
        {DER_UTC_TIME, "700101000000Z", true, 0},
        {DER_UTC_TIME, "691231235959Z", true, -1},
        {DER_UTC_TIME, "491231235959Z", true, INT64_C(2524607999)},
        {DER_UTC_TIME, "500101000000Z", true, INT64_C(-631152000)},
        {DER_UTC_TIME, "260301120000Z", true, INT64_C(1772366400)},
        {DER_GENERALIZED_TIME, "20260301120000Z", true, INT64_C(1772366400)},
        {DER_GENERALIZED_TIME, "99991231235959Z", true, INT64_C(253402300799)},
        {DER_GENERALIZED_TIME, "20000229000000Z", true, INT64_C(951782400)},
        {DER_GENERALIZED_TIME, "21000229000000Z", false, 0},
        {DER_UTC_TIME, "270229000000Z", false, 0},
        {DER_UTC_TIME, "280229000000Z", true, INT64_C(1835395200)},
        {DER_UTC_TIME, "260001000000Z", false, 0},
        {DER_UTC_TIME, "261301000000Z", false, 0},
        {DER_UTC_TIME, "260100000000Z", false, 0},
        {DER_UTC_TIME, "260132000000Z", false, 0},
        {DER_UTC_TIME, "260431000000Z", false, 0},
        {DER_UTC_TIME, "260101240000Z", false, 0},
        {DER_UTC_TIME, "260101006000Z", false, 0},
        {DER_UTC_TIME, "260101000060Z", false, 0},
        {DER_UTC_TIME, "2601010000Z", false, 0},
        {DER_UTC_TIME, "260101000000+0000", false, 0},
        {DER_UTC_TIME, "260101000000", false, 0},
        {DER_UTC_TIME, "26010100000 Z", false, 0},
        {DER_UTC_TIME, "", false, 0},
        {DER_GENERALIZED_TIME, "20260301120000.5Z", false, 0},
        {DER_GENERALIZED_TIME, "260301120000Z", false, 0},
        {DER_INTEGER, "260301120000Z", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct der_element element = element_of(rows[i].tag, rows[i].text, strlen(rows[i].text));
        int64_t got = 0;
        if (der_time(&element, &got) != rows[i].good || (rows[i].good && got != rows[i].expected))
            fail_msg("%s: %lld", rows[i].text, (long long)got);
    }
}

/* Against the C library, over 400 years and some. */
static void every_day_is_counted_as_timegm_does(void **state)
{
    (void)state;
    for (int64_t day = -20000; day < 150000; day += 13) {
        time_t wall = (time_t)(day * 86400 + 4242);
        struct tm parts;
        char text[32];
        int64_t got = 0;
        gmtime_r(&wall, &parts);
        strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &parts);
        struct der_element element = element_of(DER_GENERALIZED_TIME, text, strlen(text));
        assert_true(der_time(&element, &got));
        assert_int_equal(got, wall);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_well_formed_or_refused),
        cmocka_unit_test(lengths_are_read_at_their_boundaries),
        cmocka_unit_test(integers_are_minimal_and_not_negative),
        cmocka_unit_test(booleans_are_00_or_FF),
        cmocka_unit_test(object_identifiers_have_whole_and_minimal_arcs),
        cmocka_unit_test(times_are_those_of_rfc_5280),
        cmocka_unit_test(every_day_is_counted_as_timegm_does),
    };
    return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
