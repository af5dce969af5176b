#include "colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool colour_is_wanted(FILE *out)
{
    const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(fileno(out)) == 1 && (never == NULL || never[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

const char *colour_begin(bool wanted, enum colour colour)
{
    static const char *const sequences[] = {"", "\033[32m", "\033[31m", "\033[33m", "\033[1m", "\033[2m"};
    return wanted ? sequences[colour] : "";
}

const char *colour_end(bool wanted)
{
    return wanted ? "\033[0m" : "";
}
