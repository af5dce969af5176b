#include <signal.h>

#include "aborts.h"
#include "unit.h"

static void an_empty_buffer_holds_no_memory(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    assert_null(buffer.data);
    assert_true(buffer_is_empty(&buffer));
    assert_int_equal(buffer_view(&buffer).length, 0);
    assert_non_null(buffer_view(&buffer).data);
    assert_int_equal(buffer_room(&buffer), 100);
    assert_true(buffer_append_text(&buffer, "abc"));
    buffer_release(&buffer);
    assert_holds(&buffer, "abc");
    buffer_consume(&buffer, 3);
    buffer_release(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer_room(&buffer), 100);
    buffer_clear(&buffer);
}

static void bytes_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct buffer buffer;
    unsigned char written = 0, read = 0;
    buffer_init(&buffer, 1000);
    for (size_t round = 0; round < 2000; round++) {
        for (size_t i = 0; i < round % 97 && buffer_room(&buffer) != 0; i++, written++)
            assert_true(buffer_append(&buffer, &written, 1));
        size_t count = buffer_length(&buffer) < round % 89 ? buffer_length(&buffer) : round % 89;
        struct slice view = buffer_view(&buffer);
        for (size_t i = 0; i < count; i++)
            assert_int_equal((unsigned char)view.data[i], read++);
        buffer_consume(&buffer, count);
    }
    assert_true(buffer.capacity <= 1000);
    buffer_clear(&buffer);
}

static void the_limit_is_reached_and_not_passed(void **state)
{
    (void)state;
    char bytes[1000] = {0};
    struct buffer buffer;
    for (size_t limit = 0; limit <= 1000; limit += 125) {
        buffer_init(&buffer, limit);
        assert_true(buffer_append(&buffer, bytes, limit));
        assert_int_equal(buffer_room(&buffer), 0);
        assert_false(buffer_append(&buffer, bytes, 1));
        assert_int_equal(buffer_length(&buffer), limit);
        assert_true(buffer.capacity <= limit);
        assert_null(buffer_reserve(&buffer, SIZE_MAX));
        buffer_clear(&buffer);
    }
}

static void reserved_space_is_written_and_committed(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 300);
    assert_true(buffer_append_text(&buffer, "ab"));
    char *space = buffer_reserve(&buffer, 200);
    assert_non_null(space);
    assert_true(buffer_reserved(&buffer) >= 200);
    memcpy(space, "cd", 2);
    buffer_commit(&buffer, 2);
    assert_holds(&buffer, "abcd");
    /* What is behind the front moves there if that makes the room. */
    buffer_consume(&buffer, 3);
    assert_non_null(buffer_reserve(&buffer, 299));
    assert_true(buffer_reserved(&buffer) >= 299);
    assert_holds(&buffer, "d");
    assert_null(buffer_reserve(&buffer, 300));
    buffer_clear(&buffer);
}

static void what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    assert_true(buffer_append_text(&buffer, "abc"));
    assert_false(buffer_append_text(&buffer, "def"));
    assert_false(buffer_append_slice(&buffer, SLICE_LITERAL("def")));
    assert_false(buffer_printf(&buffer, "%d", 1000));
    assert_holds(&buffer, "abc");
    assert_true(buffer_printf(&buffer, "%d", 10));
    assert_holds(&buffer, "abc10");
    buffer_drop_tail(&buffer, 3);
    assert_holds(&buffer, "ab");
    buffer_drop_tail(&buffer, 2);
    assert_true(buffer_is_empty(&buffer));
    buffer_clear(&buffer);
}

static void a_long_text_is_printed_whole_into_just_its_room(void **state)
{
    (void)state;
    char text[1001];
    struct buffer buffer;
    memset(text, 'x', 1000);
    text[1000] = '\0';
    for (size_t length = 200; length < 300; length++) {
        buffer_init(&buffer, length + 1);
        assert_true(buffer_printf(&buffer, "%.*s!", (int)length, text));
        assert_int_equal(buffer_length(&buffer), length + 1);
        assert_int_equal(buffer_view(&buffer).data[length], '!');
        assert_false(buffer_printf(&buffer, "%s", text));
        assert_int_equal(buffer_length(&buffer), length + 1);
        buffer_clear(&buffer);
    }
}

static void consume_too_much(void)
{
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_consume(&buffer, 1);
}

static void commit_too_much(void)
{
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_commit(&buffer, 1);
}

static void using_more_than_there_is_aborts(void **state)
{
    (void)state;
    char text[512];
    assert_int_equal(signal_of(consume_too_much, text, sizeof(text)), SIGABRT);
    assert_int_equal(signal_of(commit_too_much, text, sizeof(text)), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_holds_no_memory),
        cmocka_unit_test(bytes_come_out_in_the_order_they_went_in),
        cmocka_unit_test(the_limit_is_reached_and_not_passed),
        cmocka_unit_test(reserved_space_is_written_and_committed),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(a_long_text_is_printed_whole_into_just_its_room),
        cmocka_unit_test(using_more_than_there_is_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
