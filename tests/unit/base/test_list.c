#include "postern/base/list.h"
#include "unit.h"

struct member {
    int number;
    struct list link;
};

static void assert_members(const struct list *head, const char *expected)
{
    char text[32];
    size_t length = 0;
    for (struct list *link = head->next; link != head; link = link->next) {
        assert_ptr_equal(link->next->previous, link);
        text[length++] = (char)('0' + LIST_ENTRY(link, struct member, link)->number);
    }
    text[length] = '\0';
    assert_string_equal(text, expected);
}

static void members_are_kept_in_order(void **state)
{
    (void)state;
    struct list head;
    struct member members[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_null(list_first(&head));
    list_append(&head, &members[1].link);
    list_append(&head, &members[2].link);
    list_prepend(&head, &members[0].link);
    list_append(&head, &members[3].link);
    assert_members(&head, "0123");
    assert_ptr_equal(list_first(&head), &members[0].link);
    assert_false(list_is_empty(&head));
}

static void a_member_leaves_from_anywhere_and_twice(void **state)
{
    (void)state;
    struct list head;
    struct member members[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    list_init(&head);
    for (size_t i = 0; i < LENGTH_OF(members); i++)
        list_append(&head, &members[i].link);
    list_remove(&members[1].link);
    assert_members(&head, "02");
    assert_true(list_is_empty(&members[1].link));
    list_remove(&members[1].link);
    assert_members(&head, "02");
    list_remove(&members[2].link);
    list_prepend(&head, &members[1].link);
    assert_members(&head, "10");
    list_remove(&members[0].link);
    list_remove(&members[1].link);
    assert_true(list_is_empty(&head));
}

static void a_walk_may_remove_what_it_stands_on(void **state)
{
    (void)state;
    struct list head;
    struct member members[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    size_t walked = 0;
    list_init(&head);
    for (size_t i = 0; i < LENGTH_OF(members); i++)
        list_append(&head, &members[i].link);
    LIST_EACH_SAFE(link, &head) {
        walked++;
        if (LIST_ENTRY(link, struct member, link)->number % 2 == 0)
            list_remove(link);
    }
    assert_int_equal(walked, 4);
    assert_members(&head, "13");
    walked = 0;
    LIST_EACH(link, &head) {
        walked++;
    }
    assert_int_equal(walked, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_kept_in_order),
        cmocka_unit_test(a_member_leaves_from_anywhere_and_twice),
        cmocka_unit_test(a_walk_may_remove_what_it_stands_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
