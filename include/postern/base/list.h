/* A doubly linked list whose links are embedded in the members: one head, no allocation, O(1) removal. A link
 * that is on no list points to itself. */
#ifndef POSTERN_BASE_LIST_H
#define POSTERN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

/* The member that embeds this link. */
#define LIST_ENTRY(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))
#define LIST_EACH(link, head)          for (struct list *link = (head)->next; link != (head); link = link->next)
/* The body may remove its own link. */
#define LIST_EACH_SAFE(link, head)                                                                           \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);                        \
         link = link##_next, link##_next = link->next)

void list_init(struct list *link);
bool list_is_empty(const struct list *head);
void list_append(struct list *head, struct list *link);
void list_prepend(struct list *head, struct list *link);
/* Off its list, if it is on one; the link is then as after init. */
void list_remove(struct list *link);
/* The first link, or NULL. */
struct list *list_first(const struct list *head);

#endif
