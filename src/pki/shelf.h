/* The files that are published: which path shows what, with its validators and how long it may be kept. */
#ifndef POSTERN_SRC_PKI_SHELF_H
#define POSTERN_SRC_PKI_SHELF_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/web/server.h"
#include "publication.h"

#define SHELF_PLACES 7

struct shelf_item {
    const char *path, *media_type;
    struct slice content; /* in the publication; empty: the profile has none */
    char tag[36];         /* an entity tag, with its quotes */
    int64_t changed_s;
    int64_t fresh_until_s; /* 0: for a day from now */
};

struct shelf {
    struct publication *publication; /* keeps a reference */
    struct shelf_item items[SHELF_PLACES];
    uint32_t max_age_s; /* 0: no other limit */
};

/* Show another publication: takes it. */
void shelf_set(struct shelf *shelf, struct publication *publication);
void shelf_clear(struct shelf *shelf);
/* Answer a request if its path is one of ours, a method that is none included. False if it is not. */
bool shelf_answer(const struct shelf *shelf, struct web_server *server, uint64_t number,
                  const struct web_request *request, int64_t now_s);

#endif
