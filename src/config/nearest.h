/* What somebody may have meant: the candidate with the fewest typing errors. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include <stddef.h>

#include "postern/base/slice.h"

struct nearest {
    struct slice typed;
    struct slice best; /* empty while nothing is near enough */
    size_t distance;
};

/* typed: borrows, as all candidates. */
void nearest_init(struct nearest *nearest, struct slice typed);
void nearest_offer(struct nearest *nearest, struct slice candidate);
/* Each word of a list separated by one space. */
void nearest_offer_words(struct nearest *nearest, const char *words);

#endif
