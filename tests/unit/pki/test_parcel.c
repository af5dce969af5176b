#include "fixture.h"

#include "postern/pki/parcel.h"

static void items_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct buffer parcel;
    buffer_init(&parcel, 1024);
    assert_true(parcel_put_text(&parcel, 7, "seven"));
    assert_true(parcel_put(&parcel, 8, slice_of("", 0)));
    assert_true(parcel_put_text(&parcel, 7, "again, and of another length"));
    struct slice rest = buffer_view(&parcel), bytes;
    uint32_t tag;
    assert_true(parcel_next(&rest, &tag, &bytes) && tag == 7 && slice_equal_text(bytes, "seven"));
    assert_true(parcel_next(&rest, &tag, &bytes) && tag == 8 && bytes.length == 0);
    assert_true(parcel_next(&rest, &tag, &bytes) && tag == 7 && bytes.length == 28);
    assert_false(parcel_next(&rest, &tag, &bytes));
    assert_int_equal(rest.length, 0);
    assert_true(slice_equal_text(parcel_find(buffer_view(&parcel), 7), "seven"));
    assert_int_equal(parcel_find(buffer_view(&parcel), 9).length, 0);
    buffer_clear(&parcel);
}

static void a_parcel_that_is_cut_anywhere_gives_no_more_than_it_has(void **state)
{
    (void)state;
    struct buffer parcel;
    buffer_init(&parcel, 1024);
    assert_true(parcel_put_text(&parcel, 1, "first"));
    assert_true(parcel_put_text(&parcel, 2, "second"));
    struct slice whole = buffer_view(&parcel);
    for (size_t length = 0; length < whole.length; length++) {
        char *copy = malloc(length + 1); /* its end is guarded by the sanitizer */
        struct slice rest = slice_of(copy, length), bytes;
        uint32_t tag;
        size_t count = 0;
        memcpy(copy, whole.data, length);
        while (parcel_next(&rest, &tag, &bytes))
            count++;
        assert_int_equal(count, length < parcel_item_size(5) ? 0 : 1);
        free(copy);
    }
    buffer_clear(&parcel);
}

static void a_length_that_lies_is_refused(void **state)
{
    (void)state;
    char bytes[64];
    static const uint64_t lies[] = {49, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63};
    for (size_t i = 0; i < LENGTH_OF(lies); i++) {
        struct slice rest = slice_of(bytes, sizeof bytes), item;
        uint32_t tag;
        (void)parcel_write(bytes, 1, slice_of("", 0));
        memcpy(bytes + 8, &lies[i], sizeof lies[i]);
        assert_false(parcel_next(&rest, &tag, &item));
        assert_int_equal(rest.length, sizeof bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_as_they_went_in),
        cmocka_unit_test(a_parcel_that_is_cut_anywhere_gives_no_more_than_it_has),
        cmocka_unit_test(a_length_that_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
