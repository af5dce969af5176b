/* Results put in order for side by side: a chapter is one scenario (or one mode, where none is named), an
 * entry in it one server with CRLs of one size, and its rounds are the measurements of that, whose median is
 * its figure. Borrows the results of the list. */
#ifndef POSTERN_BENCH_CHAPTER_H
#define POSTERN_BENCH_CHAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result_read.h"

struct chapter_entry {
    const char *label;
    unsigned color; /* the same for a label in all chapters */
    int64_t crl_entries;
    const struct result **rounds;
    size_t round_count;
    struct histogram latency; /* of all rounds */
};

struct chapter {
    const char *title;
    enum bench_mode mode;
    struct chapter_entry *entries; /* in the order in which they came */
    size_t entry_count;
};

struct chapter_list {
    struct chapter *items;
    size_t count;
    const char **labels; /* the index is the color */
    size_t label_count;
};

/* What is compared in a chapter. */
struct chapter_figure {
    const char *title, *unit;
    const char *sentence; /* what it says */
    bool is_rate;         /* means nothing when the client was the limit */
    bool is_less_better;
    double (*of)(const struct result *result);
};

/* Order a list of results. Keeps views of them. */
void chapter_list_init(struct chapter_list *chapters, const struct result_list *results);
void chapter_list_clear(struct chapter_list *chapters);
/* Per second of the server's CPU where all results have it, else per second; of what depends on the mode. */
const struct chapter_figure *chapter_figure(const struct chapter *chapter);
/* The figure of an entry: the median of its rounds. */
double chapter_entry_value(const struct chapter_entry *entry, const struct chapter_figure *figure);
/* The round whose rate is the median. */
const struct result *chapter_entry_typical(const struct chapter_entry *entry);
/* True if a round was client-bound. */
bool chapter_entry_is_client_bound(const struct chapter_entry *entry);
/* The first remark of its rounds, or "". */
const char *chapter_entry_note(const struct chapter_entry *entry);

#endif
