/* Colours, where a person looks: on a terminal, unless NO_COLOR is set (no-color.org). */
#ifndef POSTERN_CLI_COLOUR_H
#define POSTERN_CLI_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_WARNING, COLOUR_STRONG, COLOUR_FAINT };

bool colour_is_wanted(FILE *out);
/* Escape sequences that begin and end a colour; "" unless wanted. Literals. */
const char *colour_begin(bool wanted, enum colour colour);
const char *colour_end(bool wanted);

#endif
