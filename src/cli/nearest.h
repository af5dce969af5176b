/* What somebody may have meant. */
#ifndef POSTERN_CLI_NEAREST_H
#define POSTERN_CLI_NEAREST_H

#include <stddef.h>

/* The candidate that is reached with the fewest insertions, deletions and replacements (Levenshtein's
 * distance), if that is at most a third of its length and one; else NULL. Borrows; gives one of candidates.
 */
const char *nearest_text(const char *text, const char *const *candidates, size_t count);

#endif
