#include "postern/base/list.h"

void list_init(struct list *link)
{
    link->next = link;
    link->previous = link;
}

bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static void insert_between(struct list *before, struct list *link, struct list *after)
{
    link->previous = before;
    link->next = after;
    before->next = link;
    after->previous = link;
}

void list_append(struct list *head, struct list *link)
{
    insert_between(head->previous, link, head);
}

void list_prepend(struct list *head, struct list *link)
{
    insert_between(head, link, head->next);
}

void list_remove(struct list *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    list_init(link);
}

struct list *list_first(const struct list *head)
{
    return list_is_empty(head) ? NULL : head->next;
}
