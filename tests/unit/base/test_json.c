#include <math.h>

#include "postern/base/json.h"
#include "unit.h"

static void write_everything(struct json *json)
{
    json_object_begin(json, NULL);
    json_text(json, "text", "a\"b");
    json_text(json, "absent", NULL);
    json_slice(json, "na\nme", SLICE_LITERAL("\0"));
    json_int(json, "int", INT64_MIN);
    json_uint(json, "uint", UINT64_MAX);
    json_array_begin(json, "array");
    json_bool(json, NULL, true);
    json_bool(json, NULL, false);
    json_null(json, NULL);
    json_object_begin(json, NULL);
    json_object_end(json);
    json_array_begin(json, NULL);
    json_array_end(json);
    json_double(json, NULL, 1.25, 1);
    json_array_end(json);
    json_double(json, "double", -0.5, 3);
    json_thousandths(json, "thousandths", -1002);
    json_thousandths(json, "least", INT64_MIN);
    json_double(json, "nan", NAN, 3);
    json_double(json, "infinite", INFINITY, 0);
    json_double(json, "whole", 2.0, -1);
    json_object_begin(json, "object");
    json_int(json, "a", 1);
    json_object_end(json);
    json_object_end(json);
}

static const char everything[] =
    "{\"text\":\"a\\\"b\",\"absent\":null,\"na\\nme\":\"\\u0000\","
    "\"int\":-9223372036854775808,\"uint\":18446744073709551615,"
    "\"array\":[true,false,null,{},[],1.2],\"double\":-0.500,\"thousandths\":-1.002,"
    "\"least\":-9223372036854775.808,\"nan\":null,"
    "\"infinite\":null,\"whole\":2,\"object\":{\"a\":1}}";

static void values_are_written_with_their_commas_and_quotes(void **state)
{
    (void)state;
    struct buffer buffer;
    struct json json;
    buffer_init(&buffer, sizeof(everything) - 1);
    json_init(&json, &buffer);
    write_everything(&json);
    assert_true(json_end(&json));
    assert_holds(&buffer, everything);
    buffer_clear(&buffer);
}

static void overflow_is_told_at_the_end_wherever_it_was(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < sizeof(everything) - 1; limit++) {
        struct buffer buffer;
        struct json json;
        buffer_init(&buffer, limit);
        json_init(&json, &buffer);
        write_everything(&json);
        assert_false(json_end(&json));
        buffer_clear(&buffer);
    }
}

static void the_largest_double_fits(void **state)
{
    (void)state;
    struct buffer buffer;
    struct json json;
    buffer_init(&buffer, 1000);
    json_init(&json, &buffer);
    json_double(&json, NULL, -1.7976931348623157e308, 20);
    assert_true(json_end(&json));
    assert_int_equal(buffer_length(&buffer), 1 + 309 + 1 + 9);
    buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_with_their_commas_and_quotes),
        cmocka_unit_test(overflow_is_told_at_the_end_wherever_it_was),
        cmocka_unit_test(the_largest_double_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
